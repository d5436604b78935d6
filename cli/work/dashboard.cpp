#include "cli/work/dashboard.hpp"

#include <algorithm>
#include <array>

#include "cli/texts/anomaly_texts.hpp"
#include "cli/texts/dashboard_texts.hpp"
#include "cli/version.hpp"
#include "cli/work/dashboard_assets.hpp"
#include "cli/work/status.hpp"
#include "store/crypto/primitives.hpp"

namespace coffre::cli {

namespace {

using rules::Check;
using rules::Mark;
using rules::SiteOverview;

constexpr std::size_t rows_max = 400;  // of one table, for what is many
constexpr std::int64_t minute_ns = 60'000'000'000;

class LanguageScope {
public:
    explicit LanguageScope(Lang lang) : before_(language()) { set_language(lang); }
    ~LanguageScope() { set_language(before_); }
    LanguageScope(const LanguageScope&) = delete;
    LanguageScope& operator=(const LanguageScope&) = delete;

private:
    Lang before_;
};

// As text or attribute of the page: nothing in it is markup, nothing drives a terminal or turns the line.
std::string html(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    return out;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

// A text of ours: with a capital where it begins a line, and the spaces that French never breaks at.
std::string words(std::string text) {
    text = html(text);
    if (language() == Lang::fr) {
        replace_all(text, " :", "\u00a0:");
        for (const char* sign : {";", "?", "!"})
            replace_all(text, std::string(" ") + sign, std::string("\u202f") + sign);
    }
    replace_all(text, " %", "\u202f%");
    for (const char* unit : {" min", " h", " d", " j"}) {  // behind a number
        const std::string_view name(unit);
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
            const auto end = at + name.size();
            const bool number = at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9';
            const bool whole =
                end == text.size() || !((text[end] | 0x20) >= 'a' && (text[end] | 0x20) <= 'z');
            if (number && whole) text.replace(at, 1, "\u00a0");
        }
    }
    return text;
}
std::string capital(std::string text) {
    text = words(std::move(text));
    if (text.empty()) return text;
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    if (text.starts_with("é")) text.replace(0, 2, "É");
    if (text.starts_with("à")) text.replace(0, 2, "À");
    return text;
}
template <const Text& own, class... Args>
std::string put(Args&&... args) {
    return words(tr<own>(std::forward<Args>(args)...));
}
template <const Text& own, class... Args>
std::string head(Args&&... args) {
    return capital(tr<own>(std::forward<Args>(args)...));
}

// On the site's clock, as people of that language write it.
std::string day(const std::string& zone, Timestamp time) {
    const auto text = zone_time(zone, time).substr(0, 10);
    if (language() != Lang::fr || text.size() != 10) return text;
    return text.substr(8, 2) + "/" + text.substr(5, 2) + "/" + text.substr(0, 4);
}
std::string minute(const std::string& zone, Timestamp time) {
    return day(zone, time) + "\u00a0" + zone_time(zone, time).substr(11);
}
std::string time_tag(const std::string& zone, Timestamp time) {
    return "<time datetime=\"" + to_rfc3339(time) + "\">" + minute(zone, time) + "</time>";
}
std::string day_tag(const std::string& zone, Timestamp time) {
    return "<time datetime=\"" + to_rfc3339(time) + "\">" + day(zone, time) + "</time>";
}

std::string seconds(Timestamp time) { return std::to_string(time.seconds()); }

const char* glyph(Mark mark) {
    switch (mark) {
        case Mark::ok:
            return "✓";
        case Mark::watch:
            return "▲";
        case Mark::bad:
            return "✕";
        case Mark::unknown:
            break;
    }
    return "?";
}

std::string classes(const Check& check) {
    std::string out(rules::mark_name(check.mark));
    if (check.stale) out += " stale";
    if (check.dispensed) out += " hatch";
    return out;
}

// What programs and the script read of a check.
std::string data_of(const Check& check) {
    std::string out = " data-check=" + std::string(rules::check_name(check.id)) +
                      " data-mark=" + std::string(rules::mark_name(check.mark));
    if (check.as_of) out += " data-at=" + seconds(*check.as_of);
    return out;
}

const char* sentence_of(rules::CheckId id) {
    using rules::CheckId;
    switch (id) {
        case CheckId::backup:
            return "1.1";
        case CheckId::cloud:
        case CheckId::physical:
            return "2.3";
        case CheckId::restore_test:
            return "3.1";
        case CheckId::review:
            return "5.2";
        case CheckId::responsible:
            return "5.1";
        case CheckId::space:
            return "5.4";
        case CheckId::keys:
            return "2.1";
        case CheckId::integrity:
            break;
    }
    return "4.1";
}

std::string site_name(const SiteOverview& site) { return site.client + " · " + site.site; }

int rank(Mark mark) {
    switch (mark) {
        case Mark::bad:
            return 0;
        case Mark::unknown:
            return 1;
        case Mark::watch:
            return 2;
        case Mark::ok:
            break;
    }
    return 3;
}

std::array<std::string, 12> month_names() {
    std::array<std::string, 12> names;
    const auto all = tr<texts::month_names>();
    std::size_t at = 0;
    for (auto& name : names) {
        const auto end = std::min(all.find(' ', at), all.size());
        name = all.substr(at, end - at);
        at = end + 1;
    }
    return names;
}

// "4H": with what has expired of them struck.
std::string count_text(const char* letter, const rules::KindCount& count) {
    std::string out;
    if (count.kept > 0) out += std::string(letter) + (count.kept > 1 ? std::to_string(count.kept) : "");
    if (count.expired > 0)
        out += (out.empty() ? "" : " ") + std::string("<s>") + letter +
               (count.expired > 1 ? std::to_string(count.expired) : "") + "</s>";
    return out;
}

std::string trend(const std::array<std::uint64_t, 12>& bytes) {
    const auto most = *std::max_element(bytes.begin(), bytes.end());
    if (most == 0) return "";
    std::string points;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] == 0) continue;
        const auto y =
            20 - static_cast<int>(18.0 * static_cast<double>(bytes[i]) / static_cast<double>(most));
        points += (points.empty() ? "" : " ") + std::to_string(2 + 7 * i) + "," + std::to_string(y);
    }
    const auto last = points.substr(points.rfind(' ') == std::string::npos ? 0 : points.rfind(' ') + 1);
    const auto comma = last.find(',');
    return "<svg class=t viewBox=\"0 0 84 22\" aria-hidden=true><polyline points=\"" + points +
           "\"/><circle r=2 cx=" + last.substr(0, comma) + " cy=" + last.substr(comma + 1) + " /></svg>";
}

