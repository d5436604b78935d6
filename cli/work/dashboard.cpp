#include "cli/work/dashboard.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <set>

#include "cli/texts/anomaly_texts.hpp"
#include "cli/texts/dashboard_texts.hpp"
#include "cli/texts/words_texts.hpp"
#include "cli/version.hpp"
#include "cli/work/dashboard_assets.hpp"
#include "cli/work/status.hpp"
#include "cli/work/words.hpp"
#include "store/crypto/primitives.hpp"

namespace coffre::cli {

namespace {

using rules::Check;
using rules::Mark;
using rules::SiteOverview;

// Of a table of all sites of a fleet; the rest is in each site's fold.
constexpr std::size_t rows_max = 1000, anomalies_max = 100;
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

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

std::string html(std::string_view text) { return html_text(text); }
std::string words(const std::string& text) { return html_words(text); }
std::string capital(const std::string& text) { return html_words(with_capital(text)); }
std::string capital(const Message& message) { return html_words(with_capital(message)); }
template <const Text& own, class... Args>
std::string put(Args&&... args) {
    return words(tr<own>(std::forward<Args>(args)...));
}
template <const Text& own, class... Args>
std::string head(Args&&... args) {
    return capital(say<own>(std::forward<Args>(args)...));
}

// On the site's clock, as people of that language write it.
std::string day_text(const std::string& text) {
    if (language() != Lang::fr || text.size() != 10) return text;
    return text.substr(8, 2) + "/" + text.substr(5, 2) + "/" + text.substr(0, 4);
}
std::string day(const std::string& zone, Timestamp time) {
    return day_text(zone_time(zone, time).substr(0, 10));
}
std::string last_day(const std::string& zone, Timestamp end) { return day_text(due_date(zone, end)); }
std::string minute(const std::string& zone, Timestamp time) {
    return day(zone, time) + "\u00a0" + zone_time(zone, time).substr(11);
}
std::string time_tag(const std::string& zone, Timestamp time) {
    return "<time datetime=\"" + to_rfc3339(time) + "\">" + minute(zone, time) + "</time>";
}
std::string day_tag(const std::string& zone, Timestamp time) {
    return "<time datetime=\"" + to_rfc3339(time) + "\">" + day(zone, time) + "</time>";
}

std::string last_day_tag(const std::string& zone, Timestamp end) {
    return "<time datetime=\"" + due_date(zone, end) + "\">" + last_day(zone, end) + "</time>";
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

std::string sign(Mark mark, const std::string& word) {
    return "<span class=g aria-hidden=true>" + std::string(glyph(mark)) + "</span> <span class=w>" + word +
           "</span>";
}

std::string classes(const Check& check) {
    std::string out(rules::mark_name(check.mark));
    if (check.stale) out += " stale";
    if (check.dispensed) out += " hatch";
    return out;
}

std::string age_of(const Check& check) { return check.as_of ? " data-at=" + seconds(*check.as_of) : ""; }

// What programs and the script read of a check.
std::string data_of(const Check& check) {
    std::string out = " data-check=" + std::string(rules::check_name(check.id)) +
                      " data-mark=" + std::string(rules::mark_name(check.mark));
    return out + age_of(check);
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

// "4H": with what has expired of them struck, and what is not complete in brackets.
std::string count_text(const char* letter, const rules::KindCount& count) {
    std::string out;
    if (count.kept > 0) out += std::string(letter) + (count.kept > 1 ? std::to_string(count.kept) : "");
    if (count.expired > 0)
        out += (out.empty() ? "" : " ") + std::string("<s>") + letter +
               (count.expired > 1 ? std::to_string(count.expired) : "") + "</s>";
    if (count.partial > 0)
        out += (out.empty() ? "" : " ") + std::string("(") + letter +
               (count.partial > 1 ? std::to_string(count.partial) : "") + ")";
    return out;
}

std::string trend(const std::array<std::uint64_t, 12>& bytes) {
    const auto most = *std::max_element(bytes.begin(), bytes.end());
    if (most == 0) return "";
    std::string points;
    std::vector<std::pair<std::size_t, int>> all;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] == 0) continue;
        const auto y =
            20 - static_cast<int>(18.0 * static_cast<double>(bytes[i]) / static_cast<double>(most));
        // On a level line its two ends are enough.
        if (all.size() > 1 && all.back().second == y && all[all.size() - 2].second == y) all.pop_back();
        all.emplace_back(2 + 7 * i, y);
    }
    for (const auto& [x, y] : all)
        points += (points.empty() ? "" : " ") + std::to_string(x) + "," + std::to_string(y);
    const auto last = points.substr(points.rfind(' ') == std::string::npos ? 0 : points.rfind(' ') + 1);
    const auto comma = last.find(',');
    return "<svg class=t viewBox=\"0 0 84 22\" aria-hidden=true><polyline points=\"" + points +
           "\"/><circle r=2 cx=" + last.substr(0, comma) + " cy=" + last.substr(comma + 1) + " /></svg>";
}

class Page {
public:
    Page(const std::vector<SiteOverview>& sites, const std::vector<UnopenedSite>& unopened, Timestamp now)
        : now_(now), fleet_(sites.size() != 1 || !unopened.empty()), unopened_(unopened) {
        for (const auto& site : sites) sites_.push_back(&site);
        std::stable_sort(sites_.begin(), sites_.end(), [](const auto* a, const auto* b) {
            const auto key = [](const auto* s) { return std::tuple(rank(s->mark()), s->client, s->site); };
            return key(a) < key(b);
        });
        for (const auto* site : sites_) {
            number_.emplace(site, number_.size());
            const bool first = number_.size() == 1;
            stale_hours_ = first ? site->stale_hours : std::min(stale_hours_, site->stale_hours);
        }
        zone_ = sites.empty() ? "Europe/Paris" : sites.front().timezone;
    }

