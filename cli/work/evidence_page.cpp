#include "cli/work/evidence_page.hpp"

#include <algorithm>

#include "cli/texts/anomaly_texts.hpp"
#include "cli/texts/dashboard_texts.hpp"
#include "cli/texts/evidence_texts.hpp"
#include "cli/work/status.hpp"
#include "cli/work/words.hpp"

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
td { overflow-wrap: break-word; }
td.line { white-space: nowrap; }
td.free { overflow-wrap: anywhere; min-width: 12rem; }
.contents td, .contents th { overflow-wrap: anywhere; }
tbody th { font-weight: inherit; }
td.id { font-family: ui-monospace, "Liberation Mono", monospace; font-size: .74rem; word-break: break-all;
  min-width: 10rem; }
.note, .none { color: var(--dim); }
.alarm { border: 2px solid #b3261e; padding: .5rem .8rem; font-weight: 600; }
@media print {
  :root { --line: #999; --head: #eee; --text: #000; --page: #fff; --dim: #333; }
  body { padding: 0; max-width: none; font-size: 9pt; }
  .wide { overflow: visible; }
  table { font-size: 6.5pt; } td.id { font-size: 5.5pt; min-width: 0; } td.free { min-width: 14em; }
  td.line { white-space: normal; } .hash { display: none; }
  thead { display: table-header-group; } tr, dl { break-inside: avoid; } h2 { break-after: avoid; }
  @page { size: A4 landscape; margin: 12mm; }
}
)css";

// What a person wrote may hold anything; line ends stay, everything else that drives a display does not.
std::string shown(std::string_view text) { return html_lines(text, "<br>"); }

std::string title_of(const Text& title) { return html_words(text(Message{Msg::none, {}, &title})); }

struct Word {
    std::string_view code;
    const Text* word;
};

// Of a column whose values are codes; nullptr: the code is no word of ours.
const Text* find_word(std::string_view column, std::string_view code) {
    static constexpr Word operations[] = {{"restore", &texts::operation_restore},
                                          {"equipment_restore", &texts::operation_equipment_restore},
                                          {"export", &texts::operation_export},
                                          {"import", &texts::operation_import},
                                          {"secrets_shown", &texts::operation_secrets},
                                          {"hold", &texts::operation_hold},
                                          {"evidence", &texts::operation_evidence}};
    static constexpr Word rules[] = {{"clear-text-restore", &texts::rule_clear_restore},
                                     {"gc", &texts::rule_gc},
                                     {"without-pre", &texts::rule_pre},
                                     {"without-post", &texts::rule_post},
                                     {"clear-protocol", &texts::rule_clear_protocol},
                                     {"unencrypted-medium", &texts::rule_medium}};
    static constexpr Word states[] = {
        {"absent", &texts::cell_absent},      {"sent", &texts::cell_sent},
        {"verified", &texts::cell_read_back}, {"open", &texts::anomaly_open},
        {"opened", &texts::cell_opened},      {"acknowledged", &texts::anomaly_acknowledged},
        {"treated", &texts::anomaly_treated}, {"alerted", &texts::cell_alerted},
        {"reopened", &texts::cell_reopened},  {"resolved", &texts::cell_resolved},
        {"removed", &texts::cell_removed}};
    static constexpr Word scopes[] = {{"site", &texts::review_site}, {"internal", &texts::review_internal}};
    static constexpr Word daters[] = {{"operator", &texts::cell_operator}, {"clock", &texts::cell_clock}};
    const auto in = [&](const auto& words) -> const Text* {
        for (const auto& [name, word] : words)
            if (name == code) return word;
        return nullptr;
    };
    if (column == "operation") return in(operations);
    if (column == "rule") return in(rules);
    if (column == "state" || column == "event") return in(states);
    if (column == "scope") return in(scopes);
    return column == "dated_by" ? in(daters) : nullptr;
}

// Codes and times of the files in words and on the site's clock; files keep what programs read.
std::string word_of(std::string_view table, std::string_view column, const std::string& code,
                    const std::string& zone) {
    if (const auto* word = find_word(column, code); word != nullptr)
        return text(Message{Msg::none, {}, word});
    if (column == "kind" && table == "anomalies") return text(texts::anomaly_title(code));
    if (column == "kind") return dispensation_label(code);
    if (column == "severity") return severity_label(code);
    if (column == "role" || column == "source_role") return role_label(code);
    if (const auto time = parse_rfc3339(code)) return zone_time(zone, *time);
    constexpr std::string_view expired = " expired on ";  // as gc writes it down
    if (const auto at = code.find(expired); table == "expiries" && at != std::string::npos)
        if (const auto time = parse_rfc3339(code.substr(at + expired.size())))
            return tr<Msg::expired_on>(code.substr(0, at), zone_time(zone, *time));
    return code;
}

std::string cell_of(std::string_view table, std::string_view column, const journal::Json& value,
                    const std::string& zone) {
    if (value.is_boolean()) return value.get<bool>() ? tr<Msg::yes>() : tr<Msg::no>();
    if (value.is_string()) return word_of(table, column, value.get<std::string>(), zone);
    if (column != "categories" || !value.is_array()) return cell_text(value);
    std::vector<std::string> words;
    for (const auto& item : value)
        words.push_back(item.is_string() ? category_label(item.get<std::string>()) : cell_text(item));
    return joined(words);
}

bool is_hash(std::string_view column) { return column == "commit" || column == "batch"; }
bool is_id(std::string_view column) {
    return column == "key" || column == "snapshots" || column == "pre" || column == "post";
}

// How wide a cell may become: names and times stay on one line, what people wrote is wrapped.
const char* class_of(std::string_view column, const journal::Json& value) {
    if (is_hash(column)) return "id hash";
    if (is_id(column)) return "id";
    if (column == "message" || column == "reason" || column == "observations" || column == "details" ||
        column == "evidence" || column == "override" || column == "without_pre" || column == "without_post" ||
        column == "forced" || column == "kind")
        return "free";
    return value.is_structured() ? "" : "line";
}

class Page {
public:
    std::string make(const EvidenceHead& head, const Evidence& evidence) {
        zone_ = head.zone;
        out_ = "<!doctype html>\n<html lang=\"" + std::string(language() == Lang::fr ? "fr" : "en") +
               "\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'\">\n<title>" +
               html_text(head.title) + "</title>\n<style>" + std::string(style) +
               "</style>\n</head>\n<body>\n<main>\n<h1>" + html_words(head.title) + "</h1>\n";
        if (head.simulated)
            out_ += "<p class=\"alarm\">" + html_words(tr<texts::evidence_simulated>()) + "</p>\n";
        out_ += "<dl>\n";
        for (const auto& [label, value] : head.facts)
            out_ += "<dt>" + html_words(label) + "</dt><dd>" + shown(value) + "</dd>\n";
        out_ += "</dl>\n<p class=\"note\">" + html_words(tr<texts::page_check>()) + "</p>\n";
        contents(evidence);
        for (const auto& table : evidence.tables) section(table);
        out_ += "</main>\n</body>\n</html>\n";
        return std::move(out_);
    }

private:
    void contents(const Evidence& evidence) {
        out_ += "<h2>" + html_words(tr<texts::page_contents>()) +
                "</h2>\n<table class=\"contents\"><thead><tr><th scope=\"col\">" +
                html_words(tr<texts::page_table>()) + "</th><th scope=\"col\">" +
                html_words(tr<texts::page_rows>()) +
                "</th><th scope=\"col\">CSV</th><th scope=\"col\">JSON</th>" + "</tr></thead><tbody>\n";
        for (const auto& table : evidence.tables) {
            const std::string name = table.name;
            out_ += "<tr><th scope=\"row\"><a href=\"#" + name + "\">" + title_of(*table.title) +
                    "</a></th><td>" + std::to_string(table.rows.size()) + "</td><td><a href=\"" + name +
                    ".csv\">" + name + ".csv</a></td><td><a href=\"" + name + ".json\">" + name +
                    ".json</a></td></tr>\n";
        }
        out_ += "<tr><th scope=\"row\">" + html_words(tr<texts::page_statements>()) + "</th><td>" +
                std::to_string(evidence.statements.size()) +
                "</td><td></td><td><a href=\"statements.json\">statements.json</a></td></tr>\n"
                "</tbody></table>\n";
    }

    void section(const EvidenceTable& table) {
        const std::string name = table.name;
        const auto title = title_of(*table.title);
        out_ += "<section><h2 id=\"" + name + "\">" + title + "</h2>\n";
        if (table.rows.empty()) {
            out_ += "<p class=\"none\">" + html_words(tr<texts::page_none>()) + "</p></section>\n";
            return;
        }
        const auto count = std::min(table.rows.size(), rows_max);
        if (count < table.rows.size())
            out_ += "<p class=\"note\">" +
                    html_words(tr<texts::page_cut>(std::to_string(count), std::to_string(table.rows.size()),
                                                   name + ".csv")) +
                    "</p>\n";
        out_ += "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" + title +
                "\"><table><thead><tr>";
        for (const auto& column : table.columns)
            if (!column.only_json)
                out_ += std::string("<th scope=\"col\"") + (is_hash(column.name) ? " class=\"hash\">" : ">") +
                        title_of(*column.title) + "</th>";
        out_ += "</tr></thead><tbody>\n";
        for (std::size_t i = 0; i < count; ++i) row(table, table.rows[i]);
        out_ += "</tbody></table></div></section>\n";
    }

    void row(const EvidenceTable& table, const journal::Json& row) {
        out_ += "<tr>";
        for (const auto& column : table.columns) {
            if (column.only_json) continue;
            const auto& value = row.at(column.name);
            const std::string kind = class_of(column.name, value);
            out_ += "<td" + (kind.empty() ? "" : " class=\"" + kind + "\"") + ">" +
                    shown(cell_of(table.name, column.name, value, zone_)) + "</td>";
        }
        out_ += "</tr>\n";
    }

    std::string out_, zone_;
};

}  // namespace

std::string evidence_page(const EvidenceHead& head, const Evidence& evidence) {
    return Page().make(head, evidence);
}

}  // namespace coffre::cli