class Page {
public:
    Page(const std::vector<SiteOverview>& sites, Timestamp now) : now_(now), fleet_(sites.size() != 1) {
        for (const auto& site : sites) sites_.push_back(&site);
        std::stable_sort(sites_.begin(), sites_.end(), [](const auto* a, const auto* b) {
            const auto key = [](const auto* s) { return std::tuple(rank(s->mark()), s->client, s->site); };
            return key(a) < key(b);
        });
        for (const auto* site : sites_) stale_hours_ = std::max(stale_hours_, site->stale_hours);
        zone_ = sites.empty() ? "Europe/Paris" : sites.front().timezone;
    }

    std::string make() {
        begin();
        verdict_part();
        if (fleet_) {
            matrix();
            anomalies();
        } else {
            out_ += "<div class=cols>";
            checks(*sites_.front());
            anomalies();
            out_ += "</div>";
        }
        equipments();
        out_ += "<div class=cols>";
        undeclared();
        drills();
        space();
        reviews();
        dispensations();
        expiries();
        out_ += "</div>";
        legend();
        end();
        return std::move(out_);
    }

private:
    void begin() {
        const auto style_hash = to_base64(crypto::sha256(as_bytes(dashboard_style)).view());
        const auto script_hash = to_base64(crypto::sha256(as_bytes(dashboard_script)).view());
        const auto title =
            fleet_ ? put<texts::page_fleet>(std::to_string(sites_.size())) : html(site_name(*sites_.front()));
        out_ += "<!doctype html>\n<html lang=";
        out_ += language() == Lang::fr ? "fr" : "en";
        out_ += " data-made=" + seconds(now_) + " data-hours=" + std::to_string(stale_hours_) +
                " data-left=\"" + put<texts::time_left>("{0}") + "\" data-late=\"" +
                put<texts::time_over>("{0}") + "\" data-stale=\"" + put<texts::mark_stale>() +
                "\" data-units=\"" + put<texts::for_minutes>("{0}") + "|" + put<texts::for_hours>("{0}") +
                "|" + put<texts::for_days>("{0}") +
                "\">\n<head>\n<meta charset=utf-8>\n"
                "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'sha256-" +
                style_hash + "'; script-src 'sha256-" + script_hash +
                "'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
                "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
                "<meta name=color-scheme content=\"light dark\">\n<meta name=referrer content=no-referrer>\n"
                "<meta name=robots content=noindex>\n<meta name=generator content=\"coffre " +
                html(version) + "\">\n<link rel=icon href=\"data:,\">\n<title>" + title + " — " +
                head<texts::page_title>() + "</title>\n<style>";
        out_ += dashboard_style;
        out_ += "</style>\n</head>\n<body>\n<a class=skip href=\"#content\">" + head<texts::page_skip>() +
                "</a>\n<header>\n<p class=brand><b>coffre</b> — " + put<texts::page_title>() + "</p>\n<h1>" +
                title + "</h1>\n<p class=meta><span>" + head<texts::page_generated>() + " " +
                time_tag(zone_, now_) + "\u00a0(" + html(zone_) + ")</span>";
        if (!fleet_) {
            const auto& site = *sites_.front();
            out_ += "<span>" + words(contract_label(site.contract)) + "</span>";
            if (!site.responsible.empty())
                out_ += "<span>" + put<texts::check_responsible>() + "\u00a0: " + html(site.responsible) +
                        "</span>";
        }
        out_ += "</p>\n<p class=note id=old role=status hidden>" +
                head<texts::page_old>(std::to_string(stale_hours_)) + "</p>\n";
        if (std::any_of(sites_.begin(), sites_.end(), [](const auto* site) { return site->simulated; }))
            out_ += "<p class=note>" + head<texts::page_simulated>() + "</p>\n";
        out_ += "</header>\n<main id=content tabindex=-1>\n";
    }

