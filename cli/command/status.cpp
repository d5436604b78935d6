#include "cli/work/status.hpp"

#include <algorithm>

#include "cli/command/commands.hpp"
#include "cli/texts/anomaly_texts.hpp"
#include "cli/texts/dashboard_texts.hpp"
#include "cli/work/words.hpp"

namespace coffre::cli {

namespace {

using rules::Mark;

constexpr std::size_t width = 80;
constexpr std::size_t rows_max = 12;  // of one list on a screen; --json tells all
constexpr int bad_status = 3;

struct Options {
    std::string as_of;
    bool check = false;
};

const char* sign_of(Mark mark) {
    switch (mark) {
        case Mark::ok:
            return "✓";
        case Mark::watch:
            return "!";
        case Mark::bad:
            return "✗";
        case Mark::unknown:
            break;
    }
    return "?";
}

void heading(const std::string& text) { print_line("\n" + coloured(Colour::bold, with_capital(text))); }

// At spaces, so that no line is longer than that.
std::vector<std::string> wrapped(const std::string& text, std::size_t columns) {
    std::vector<std::string> lines{""};
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        const auto word = text.substr(at, end - at);
        const auto longer = lines.back().empty() ? word : lines.back() + " " + word;
        if (lines.back().empty() || fitted(longer, columns) == longer)
            lines.back() = longer;
        else
            lines.push_back(word);
        at = end + 1;
    }
    for (auto& line : lines) line = fitted(line, columns);
    return lines;
}

// "  ✓ weekly backup             ok            the oldest is 3 d old"
void row(Mark mark, bool grey, const std::string& what, const std::string& state, const std::string& why) {
    constexpr std::size_t what_width = 26, state_width = 13, before = 4 + what_width + 1 + state_width + 1;
    const auto colour = grey ? Colour::none : colour_of(mark);
    auto line = "  " + coloured(colour, sign_of(mark)) + " " +
                pad(fitted(printable(what), what_width), what_width) + " " +
                coloured(colour, pad(fitted(state, state_width), state_width)) + " ";
    for (const auto& part : wrapped(printable(why), width - before)) {
        print_line(line + part);
        line = std::string(before, ' ');
    }
}

void more(std::size_t count) {
    if (count > rows_max) print_line("    " + tr<texts::more_rows>(std::to_string(count - rows_max)));
}

void print_head(const rules::SiteOverview& site) {
    const auto mark = site.mark();
    print_line(coloured(Colour::bold, site.client + " " + site.site) + "  " +
               tr<texts::as_of>(zone_time(site.timezone, site.now)));
    print_line(coloured(colour_of(mark), std::string(sign_of(mark)) + " " + with_capital(verdict(mark))) +
               "  " + (site.is_protected ? tr<texts::site_protected>() : tr<texts::site_not_protected>()));
    std::string about = contract_label(site.contract);
    if (!site.policy.empty()) about += " · " + site.policy;
    if (!site.responsible.empty()) about += " · " + site.responsible;
    print_line(fitted(printable(about), width));
}

void print_equipments(const rules::SiteOverview& site) {
    heading(tr<texts::heading_equipments>() + " (" + std::to_string(site.equipments.size()) + ")");
    const bool stale = site.check(rules::CheckId::backup).stale;
    for (const auto& one : site.equipments) {
        rules::Check check;
        check.mark = one.mark;
        check.stale = stale;
        check.dispensed = one.dispensed;
        const auto last = one.captured ? zone_time(site.timezone, *one.captured) : tr<texts::legend_none>();
        row(one.mark, stale, one.name, state_label(check),
            last + (one.is_protected ? "  " + tr<texts::site_protected>() : ""));
    }
    if (site.equipments.empty()) print_line("    " + tr<texts::none_equipments>());
}

void print_lists(const rules::SiteOverview& site) {
    heading(site.anomalies.empty() ? tr<texts::none_anomalies>()
                                   : tr<texts::count_anomalies>(std::to_string(site.anomalies.size()),
                                                                std::to_string(site.anomalies_late)));
    for (std::size_t i = 0; i < std::min(site.anomalies.size(), rows_max); ++i) {
        const auto& one = site.anomalies[i];
        const auto mark = one.breached || one.severity != "minor" ? Mark::bad : Mark::watch;
        row(mark, false, one.equipment.empty() ? one.id : one.equipment, countdown(one.due, site.now),
            text(texts::anomaly_title(one.kind)));
    }
    more(site.anomalies.size());
    if (!site.undeclared.empty()) {
        heading(tr<texts::section_undeclared>());
        for (std::size_t i = 0; i < std::min(site.undeclared.size(), rows_max); ++i) {
            const auto& one = site.undeclared[i];
            row(Mark::watch, false, one.equipment, std::to_string(one.count), category_label(one.category));
        }
        more(site.undeclared.size());
    }
    if (!site.dispensations.empty()) {
        heading(tr<texts::section_dispensations>());
        for (std::size_t i = 0; i < std::min(site.dispensations.size(), rows_max); ++i) {
            const auto& one = site.dispensations[i];
            row(Mark::watch, false, one.subject.empty() ? site.site : one.subject,
                dispensation_label(one.kind),
                tr<texts::heading_until>() + " " + due_date(site.timezone, one.expires) + ", " +
                    tr<texts::about>(one.person, one.why));
        }
        more(site.dispensations.size());
    }
    if (!site.expiries.empty())
        print_line("\n" +
                   with_capital(tr<texts::about>(tr<texts::section_expiries>(),
                                                 std::to_string(site.expiries.size()))) +
                   " (" + zone_time(site.timezone, site.expiries.front().at).substr(0, 10) + ")");
}

}  // namespace

void register_status(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    app.add_option("--as-of", options->as_of);
    app.add_flag("--check", options->check);
    run = [options](Context& context) {
        Session session(context);
        std::optional<Timestamp> as_of;
        if (!options->as_of.empty()) {
            const auto span =
                parse_site_time_option(session.state().site.timezone, "--as-of", options->as_of);
            // A day that has begun is told as far as it went.
            const auto now = context.environment.clock.now();
            as_of = span.first <= now ? std::min(Timestamp{span.end.ns - 1}, now) : span.first;
        }
        const auto site = site_overview(session, as_of);
        if (context.settings.json) {
            print_json(overview_json(site));
        } else {
            print_head(site);
            heading(tr<texts::section_checks>());
            for (const auto& check : site.checks)
                row(check.mark, check.stale, check_label(check.id), state_label(check), text(reason(check)));
            print_equipments(site);
            print_lists(site);
        }
        if (options->check && site.mark() == Mark::bad && session.status() == 0) return bad_status;
        return session.status();
    };
}

}  // namespace coffre::cli