    std::string make() {
        // First what they have no room for is to be known.
        make_lists();
        for (auto& one : lists_) list(one);
        const auto lists = std::exchange(out_, "");
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
        out_ += "<div class=cols>" + lists + "</div>";
        legend();
        end();
        return std::move(out_);
    }

private:
    void begin() {
        const auto style_hash = to_base64(crypto::sha256(as_bytes(dashboard_style)).view());
        const auto script_hash = to_base64(crypto::sha256(as_bytes(dashboard_script)).view());
        const auto title =
            fleet_ ? put<texts::page_fleet>(std::to_string(site_count())) : html(site_name(*sites_.front()));
        out_ += "<!doctype html>\n<html lang=";
        out_ += language() == Lang::fr ? "fr" : "en";
        out_ += " data-made=" + seconds(now_) + " data-hours=" + std::to_string(stale_hours_) +
                " data-left=\"" + put<texts::time_left>("{0}") + "\" data-late=\"" +
                put<texts::time_over>("{0}") + "\" data-stale=\"" + head<texts::mark_stale>() +
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
            out_ += " <span>" + words(contract_label(site.contract)) + "</span>";
            if (!site.responsible.empty())
                out_ += " <span>" + put<texts::check_responsible>() + words(tr<texts::colon>()) +
                        html(site.responsible) + "</span>";
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
        Json document{{"time", to_rfc3339(now_)}, {"sites", std::move(all)}};
        for (const auto& site : unopened_)
            document["unopened"].push_back({{"folder", site.folder}, {"code", site.code}});
        auto text = document.dump(-1, ' ', false, Json::error_handler_t::replace);
        replace_all(text, "<", "\\u003c");
        return text;
    }

    [[nodiscard]] std::size_t site_count() const { return sites_.size() + unopened_.size(); }