    void end() {
        figures_ = figures();
        out_ += "</main>\n<footer>\n";
        proof();
        out_ += "</footer>\n<script type=\"application/json\" id=figures>" + figures_ + "</script>\n<script>";
        out_ += dashboard_script;
        out_ += "</script>\n</body>\n</html>\n";
    }

    // In a script element nothing may look like its end.
    std::string figures() const {
        Json all = Json::array();
        for (const auto* site : sites_) all.push_back(figures_json(*site));
        auto text = Json{{"time", to_rfc3339(now_)}, {"sites", std::move(all)}}.dump(
            -1, ' ', false, Json::error_handler_t::replace);
        replace_all(text, "<", "\\u003c");
        return text;
    }

    void open_section(const char* id, const std::string& title, const std::string& aside = "") {
        out_ += std::string("<section aria-labelledby=h-") + id + ">\n<h2 id=h-" + id + ">" + title;
        if (!aside.empty()) out_ += " <small>" + aside + "</small>";
        out_ += "</h2>\n";
    }
    void close_section() { out_ += "</section>\n"; }
    void scroll(const std::string& labelled) {
        out_ += "<div class=scroll tabindex=0 role=region aria-labelledby=" + labelled + ">";
    }
    void none(const std::string& text) { out_ += "<p class=none>" + text + "</p>\n"; }
    void columns(const std::vector<std::string>& names) {
        out_ += "<thead><tr>";
        for (const auto& name : names) out_ += "<th scope=col>" + name;
        out_ += "</tr></thead>\n";
    }
    // The cell of a row that says which site it is of; of one site alone there is none.
    [[nodiscard]] std::string site_cell(const SiteOverview& site) const {
        return fleet_ ? "<td class=nw>" + html(site_name(site)) : "";
    }
    std::vector<std::string> with_site(std::vector<std::string> names) const {
        if (fleet_) names.insert(names.begin() + 1, head<texts::column_site>());
        return names;
    }
    void cut(std::size_t rows, int span) {
        if (rows > rows_max)
            out_ += "<tr><td colspan=" + std::to_string(span) + ">" +
                    put<texts::more_rows>(std::to_string(rows - rows_max));
    }

    void verdict_part() {
        auto all = sites_.empty() ? Mark::unknown : Mark::ok;
        std::size_t secure = 0, open = 0, late = 0, tests = 0;
        std::size_t bad = 0, unknown = 0, watch = 0;
        bool stale = false;
        for (const auto* site : sites_) {
            all = rules::worse(all, site->mark());
            secure += site->is_protected ? 1 : 0;
            open += site->anomalies.size();
            late += site->anomalies_late;
            tests += site->tests_late ? 1 : 0;
            for (const auto& check : site->checks) {
                bad += check.mark == Mark::bad ? 1 : 0;
                const bool old = check.mark == Mark::unknown || check.stale;
                unknown += old ? 1 : 0;
                watch += check.mark == Mark::watch && !check.stale ? 1 : 0;
                stale = stale || check.stale;
            }
        }
        const std::string mark(rules::mark_name(all));
        out_ += "<section class=\"verdict " + mark + "\" aria-labelledby=h-verdict data-mark=" + mark +
                ">\n<div class=say><span class=\"g " + mark + "\" aria-hidden=true>" + glyph(all) +
                "</span><div><h2 id=h-verdict>" + capital(verdict(all)) + "</h2><p>" +
                counts(bad, unknown, watch) + "</p></div></div>\n<dl class=tiles>";
        const auto tile = [&](bool alert, const std::string& label, const std::string& value) {
            out_ += std::string("<div") + (alert ? " class=alert" : "") + "><dt>" + label + "</dt><dd>" +
                    value + "</dd></div>";
        };
        tile(secure != sites_.size(), head<texts::tile_protected>(),
             std::to_string(secure) + "\u202f/\u202f" + std::to_string(sites_.size()));
        tile(late > 0, head<texts::tile_anomalies>(),
             std::to_string(open) +
                 (late > 0 ? " <small>" + put<texts::tile_late>(std::to_string(late)) + "</small>" : ""));
        tile(tests > 0, head<texts::tile_tests>(), std::to_string(tests));
        tile(false, head<texts::tile_unknown>(), std::to_string(unknown));
        out_ += "</dl>\n</section>\n";
    }

