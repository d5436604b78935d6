#include "cli/work/evidence_page.hpp"

#include <algorithm>

#include "cli/texts/evidence_texts.hpp"

namespace coffre::cli {

namespace {

constexpr std::size_t rows_max = 2000;  // of a table: a page that a browser still prints

constexpr std::string_view style = R"css(
:root { color-scheme: light dark; --line: #c8ccd0; --head: #eef1f4; --text: #16191d; --page: #fff;
  --dim: #5a626b; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a4048; --head: #22262c; --text: #e6e9ec; --page: #14171b; --dim: #9aa3ad; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 80rem; color: var(--text); background: var(--page);
  font: 15px/1.45 system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 0; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
.wide:focus { outline: 2px solid var(--dim); }
table { border-collapse: collapse; width: 100%; font-size: .82rem; }
caption { text-align: left; color: var(--dim); padding: .2rem 0; }
th, td { border: 1px solid var(--line); padding: .25rem .45rem; text-align: left; vertical-align: top; }
th { background: var(--head); }
td { overflow-wrap: anywhere; min-width: 3.5rem; }
td.id { font-family: ui-monospace, "Liberation Mono", monospace; font-size: .74rem; word-break: break-all; }
.note, .none { color: var(--dim); }
.alarm { border: 2px solid #b3261e; padding: .5rem .8rem; font-weight: 600; }
@media print {
  :root { --line: #999; --head: #eee; --text: #000; --page: #fff; --dim: #333; }
  body { padding: 0; max-width: none; font-size: 9pt; }
  .wide { overflow: visible; }
  table { font-size: 6.5pt; } td.id { font-size: 5.5pt; }
  thead { display: table-header-group; } tr, dl { break-inside: avoid; } h2 { break-after: avoid; }
  @page { size: A4 landscape; margin: 12mm; }
}
)css";

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

// What a person wrote may hold anything; line ends stay, everything else that drives a display does not.
std::string shown(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto end = text.find('\n');
        out += escaped(printable(text.substr(0, end)));
        if (end == std::string_view::npos) break;
        out += "<br>";
        text.remove_prefix(end + 1);
    }
    return out;
}

std::string title_of(const Text& title) { return escaped(text(Message{Msg::none, {}, &title})); }

std::string cell_of(const journal::Json& value) {
    if (value.is_boolean()) return value.get<bool>() ? tr<Msg::yes>() : tr<Msg::no>();
    return cell_text(value);
}

bool is_id(std::string_view column) {
    return column == "commit" || column == "batch" || column == "key" || column == "snapshots" ||
           column == "pre" || column == "post";
}

class Page {
public:
    std::string make(const EvidenceHead& head, const Evidence& evidence) {
        out_ = "<!doctype html>\n<html lang=\"" + std::string(language() == Lang::fr ? "fr" : "en") +
               "\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'\">\n<title>" +
               escaped(head.title) + "</title>\n<style>" + std::string(style) +
               "</style>\n</head>\n<body>\n<h1>" + escaped(head.title) + "</h1>\n";
        if (head.simulated) out_ += "<p class=\"alarm\">" + escaped(tr<texts::page_simulated>()) + "</p>\n";
        out_ += "<dl>\n";
        for (const auto& [label, value] : head.facts)
            out_ += "<dt>" + escaped(label) + "</dt><dd>" + shown(value) + "</dd>\n";
        out_ += "</dl>\n<p class=\"note\">" + escaped(tr<texts::page_check>()) + "</p>\n";
        contents(evidence);
        for (const auto& table : evidence.tables) section(table);
        out_ += "</body>\n</html>\n";
        return std::move(out_);
    }

private:
    void contents(const Evidence& evidence) {
        out_ += "<h2>" + escaped(tr<texts::page_contents>()) + "</h2>\n<table><thead><tr><th scope=\"col\">" +
                escaped(tr<texts::page_table>()) + "</th><th scope=\"col\">" +
                escaped(tr<texts::page_rows>()) +
                "</th><th scope=\"col\">CSV</th><th scope=\"col\">JSON</th>" + "</tr></thead><tbody>\n";
        for (const auto& table : evidence.tables) {
            const std::string name = table.name;
            out_ += "<tr><td><a href=\"#" + name + "\">" + title_of(*table.title) + "</a></td><td>" +
                    std::to_string(table.rows.size()) + "</td><td><a href=\"" + name + ".csv\">" + name +
                    ".csv</a></td><td><a href=\"" + name + ".json\">" + name + ".json</a></td></tr>\n";
        }
        out_ += "<tr><td>" + escaped(tr<texts::page_statements>()) + "</td><td>" +
                std::to_string(evidence.statements.size()) +
                "</td><td></td><td><a href=\"statements.json\">statements.json</a></td></tr>\n"
                "</tbody></table>\n";
    }

    void section(const EvidenceTable& table) {
        const std::string name = table.name;
        const auto title = title_of(*table.title);
        out_ += "<section><h2 id=\"" + name + "\">" + title + "</h2>\n";
        if (table.rows.empty()) {
            out_ += "<p class=\"none\">" + escaped(tr<texts::page_none>()) + "</p></section>\n";
            return;
        }
        const auto count = std::min(table.rows.size(), rows_max);
        if (count < table.rows.size())
            out_ += "<p class=\"note\">" +
                    escaped(tr<texts::page_cut>(std::to_string(count), std::to_string(table.rows.size()),
                                                name + ".csv")) +
                    "</p>\n";
        out_ += "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" + title +
                "\"><table><thead><tr>";
        for (const auto& column : table.columns)
            if (!column.only_json) out_ += "<th scope=\"col\">" + title_of(*column.title) + "</th>";
        out_ += "</tr></thead><tbody>\n";
        for (std::size_t i = 0; i < count; ++i) row(table, table.rows[i]);
        out_ += "</tbody></table></div></section>\n";
    }

    void row(const EvidenceTable& table, const journal::Json& row) {
        out_ += "<tr>";
        for (const auto& column : table.columns)
            if (!column.only_json)
                out_ += std::string(is_id(column.name) ? "<td class=\"id\">" : "<td>") +
                        shown(cell_of(row.at(column.name))) + "</td>";
        out_ += "</tr>\n";
    }

    std::string out_;
};

}  // namespace

std::string evidence_page(const EvidenceHead& head, const Evidence& evidence) {
    return Page().make(head, evidence);
}

}  // namespace coffre::cli