    void open_section(const char* id, const std::string& title, const std::string& aside = "") {
        out_ += std::string("<section>\n<h2 id=h-") + id + ">" + title;
        if (!aside.empty()) out_ += " <small>" + aside + "</small>";
        out_ += "</h2>\n";
    }
    void close_section() { out_ += "</section>\n"; }
    void scroll(const std::string& labelled) {
        out_ += "<div class=scroll role=region aria-labelledby=" + labelled + ">";
    }
    void none(const std::string& text) { out_ += "<p class=none>" + text + "</p>\n"; }
    void columns(const std::vector<std::string>& names) {
        out_ += "<thead><tr>";
        for (const auto& name : names) out_ += "<th scope=col>" + name;
        out_ += "</tr></thead>\n";
    }
    // Does a row say which site it is of? On a site's own page and in its fold all are of that.
    [[nodiscard]] bool names_sites() const { return fleet_ && !folded_; }
    [[nodiscard]] std::string number(const SiteOverview& site) const {
        return std::to_string(number_.at(&site));
    }
    [[nodiscard]] std::string site_cell(const SiteOverview& site) const {
        return names_sites() ? "<td class=s><a href=#s" + number(site) + ">" + html(site_name(site)) + "</a>"
                             : "";
    }
    // In a fold without its attribute for programs: the page is to stay small.
    [[nodiscard]] std::string moment(const SiteOverview& site, Timestamp time) const {
        return folded_ ? minute(site.timezone, time) : time_tag(site.timezone, time);
    }
    // The filter hides the rows of a site by its number.
    [[nodiscard]] std::string row_of(const SiteOverview& site, const std::string& more = "") const {
        return "<tr" + more + (names_sites() ? " data-s=" + number(site) : "") + ">";
    }
    std::vector<std::string> with_site(std::vector<std::string> names) const {
        if (fleet_) names.insert(names.begin() + 1, head<texts::heading_site>());
        return names;
    }
    void cut(std::size_t left, std::size_t span) {
        if (left > 0)
            out_ += "<tr><td colspan=" + std::to_string(span) + "><a href=#h-equipments>" +
                    put<texts::more_rows_below>(std::to_string(left)) + "</a>";
    }

    void verdict_part() {
        auto all = sites_.empty() ? Mark::unknown : Mark::ok;
        std::size_t secure = 0, open = 0, late = 0, tests = 0;
        std::size_t bad = 0, unknown = unopened_.size() * rules::check_count, stale = 0, watch = 0;
        if (!unopened_.empty()) all = Mark::unknown;
        for (const auto* site : sites_) {
            all = rules::worse(all, site->mark());
            secure += site->is_protected ? 1 : 0;
            open += site->anomalies.size();
            late += site->anomalies_late;
            tests += site->tests_late ? 1 : 0;
            for (const auto& check : site->checks) {
                // Each once.
                if (check.mark == Mark::unknown)
                    ++unknown;
                else if (check.stale)
                    ++stale;
                else if (check.mark == Mark::bad)
                    ++bad;
                else if (check.mark == Mark::watch)
                    ++watch;
            }
        }
        const std::string mark(rules::mark_name(all));
        out_ += "<section class=\"verdict " + mark + "\" aria-labelledby=h-verdict data-mark=" + mark +
                ">\n<div class=say><span class=\"g " + mark + "\" aria-hidden=true>" + glyph(all) +
                "</span><div><h2 id=h-verdict>" + capital(verdict(all)) + "</h2><p>" +
                counts(bad, unknown, stale, watch) + "</p></div></div>\n<dl class=tiles>";
        const auto tile = [&](bool alert, const std::string& label, const std::string& value) {
            out_ += std::string("<div") + (alert ? " class=alert" : "") + "><dt>" + label + "</dt><dd>" +
                    value + "</dd></div>";
        };
        tile(secure != site_count(), head<texts::tile_protected>(),
             std::to_string(secure) + "\u202f/\u202f" + std::to_string(site_count()));
        tile(late > 0, head<texts::tile_anomalies>(),
             std::to_string(open) +
                 (late > 0 ? " <small>" + put<texts::tile_late>(std::to_string(late)) + "</small>" : ""));
        tile(tests > 0, head<texts::tile_tests>(), std::to_string(tests));
        tile(false, head<texts::tile_unknown>(), std::to_string(unknown + stale));
        out_ += "</dl>\n</section>\n";
    }