    static std::string counts(std::size_t bad, std::size_t unknown, std::size_t watch) {
        std::string out;
        const auto add = [&](std::size_t count, const std::string& text) {
            if (count > 0) out += (out.empty() ? "" : " · ") + text;
        };
        add(bad, bad == 1 ? put<texts::count_bad>(std::to_string(bad))
                          : put<texts::count_bad_many>(std::to_string(bad)));
        add(unknown, unknown == 1 ? put<texts::count_unknown>(std::to_string(unknown))
                                  : put<texts::count_unknown_many>(std::to_string(unknown)));
        add(watch, put<texts::count_watch>(std::to_string(watch)));
        return out.empty() ? head<texts::all_checks_ok>() : out;
    }

    // One row a site, the worst first.
    void matrix() {
        open_section("matrix", head<texts::section_checks>());
        out_ += "<div class=filter><label>" + head<texts::filter_text>() +
                " <input type=search id=q autocomplete=off></label><label><input type=checkbox id=b>" +
                head<texts::filter_bad>() + "</label><output id=c data-text=\"" +
                put<texts::filter_count>("{0}", "{1}") + "\"></output></div>\n";
        scroll("h-matrix");
        out_ += "<table class=matrix>\n<thead><tr><th scope=col>" + head<texts::column_site>();
        for (std::size_t i = 0; i < rules::check_count; ++i)
            out_ += "<th scope=col>" + capital(check_short_label(static_cast<rules::CheckId>(i)));
        out_ += "<th scope=col>" + head<texts::site_protected>() + "<th scope=col>" +
                head<texts::section_anomalies>() + "</tr></thead>\n<tbody>\n";
        std::size_t number = 0;
        for (const auto* site : sites_) {
            out_ += "<tr class=r" + site_data(*site) + "><th scope=row><a href=\"#s" +
                    std::to_string(number++) + "\">" + html(site_name(*site)) + "</a>";
            for (const auto& check : site->checks) {
                const auto figure = words(brief(check));
                out_ += "<td class=\"m " + classes(check) + "\"" + data_of(check);
                if (!check.green()) out_ += " title=\"" + capital(text(reason(check))) + "\"";
                out_ += std::string("><i>") + glyph(check.mark) + "</i>" + figure + "<span class=\"v w\"> " +
                        words(state_label(check)) + "</span>";
            }
            out_ += std::string("<td class=\"m ") + (site->is_protected ? "ok" : "bad") + "\"><i>" +
                    glyph(site->is_protected ? Mark::ok : Mark::bad) + "</i><span class=v>" +
                    (site->is_protected ? put<texts::site_protected>() : put<texts::site_not_protected>()) +
                    "</span><td class=\"n" + (site->anomalies_late > 0 ? " late" : "") + "\">" +
                    std::to_string(site->anomalies.size()) + "\n";
        }
        out_ += "</tbody></table></div>\n";
        close_section();
    }

    static std::string site_data(const SiteOverview& site) {
        auto search = site.client + " " + site.site + " " + site.responsible;
        for (auto& c : search)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        return " data-hours=" + std::to_string(site.stale_hours) + " data-site=\"" + html(search) +
               "\" data-mark=" + std::string(rules::mark_name(site.mark()));
    }

    void checks(const SiteOverview& site) {
        open_section("matrix", head<texts::section_checks>(),
                     put<texts::figures_of>(minute(site.timezone, site.head_time)));
        scroll("h-matrix");
        check_rows(site, false);
        out_ += "</div>\n";
        close_section();
    }

    void check_rows(const SiteOverview& site, bool only_others) {
        out_ += "<table>\n";
        columns({head<texts::column_check>(), head<texts::column_state>(), head<texts::column_why>()});
        out_ += "<tbody>\n";
        for (const auto& check : site.checks) {
            if (only_others && check.green()) continue;
            out_ += "<tr><th scope=row>" + capital(check_label(check.id)) + " <small class=i>§\u00a0" +
                    sentence_of(check.id) + "</small><td class=\"state " + classes(check) + "\"" +
                    (only_others ? "" : data_of(check)) + "><span class=g aria-hidden=true>" +
                    glyph(check.mark) + "</span> <span class=w>" + capital(state_label(check)) +
                    "</span><td>" + capital(text(reason(check)));
            // Said once for all that is of the journal.
            if (check.as_of && (*check.as_of != site.head_time || only_others))
                out_ += "<small>" + put<texts::column_as_of>() + " " + time_tag(site.timezone, *check.as_of) +
                        "</small>";
            out_ += "\n";
        }
        out_ += "</tbody></table>\n";
    }