    static std::string counts(std::size_t bad, std::size_t unknown, std::size_t stale, std::size_t watch) {
        std::string out;
        const auto add = [&](std::size_t count, const std::string& text) {
            if (count > 0) out += (out.empty() ? "" : " · ") + text;
        };
        add(bad, bad == 1 ? put<texts::count_bad>(std::to_string(bad))
                          : put<texts::count_bad_many>(std::to_string(bad)));
        add(unknown, unknown == 1 ? put<texts::count_unknown>(std::to_string(unknown))
                                  : put<texts::count_unknown_many>(std::to_string(unknown)));
        add(stale, stale == 1 ? put<texts::count_stale>(std::to_string(stale))
                              : put<texts::count_stale_many>(std::to_string(stale)));
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
        out_ += "<table class=matrix>\n<thead><tr><th scope=col>" + head<texts::heading_site>();
        for (std::size_t i = 0; i < rules::check_count; ++i) {
            const auto id = static_cast<rules::CheckId>(i);
            out_ += "<th scope=col>" + capital(check_short_label(id)) + "<small>§\u00a0" + sentence_of(id) +
                    "</small>";
        }
        out_ += "<th scope=col>" + head<texts::site_protected>() + "<th scope=col>" +
                head<texts::section_anomalies>() + "</tr></thead>\n<tbody>\n";
        for (std::size_t i = 0; i < unopened_.size(); ++i) unopened_row(unopened_[i], i);
        for (const auto* site : sites_) {
            out_ += "<tr class=r data-hours=" + std::to_string(site->stale_hours) + " data-site=\"" +
                    html(site_name(*site) + " " + site->responsible) + "\" data-s=" + number(*site) +
                    " data-mark=" + std::string(rules::mark_name(site->mark())) +
                    "><th scope=row><a href=#s" + number(*site) + ">" + html(site_name(*site)) + "</a>";
            for (const auto& check : site->checks) {
                const auto figure = words(brief(check));
                out_ += "<td class=\"m " + classes(check) + "\"" + data_of(check);
                if (!check.green()) out_ += " title=\"" + capital(reason(check)) + "\"";
                out_ += std::string("><i>") + glyph(check.mark) + "</i>" + figure + "<span class=\"v w\"> " +
                        words(state_label(check)) + "</span>";
            }
            const auto shown = protection(*site, site->is_protected);
            out_ += "<td class=\"m " + shown.classes + "\" data-at=" + seconds(site->head_time) + "><i>" +
                    shown.glyph + "</i><span class=\"v w\">" + shown.word + "</span><td class=\"n" +
                    (site->anomalies_late > 0 ? " late" : "") + "\">" +
                    std::to_string(site->anomalies.size()) + "\n";
        }
        out_ += "</tbody></table></div>\n";
        close_section();
    }

    struct Protection {
        std::string classes, glyph, word;
    };
    // Of figures that are old nothing is said.
    static Protection protection(const SiteOverview& site, bool is_protected) {
        const bool stale = site.check(rules::CheckId::backup).stale;
        const auto mark = stale ? Mark::unknown : is_protected ? Mark::ok : Mark::bad;
        return {std::string(rules::mark_name(mark)) + (stale ? " stale" : ""), glyph(mark),
                words(protection_label(is_protected && !stale, stale))};
    }

    void unopened_row(const UnopenedSite& site, std::size_t index) {
        const auto unknown = "<td class=\"m unknown\"><i>" + std::string(glyph(Mark::unknown)) +
                             "</i><span class=\"v w\"> " + words(mark_label(Mark::unknown)) + "</span>";
        out_ += "<tr class=r data-hours=0 data-site=\"" + html(site.folder) + "\" data-s=u" +
                std::to_string(index) + " data-mark=unknown><th scope=row>" + html(site.folder) + "<small>" +
                head<texts::site_unopened>() + "\u00a0(<code>" + html(site.code) + "</code>)</small>";
        for (std::size_t i = 0; i <= rules::check_count; ++i) out_ += unknown;  // and of its protection
        out_ += "<td class=n>—\n";
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
        columns({head<texts::heading_check>(), head<texts::heading_state>(), head<texts::heading_why>()});
        out_ += "<tbody>\n";
        for (const auto& check : site.checks) {
            if (only_others && check.green()) continue;
            out_ += "<tr><th scope=row>" + capital(check_label(check.id));
            // Of a fleet the head of its matrix tells it.
            if (!only_others)
                out_ += std::string(" <small class=i>§\u00a0") + sentence_of(check.id) + "</small>";
            out_ += "<td class=\"state " + classes(check) + "\"" +
                    (only_others ? age_of(check) : data_of(check)) + ">" +
                    sign(check.mark, capital(state_label(check))) + "<td>" + capital(reason(check));
            // Said once for all that is of the journal.
            if (check.as_of && *check.as_of != site.head_time)
                out_ += "<small>" + put<texts::heading_as_of>() + " " +
                        time_tag(site.timezone, *check.as_of) + "</small>";
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
        // Of a fleet first those that can still be treated in time.
        std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
            if (fleet_ && a.row->breached != b.row->breached) return b.row->breached;
            return a.row->due < b.row->due;
        });
        open_section("anomalies", head<texts::section_anomalies>());
        if (rows.empty()) {
            none(head<texts::none_anomalies>());
        } else {
            scroll("h-anomalies");
            out_ += "<table>\n";
            const auto names = with_site(anomaly_columns());
            columns(names);
            out_ += "<tbody>\n";
            const auto shown = fleet_ ? std::min(rows.size(), anomalies_max) : rows.size();
            for (std::size_t i = 0; i < shown; ++i) out_ += anomaly(*rows[i].site, *rows[i].row);
            cut(rows.size() - shown, names.size());
            out_ += "</tbody></table></div>\n";
        }
        close_section();
    }

    static std::vector<std::string> anomaly_columns() {
        return {head<texts::heading_what>(), head<texts::heading_severity>(), head<texts::heading_due>(),
                head<texts::heading_state>()};
    }

    std::string anomaly(const SiteOverview& site, const rules::AnomalyRow& row) {
        const auto mark = row.severity == "minor" ? Mark::watch : Mark::bad;
        auto out = row_of(site) + "<th scope=row>" + capital(texts::anomaly_title(row.kind)) + "<small>";
        if (!row.equipment.empty()) out += html(row.equipment) + " · ";
        if (!row.remote.empty()) out += html(row.remote) + " · ";
        if (!row.sentence.empty()) out += "§\u00a0" + html(row.sentence) + " · ";
        out += "<code>" + html(row.id) + "</code></small>" + site_cell(site) + "<td class=\"state " +
               std::string(rules::mark_name(mark)) + "\">" +
               sign(mark, capital(severity_label(row.severity))) + "<td class=nw>";
        // Treated in time: the clock has stopped.
        if (row.state == "treated" && !row.breached)
            out += "<span>" + moment(site, row.due) + "</span>";
        else
            out += std::string("<span") + (row.breached ? " class=late" : "") +
                   " data-due=" + seconds(row.due) + ">" + words(countdown(row.due, now_)) +
                   "</span><small>" + moment(site, row.due) + "</small>";
        return out + "<td class=nw>" + capital(anomaly_state_label(row.state)) + "<small>" +
               put<texts::opened_since>(minute(site.timezone, row.opened)) + "</small>\n";
    }

    // The figure that is too old first. One that is so already has its own say in the site's mark.
    static Timestamp oldest(const SiteOverview& site) {
        auto time = site.head_time;
        for (const auto& check : site.checks)
            if (check.as_of && !check.stale) time = std::min(time, *check.as_of);
        return time;
    }