    void anomalies() {
        struct Row {
            const SiteOverview* site;
            const rules::AnomalyRow* row;
        };
        std::vector<Row> rows;
        for (const auto* site : sites_)
            for (const auto& row : site->anomalies) rows.push_back({site, &row});
        std::stable_sort(rows.begin(), rows.end(),
                         [](const Row& a, const Row& b) { return a.row->due < b.row->due; });
        open_section("anomalies", head<texts::section_anomalies>());
        if (rows.empty()) {
            none(head<texts::none_anomalies>());
        } else {
            scroll("h-anomalies");
            out_ += "<table>\n";
            columns(with_site({head<texts::column_what>(), head<texts::column_severity>(),
                               head<texts::column_due>(), head<texts::column_state>()}));
            out_ += "<tbody>\n";
            for (std::size_t i = 0; i < std::min(rows.size(), rows_max); ++i)
                anomaly(*rows[i].site, *rows[i].row);
            cut(rows.size(), fleet_ ? 5 : 4);
            out_ += "</tbody></table></div>\n";
        }
        close_section();
    }

    void anomaly(const SiteOverview& site, const rules::AnomalyRow& row) {
        const auto mark = row.severity == "minor" ? Mark::watch : Mark::bad;
        out_ += "<tr><th scope=row>" + capital(text(texts::anomaly_title(row.kind)));
        out_ += "<small>";
        if (!row.equipment.empty()) out_ += html(row.equipment) + " · ";
        if (!row.remote.empty()) out_ += html(row.remote) + " · ";
        if (!row.sentence.empty()) out_ += "§\u00a0" + html(row.sentence) + " · ";
        out_ += "<code>" + html(row.id) + "</code></small>" + site_cell(site) + "<td class=\"state " +
                std::string(rules::mark_name(mark)) + "\"><span class=g aria-hidden=true>" + glyph(mark) +
                "</span> <span class=w>" + capital(severity_label(row.severity)) + "</span><td class=nw>";
        // Treated in time: the clock has stopped.
        if (row.state == "treated" && !row.breached)
            out_ += "<span>" + time_tag(site.timezone, row.due) + "</span>";
        else
            out_ += std::string("<span") + (row.breached ? " class=late" : "") +
                    " data-due=" + seconds(row.due) + ">" + words(countdown(row.due, now_)) +
                    "</span><small>" + time_tag(site.timezone, row.due) + "</small>";
        out_ += "<td class=nw>" + capital(anomaly_state_label(row.state)) + "<small>" +
                put<texts::opened_since>(minute(site.timezone, row.opened)) + "</small>\n";
    }

    void equipments() {
        open_section("equipments", head<texts::section_equipments>());
        if (fleet_) {
            std::size_t number = 0;
            for (const auto* site : sites_) {
                const std::string id = "s" + std::to_string(number++);
                const std::string mark(rules::mark_name(site->mark()));
                out_ += "<details class=site id=" + id + site_data(*site) + "><summary class=" + mark +
                        "><span class=g aria-hidden=true>" + glyph(site->mark()) + "</span> <h3 id=" + id +
                        "h>" + html(site_name(*site)) + "</h3><span class=v> " +
                        words(mark_label(site->mark())) + "</span> <span class=meta><span>" +
                        words(contract_label(site->contract)) + "</span>" +
                        (site->responsible.empty() ? "" : "<span>" + html(site->responsible) + "</span>") +
                        "</span></summary>\n";
                if (!std::all_of(site->checks.begin(), site->checks.end(),
                                 [](const auto& check) { return check.green(); }))
                    check_rows(*site, true);
                calendar(*site, id + "h");
                out_ += "</details>\n";
            }
        } else {
            calendar(*sites_.front(), "h-equipments");
        }
        close_section();
    }

    void calendar(const SiteOverview& site, const std::string& labelled) {
        if (site.equipments.empty()) return none(head<texts::none_equipments>());
        scroll(labelled);
        out_ += "<table class=cal>\n<thead><tr><th scope=col>" + head<texts::column_equipment>() +
                "<th scope=col class=l>" + head<texts::column_last>() + "<th scope=col>" +
                head<texts::column_copies>();
        const auto names = month_names();
        bool first = true;
        for (const auto& month : site.equipments.front().months) {
            const bool year = first || month.month.month == 1;
            out_ +=
                std::string("<th scope=col") + (year ? " class=y" : "") + ">" + names[month.month.month - 1];
            if (year) out_ += "<br>" + std::to_string(month.month.year);
            first = false;
        }
        out_ += "<th scope=col>" + head<texts::column_size>() + "<th scope=col>" +
                head<texts::column_expiry>() + "<th scope=col>" + head<texts::column_test>() +
                "</tr></thead>\n<tbody>\n";
        for (const auto& one : site.equipments) equipment(site, one);
        out_ += "</tbody></table></div>\n";
    }

    void equipment(const SiteOverview& site, const rules::EquipmentView& one) {
        Check check;  // of this one alone
        check.mark = one.mark;
        check.code = one.code;
        check.subject = one.name;
        check.dispensed = one.dispensed;
        check.as_of = site.head_time;
        check.stale = site.check(rules::CheckId::backup).stale;
        check.numbers["hours"] = one.hours;
        out_ += "<tr data-equipment=\"" + html(one.name) + "\"><th scope=row>" + html(one.name) + "<small>" +
                html(one.type) + " · " +
                (one.mode == "manual" ? put<texts::mode_manual>() : put<texts::mode_auto>()) +
                "</small><td class=\"l m " + classes(check) +
                "\" data-mark=" + std::string(rules::mark_name(one.mark)) +
                " data-at=" + seconds(site.head_time) + "><span class=g aria-hidden=true>" + glyph(one.mark) +
                "</span> ";
        if (one.captured)
            out_ += words(duration_text((now_.ns - one.captured->ns) / minute_ns)) + "<span class=\"v w\"> " +
                    words(state_label(check)) + "</span><small>" + minute(site.timezone, *one.captured) +
                    "</small>";
        else
            out_ += "<span class=w>" + put<texts::legend_none>() + "</span>";
        out_ += std::string("<td class=") + (one.is_protected ? "ok" : "bad") +
                "><span class=g aria-hidden=true>" + glyph(one.is_protected ? Mark::ok : Mark::bad) +
                "</span><span class=v>" +
                (one.is_protected ? put<texts::site_protected>() : put<texts::site_not_protected>()) +
                "</span>";
        bool first = true;
        for (const auto& month : one.months) {
            const auto both = [](std::string a, const std::string& b) {
                return a + (a.empty() || b.empty() ? "" : " ") + b;
            };
            auto cell = both(count_text("M", month.mensuel), count_text("H", month.hebdo));
            const auto changes = both(count_text("PRE", month.pre), count_text("POST", month.post));
            if (!changes.empty()) cell += "<small>" + changes + "</small>";
            const bool year = first || month.month.month == 1;
            const bool miss = cell.empty() && month.expected;
            const char* kind = miss ? "miss" : cell.empty() ? "dim" : "";
            std::string name = std::string(year ? "y" : "") + (year && *kind != 0 ? " " : "") + kind;
            out_ += "<td" + (name.empty() ? "" : " class=\"" + name + "\"") + ">";
            if (miss)
                out_ += "✕<span class=v> " + put<texts::legend_missing>() + "</span>";
            else
                out_ += cell.empty() ? "·" : cell;
            first = false;
        }
        const auto newest = std::find_if(one.bytes.rbegin(), one.bytes.rend(), [](auto b) { return b > 0; });
        out_ += "<td class=l>" + trend(one.bytes) +
                (newest == one.bytes.rend() ? "" : "<small>" + words(human_bytes(*newest)) + "</small>") +
                "<td>" + (one.next_expiry ? day(site.timezone, *one.next_expiry) : "—") + "<td>" +
                (one.last_test ? day(site.timezone, *one.last_test) : "—") + "\n";
    }

    // A section whose table is filled by `fill`, which gives the number of rows.
    template <class Fill>
    void list(const char* id, const std::string& title, const std::string& empty,
              const std::vector<std::string>& names, const Fill& fill) {
        open_section(id, title);
        const auto before = out_.size();
        scroll(std::string("h-") + id);
        out_ += "<table>\n";
        columns(names);
        out_ += "<tbody>\n";
        std::size_t rows = 0;
        for (const auto* site : sites_) fill(*site, rows);
        if (rows == 0) {
            out_.resize(before);
            none(empty);
        } else {
            cut(rows, static_cast<int>(names.size()));
            out_ += "</tbody></table></div>\n";
        }
        close_section();
    }

    void undeclared() {
        list("undeclared", head<texts::section_undeclared>(),
             head<texts::none_undeclared>(std::to_string(rules::undeclared_days)),
             with_site({head<texts::column_equipment>(), head<texts::column_category>(),
                        head<texts::column_count>(), head<texts::column_latest>()}),
             [&](const SiteOverview& site, std::size_t& rows) {
                 for (const auto& row : site.undeclared) {
                     if (++rows > rows_max) continue;
                     out_ += "<tr><th scope=row>" + html(row.equipment) + site_cell(site) + "<td>" +
                             capital(category_label(row.category)) + "<td>" + std::to_string(row.count) +
                             "<td class=nw>" + time_tag(site.timezone, row.last) + "\n";
                 }
             });
    }

    void expiries() {
        list("expiries", head<texts::section_expiries>(),
             head<texts::none_expiries>(std::to_string(rules::expiry_days)),
             with_site({head<texts::column_equipment>(), head<texts::column_count>(),
                        head<texts::column_first>(), head<texts::column_latest>()}),
             [&](const SiteOverview& site, std::size_t& rows) {
                 struct Some {
                     int count = 0;
                     Timestamp first, last;
                 };
                 std::map<std::string, Some> of;
                 for (const auto& row : site.expiries) {  // the first one first
                     auto& some = of[row.equipment];
                     if (some.count++ == 0) some.first = row.at;
                     some.last = row.at;
                 }
                 for (const auto& [name, some] : of) {
                     if (++rows > rows_max) continue;
                     out_ += "<tr><th scope=row>" + html(name) + site_cell(site) + "<td>" +
                             std::to_string(some.count) + "<td class=nw>" +
                             day_tag(site.timezone, some.first) + "<td class=nw>" +
                             day_tag(site.timezone, some.last) + "\n";
                 }
             });
    }