    void equipments() {
        open_section("equipments", head<texts::section_equipments>());
        if (fleet_) {
            for (const auto* site : sites_) {
                const std::string id = "s" + number(*site);
                const std::string mark(rules::mark_name(site->mark()));
                out_ += "<details class=site id=" + id + " data-hours=" + std::to_string(site->stale_hours) +
                        " data-s=" + number(*site) + "><summary class=" + mark +
                        " data-at=" + seconds(oldest(*site)) + "><span class=g aria-hidden=true>" +
                        glyph(site->mark()) + "</span> <h3 id=" + id + "h>" + html(site_name(*site)) +
                        "</h3><span class=\"v w\"> " + words(mark_label(site->mark())) +
                        "</span> <span class=meta><span>" + words(contract_label(site->contract)) +
                        "</span>" +
                        (site->responsible.empty() ? "" : " <span>" + html(site->responsible) + "</span>") +
                        "</span></summary>\n";
                out_ += "<p class=none>" + put<texts::figures_of>(minute(site->timezone, site->head_time)) +
                        "</p>\n";
                if (!std::all_of(site->checks.begin(), site->checks.end(),
                                 [](const auto& check) { return check.green(); }))
                    check_rows(*site, true);
                calendar(*site, id + "h");
                lists_of(*site);
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
        out_ += "<table class=cal>\n<thead><tr><th scope=col>" + head<texts::heading_equipment>() +
                "<th scope=col class=l>" + head<texts::heading_last>() + "<th scope=col>" +
                head<texts::heading_copies>();
        const auto names = month_names();
        bool first = true;
        for (const auto& month : site.equipments.front().months) {
            const bool year = first || month.month.month == 1;
            out_ +=
                std::string("<th scope=col") + (year ? " class=y" : "") + ">" + names[month.month.month - 1];
            if (year) out_ += "<br>" + std::to_string(month.month.year);
            first = false;
        }
        out_ += "<th scope=col>" + head<texts::heading_size>() + "<th scope=col>" +
                head<texts::heading_expiry>() + "<th scope=col>" + head<texts::heading_test>() +
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
        const auto two = protection(site, one.is_protected);
        out_ += "<td class=\"" + two.classes + "\" data-at=" + seconds(site.head_time) +
                "><span class=g aria-hidden=true>" + two.glyph + "</span><span class=\"v w\">" + two.word +
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
            const auto complete = [](const auto& count) { return count.kept + count.expired > 0; };
            const bool none = !complete(month.hebdo) && !complete(month.mensuel) && !complete(month.pre) &&
                              !complete(month.post);
            const bool miss = none && month.expected;
            const char* kind = miss ? "miss" : cell.empty() ? "dim" : "";
            std::string name = std::string(year ? "y" : "") + (year && *kind != 0 ? " " : "") + kind;
            out_ += "<td" + (name.empty() ? "" : " class=\"" + name + "\"") + ">";
            if (miss)
                out_ += "✕<span class=v> " + put<texts::legend_missing>() + "</span>" +
                        (cell.empty() ? "" : " " + cell);
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

    using Rows = std::vector<std::string>;

    // A section with one table of all sites. Of a fleet's long one the rest is in the folds of its sites.
    struct List {
        const char* id;
        std::string title, empty;
        std::vector<std::string> names;
        std::function<Rows(const SiteOverview&)> rows;
        bool names_site = false;  // its rows begin with the site
        std::set<const SiteOverview*> cut{};
    };

    void list(List& one) {
        open_section(one.id, one.title);
        const auto before = out_.size();
        scroll(std::string("h-") + one.id);
        out_ += "<table>\n";
        const auto names = one.names_site ? one.names : with_site(one.names);
        columns(names);
        out_ += "<tbody>\n";
        std::size_t shown = 0, all = 0;
        for (const auto* site : sites_) {
            const auto rows = one.rows(*site);
            all += rows.size();
            if (shown + rows.size() > rows_max && fleet_) one.cut.insert(site);
            for (const auto& row : rows) {
                if (shown == rows_max && fleet_) break;
                out_ += row;
                ++shown;
            }
        }
        if (all == 0) {
            out_.resize(before);
            none(one.empty);
        } else {
            cut(all - shown, names.size());
            out_ += "</tbody></table></div>\n";
        }
        close_section();
    }

    // What the tables of all sites have no room for, and each anomaly.
    void lists_of(const SiteOverview& site) {
        folded_ = true;
        const auto table = [&](const std::string& title, const std::vector<std::string>& names,
                               const Rows& rows) {
            out_ +=
                "<h4>" + title + "</h4><div class=scroll role=group aria-label=\"" + title + "\"><table>\n";
            columns(names);
            out_ += "<tbody>\n";
            for (const auto& row : rows) out_ += row;
            out_ += "</tbody></table></div>\n";
        };
        Rows rows;
        for (const auto& row : site.anomalies) rows.push_back(anomaly(site, row));
        if (!rows.empty()) table(head<texts::section_anomalies>(), anomaly_columns(), rows);
        for (const auto& one : lists_)
            if (one.cut.contains(&site)) table(one.title, one.names, one.rows(site));
        folded_ = false;
    }

    void make_lists() {
        lists_.push_back(undeclared());
        lists_.push_back(drills());
        lists_.push_back(space());
        lists_.push_back(reviews());
        lists_.push_back(dispensations());
        lists_.push_back(expiries());
    }

    List undeclared() {
        return {"undeclared",
                head<texts::section_undeclared>(),
                head<texts::none_undeclared>(std::to_string(rules::undeclared_days)),
                {head<texts::heading_equipment>(), head<texts::heading_category>(),
                 head<texts::heading_count>(), head<texts::heading_latest>()},
                [this](const SiteOverview& site) {
                    Rows rows;
                    for (const auto& row : site.undeclared)
                        rows.push_back(row_of(site) + "<th scope=row>" + html(row.equipment) +
                                       site_cell(site) + "<td>" + capital(category_label(row.category)) +
                                       "<td>" + std::to_string(row.count) + "<td class=nw>" +
                                       moment(site, row.last) + "\n");
                    return rows;
                }};
    }

    List expiries() {
        return {"expiries",
                head<texts::section_expiries>(),
                head<texts::none_expiries>(std::to_string(rules::expiry_days)),
                {head<texts::heading_equipment>(), head<texts::heading_count>(), head<texts::heading_first>(),
                 head<texts::heading_latest>()},
                [this](const SiteOverview& site) {
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
                    Rows rows;
                    for (const auto& [name, some] : of)
                        rows.push_back(row_of(site) + "<th scope=row>" + html(name) + site_cell(site) +
                                       "<td>" + std::to_string(some.count) + "<td class=\"nw" +
                                       // gc, which lets them go, did not run.
                                       (some.first <= now_ ? " late" : "") + "\">" +
                                       day_tag(site.timezone, some.first) + "<td class=nw>" +
                                       day_tag(site.timezone, some.last) + "\n");
                    return rows;
                }};
    }

    List space() {
        return {"space",
                head<texts::section_space>(),
                capital(mark_label(Mark::unknown)),
                {head<texts::heading_site>(), head<texts::heading_state>(), head<texts::heading_free>(),
                 head<texts::heading_forecast>()},
                [this](const SiteOverview& site) -> Rows {
                    const auto& check = site.check(rules::CheckId::space);
                    const auto percent = check.numbers.find("percent");
                    if (percent == check.numbers.end()) return {};
                    const auto days = check.numbers.find("days");
                    return {row_of(site) + "<th scope=row>" + html(site_name(site)) +
                            (check.subject.empty() ? "" : "<small>" + html(check.subject) + "</small>") +
                            "<td class=\"state " + classes(check) + "\" data-at=" + seconds(*check.as_of) +
                            ">" + sign(check.mark, capital(state_label(check))) + "<td class=nw>" +
                            std::to_string(percent->second) + "\u202f%<small>" +
                            words(human_bytes(static_cast<std::uint64_t>(check.numbers.at("free")))) +
                            "</small><td>" +
                            (days == check.numbers.end() ? put<texts::no_forecast>()
                                                         : words(days_text(days->second))) +
                            "\n"};
                },
                true};
    }

    List drills() {
        return {"drills",
                head<texts::section_drills>(),
                head<texts::none_drills>(),
                {head<texts::heading_equipment>(), head<texts::heading_date>(), head<texts::heading_source>(),
                 head<texts::heading_level>(), head<texts::heading_result>()},
                [this](const SiteOverview& site) {
                    Rows rows;
                    for (const auto& row : site.drills) {
                        if (fleet_ && rows.size() == 1) break;
                        const auto result = row.success ? head<texts::success>() : head<texts::failure>();
                        // Of a test that failed nothing was recovered.
                        const auto time = row.success && row.recovery_ms > 0
                                              ? "<small>" + put<texts::heading_recovery>() +
                                                    words(tr<texts::colon>()) +
                                                    words(recovery_text(row.recovery_ms)) + "</small>"
                                              : "";
                        rows.push_back(
                            row_of(site) + "<th scope=row>" + html(row.equipment) + "<small><code>" +
                            html(row.id) + "</code></small>" + site_cell(site) + "<td class=nw>" +
                            (folded_ ? day(site.timezone, row.ended) : day_tag(site.timezone, row.ended)) +
                            "<td>" + capital(role_label(row.source_role)) + "<td>N" +
                            std::to_string(row.level) + "<td class=\"state " + (row.success ? "ok" : "bad") +
                            "\">" + sign(row.success ? Mark::ok : Mark::bad, result) + time + "\n");
                    }
                    if (site.drill_due)
                        rows.push_back(row_of(site) + "<td colspan=" + std::to_string(names_sites() ? 6 : 5) +
                                       (*site.drill_due <= now_ ? " class=late" : "") + ">" +
                                       (names_sites() ? html(site_name(site)) + " — " : "") +
                                       head<texts::next_test>(site.drill_next, from_text(site.drill_source),
                                                              last_day(site.timezone, *site.drill_due)) +
                                       "\n");
                    return rows;
                }};
    }

    static std::string from_text(const std::string& role) {
        if (role == "cloud") return tr<texts::from_cloud>();
        return role == "physical" ? tr<texts::from_physical>() : tr<texts::from_local>();
    }

    List reviews() {
        return {"reviews",
                head<texts::section_reviews>(),
                head<texts::none_reviews>(),
                {head<texts::heading_month>(), head<texts::heading_subject>(), head<texts::heading_state>(),
                 head<texts::heading_signed>()},
                [this](const SiteOverview& site) {
                    Rows rows;
                    std::size_t seen = 0;
                    std::map<std::string, std::vector<const rules::ReviewRow*>> overdue;  // by scope
                    for (const auto& row : site.reviews) {
                        ++seen;
                        if (fleet_ && row.overdue)
                            overdue[row.scope].push_back(&row);
                        else if (seen <= (fleet_ ? 2u : 6u) || row.overdue)
                            rows.push_back(review(site, row, row.month));
                    }
                    for (const auto& [scope, months] : overdue)
                        rows.push_back(review(site, *months.front(),
                                              months.size() == 1
                                                  ? months.front()->month
                                                  : months.back()->month + " – " + months.front()->month));
                    return rows;
                }};
    }

    std::string review(const SiteOverview& site, const rules::ReviewRow& row, const std::string& month) {
        const auto mark = row.done      ? (row.accepted ? Mark::ok : Mark::bad)
                          : row.overdue ? Mark::bad
                                        : Mark::watch;
        const auto what = row.done      ? (row.accepted ? say<texts::accepted>() : say<texts::refused>())
                          : row.overdue ? say<texts::overdue>()
                                        : say<texts::to_sign>(last_day(site.timezone, row.due));
        return row_of(site) + "<th scope=row class=nw>" + html(month) + site_cell(site) + "<td>" +
               (row.scope == "site" ? head<texts::review_site>() : head<texts::review_internal>()) +
               "<td class=\"state " + std::string(rules::mark_name(mark)) + "\">" +
               sign(mark, capital(what)) + "<td>" + (row.person.empty() ? "—" : html(row.person)) + "\n";
    }

    List dispensations() {
        return {"dispensations",
                head<texts::section_dispensations>(),
                head<texts::none_dispensations>(),
                {head<texts::heading_subject>(), head<texts::heading_why>(), head<texts::heading_by>(),
                 head<texts::heading_until>()},
                [this](const SiteOverview& site) {
                    Rows rows;
                    for (const auto& row : site.dispensations)
                        rows.push_back(row_of(site, " class=hatch") + "<th scope=row>" +
                                       html(row.subject.empty() ? site.site : row.subject) + "<small>" +
                                       words(dispensation_label(row.kind)) + "</small>" + site_cell(site) +
                                       "<td>" + html(row.why) + "<td>" + html(row.person) + "<td class=nw>" +
                                       last_day_tag(site.timezone, row.expires) + "\n");
                    return rows;
                }};
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
        } else {
            std::map<std::string, int> policies;
            for (const auto* site : sites_) ++policies[site->policy];
            for (const auto& [policy, count] : policies)
                item(head<texts::proof_policy>(), html(policy) + " (" + std::to_string(count) + ")");
        }
        item(head<texts::proof_hash>(), "<code>" + crypto::sha256(as_bytes(figures_)).hex() + "</code>");
        item("coffre", html(version));
        out_ += "</dl>\n";
        close_section();
    }

    Timestamp now_;
    bool fleet_;
    bool folded_ = false;  // what is written is a site's own
    std::vector<const SiteOverview*> sites_;
    std::map<const SiteOverview*, std::size_t> number_;
    std::vector<List> lists_;
    const std::vector<UnopenedSite>& unopened_;
    int stale_hours_ = 24;
    std::string zone_;
    std::string figures_;  // for programs
    std::string out_;
};

}  // namespace

std::string dashboard_page(const std::vector<SiteOverview>& sites, Lang lang, Timestamp now,
                           const std::vector<UnopenedSite>& unopened) {
    const LanguageScope scope(lang);
    return Page(sites, unopened, now).make();
}

DashboardFile write_dashboard(const Context& context, const std::vector<SiteOverview>& sites,
                              const std::string& path, const std::vector<UnopenedSite>& unopened) {
    DashboardFile result;
    const bool one = sites.size() == 1 && unopened.empty();
    result.file = !path.empty() ? path
                  : one         ? "coffre-" + sites[0].client + "-" + sites[0].site + ".html"
                                : "coffre-fleet.html";
    auto& environment = context.environment;
    const auto page = dashboard_page(sites, language(), environment.clock.now(), unopened);
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