    void space() {
        list("space", head<texts::section_space>(), capital(mark_label(Mark::unknown)),
             {head<texts::column_site>(), head<texts::column_state>(), head<texts::column_free>(),
              head<texts::column_forecast>()},
             [&](const SiteOverview& site, std::size_t& rows) {
                 const auto& check = site.check(rules::CheckId::space);
                 const auto percent = check.numbers.find("percent");
                 if (percent == check.numbers.end() || ++rows > rows_max) return;
                 const auto days = check.numbers.find("days");
                 out_ += "<tr><th scope=row>" + html(site_name(site)) +
                         (check.subject.empty() ? "" : "<small>" + html(check.subject) + "</small>") +
                         "<td class=\"state " + classes(check) + "\" data-at=" + seconds(*check.as_of) +
                         "><span class=g aria-hidden=true>" + glyph(check.mark) + "</span> <span class=w>" +
                         capital(state_label(check)) + "</span><td class=nw>" +
                         std::to_string(percent->second) + "\u202f%<small>" +
                         words(human_bytes(static_cast<std::uint64_t>(check.numbers.at("free")))) +
                         "</small><td>" +
                         (days == check.numbers.end() ? put<texts::no_forecast>()
                                                      : words(days_text(days->second))) +
                         "\n";
             });
    }

    void drills() {
        list("drills", head<texts::section_drills>(), head<texts::none_drills>(),
             with_site({head<texts::column_equipment>(), head<texts::column_date>(),
                        head<texts::column_source>(), head<texts::column_level>(),
                        head<texts::column_result>()}),
             [&](const SiteOverview& site, std::size_t& rows) {
                 std::size_t shown = 0;
                 for (const auto& row : site.drills) {
                     if (fleet_ && ++shown > 2) break;
                     if (++rows > rows_max) continue;
                     const auto mark = row.success ? Mark::ok : Mark::bad;
                     out_ += "<tr><th scope=row>" + html(row.equipment) + "<small><code>" + html(row.id) +
                             "</code></small>" + site_cell(site) + "<td class=nw>" +
                             day_tag(site.timezone, row.ended) + "<td>" + source(row.source_role) + "<td>N" +
                             std::to_string(row.level) + "<td class=\"state " +
                             std::string(rules::mark_name(mark)) + "\"><span class=g aria-hidden=true>" +
                             glyph(mark) + "</span> <span class=w>" +
                             (row.success ? head<texts::success>() : head<texts::failure>()) + "</span>" +
                             (row.recovery_ms > 0 ? "<small>" + put<texts::column_recovery>() + "\u00a0: " +
                                                        words(recovery(row.recovery_ms)) + "</small>"
                                                  : "") +
                             "\n";
                 }
                 if (!site.drill_due || ++rows > rows_max) return;
                 out_ += "<tr><td colspan=" + std::to_string(fleet_ ? 6 : 5) +
                         (*site.drill_due <= now_ ? " class=late" : "") + ">" +
                         (fleet_ ? html(site_name(site)) + " — " : "") +
                         head<texts::next_test>(site.drill_next, tr_source(site.drill_source),
                                                day(site.timezone, *site.drill_due)) +
                         "\n";
             });
    }

    static std::string recovery(std::int64_t ms) {
        return ms < 120'000 ? std::to_string((ms + 999) / 1000) + " s" : duration_text(ms / 60'000);
    }
    static std::string tr_source(const std::string& role) {
        if (role == "cloud") return tr<texts::source_cloud>();
        return role == "physical" ? tr<texts::source_physical>() : tr<texts::source_local>();
    }
    static std::string source(const std::string& role) { return capital(tr_source(role)); }

    void reviews() {
        list("reviews", head<texts::section_reviews>(), head<texts::none_reviews>(),
             with_site({head<texts::column_month>(), head<texts::column_subject>(),
                        head<texts::column_state>(), head<texts::column_signed>()}),
             [&](const SiteOverview& site, std::size_t& rows) {
                 std::size_t shown = 0;
                 for (const auto& row : site.reviews) {
                     if (++shown > (fleet_ ? 2u : 6u) && !row.overdue) continue;
                     if (++rows > rows_max) continue;
                     const auto mark = row.done      ? (row.accepted ? Mark::ok : Mark::bad)
                                       : row.overdue ? Mark::bad
                                                     : Mark::watch;
                     const auto what = row.done
                                           ? (row.accepted ? tr<texts::accepted>() : tr<texts::refused>())
                                       : row.overdue ? tr<texts::overdue>()
                                                     : tr<texts::to_sign>(day(site.timezone, row.due));
                     out_ +=
                         "<tr><th scope=row class=nw>" + html(row.month) + site_cell(site) + "<td>" +
                         (row.scope == "site" ? head<texts::review_site>() : head<texts::review_internal>()) +
                         "<td class=\"state " + std::string(rules::mark_name(mark)) +
                         "\"><span class=g aria-hidden=true>" + glyph(mark) + "</span> <span class=w>" +
                         capital(what) + "</span><td>" + (row.person.empty() ? "—" : html(row.person)) + "\n";
                 }
             });
    }

    void dispensations() {
        list("dispensations", head<texts::section_dispensations>(), head<texts::none_dispensations>(),
             with_site({head<texts::column_subject>(), head<texts::column_why>(), head<texts::column_by>(),
                        head<texts::column_until>()}),
             [&](const SiteOverview& site, std::size_t& rows) {
                 for (const auto& row : site.dispensations) {
                     if (++rows > rows_max) continue;
                     out_ += "<tr class=hatch><th scope=row>" +
                             html(row.subject.empty() ? site.site : row.subject) + "<small>" +
                             html(row.kind) + "</small>" + site_cell(site) + "<td>" + html(row.why) + "<td>" +
                             html(row.person) + "<td class=nw>" + day_tag(site.timezone, row.expires) + "\n";
                 }
             });
    }

    void legend() {
        open_section("legend", head<texts::section_legend>());
        out_ += "<ul class=key>";
        for (const auto mark : {Mark::ok, Mark::watch, Mark::bad, Mark::unknown})
            out_ += std::string("<li><span class=\"g ") + std::string(rules::mark_name(mark)) +
                    "\" aria-hidden=true>" + glyph(mark) + "</span> " + capital(mark_label(mark)) + "</li>";
        out_ += "<li><span class=\"g stale\" aria-hidden=true>✓</span> " +
                head<texts::legend_stale>(std::to_string(stale_hours_)) +
                "</li><li><span class=\"g watch hatch\""
                " aria-hidden=true>▲</span> " +
                head<texts::legend_dispensed>() + "</li><li>" + put<texts::legend_kinds>() + "</li><li>✕ " +
                put<texts::legend_missing>() + "</li><li>· " + put<texts::legend_before>() + "</li></ul>\n";
        close_section();
    }

    void proof() {
        open_section("proof", head<texts::section_proof>());
        out_ += "<dl class=proof>";
        const auto item = [&](const std::string& name, const std::string& value) {
            out_ += "<dt>" + name + "</dt><dd>" + value + "</dd>";
        };
        if (!fleet_) {
            const auto& site = *sites_.front();
            item(head<texts::proof_policy>(), html(site.policy));
            item(head<texts::proof_profile>(), html(site.profile));
            item(head<texts::proof_journal>(),
                 put<texts::proof_batches>(std::to_string(site.batches),
                                           minute(site.timezone, site.head_time)));
            item(head<texts::proof_head>(), "<code>" + html(site.head) + "</code>");
            item(head<texts::proof_hash>(),
                 "<code>" + overview_json(site)["sha256"].get<std::string>() + "</code>");
        } else {
            std::map<std::string, int> policies;
            for (const auto* site : sites_) ++policies[site->policy];
            for (const auto& [policy, count] : policies)
                item(head<texts::proof_policy>(), html(policy) + " (" + std::to_string(count) + ")");
            item(head<texts::proof_hash>(), "<code>" + crypto::sha256(as_bytes(figures_)).hex() + "</code>");
        }
        item("coffre", html(version));
        out_ += "</dl>\n";
        close_section();
    }

    Timestamp now_;
    bool fleet_;
    std::vector<const SiteOverview*> sites_;
    int stale_hours_ = 24;
    std::string zone_;
    std::string figures_;  // for programs
    std::string out_;
};

}  // namespace

std::string dashboard_page(const std::vector<SiteOverview>& sites, Lang lang, Timestamp now) {
    const LanguageScope scope(lang);
    return Page(sites, now).make();
}

DashboardFile write_dashboard(const Context& context, const std::vector<SiteOverview>& sites,
                              const std::string& path) {
    DashboardFile result;
    result.file = !path.empty()       ? path
                  : sites.size() == 1 ? "coffre-" + sites[0].client + "-" + sites[0].site + ".html"
                                      : "coffre-fleet.html";
    auto& environment = context.environment;
    const auto page = dashboard_page(sites, language(), environment.clock.now());
    const auto [where, name] = split_path(result.file);
    const auto folder = environment.files.open_directory(where);
    if (!folder)
        throw Error(Errc::failed, say<Msg::file_error>(where, tr<Msg::os_not_found>()),
                    say<texts::hint_folder>());
    std::array<std::uint8_t, 8> random{};
    environment.random.fill(random);
    const auto bytes = as_bytes(page);
    write_file_durably(*folder, ".coffre-partial-" + to_hex(random), *folder, name, bytes, 0600);
    result.bytes = page.size();
    result.sha256 = crypto::sha256(bytes);
    return result;
}

}  // namespace coffre::cli
