#include "cli/work/metrics.hpp"

#include <array>

#include "store/crypto/primitives.hpp"

namespace coffre::cli {

namespace {

using rules::Mark;
using rules::SiteOverview;

constexpr std::array marks{Mark::ok, Mark::watch, Mark::bad, Mark::unknown};
constexpr std::size_t hashed_digits = 16;

std::string escaped(const std::string& value) {
    std::string out;
    for (const char c : value) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

// Families in the order in which they are made; each has its lines together, as the format wants it.
class Exposition {
public:
    Exposition(const std::vector<SiteOverview>& sites, bool names) : sites_(sites), names_(names) {}

    using Labels = std::vector<std::pair<std::string, std::string>>;

    void family(const std::string& name, const char* type, const char* help, const char* unit = "") {
        name_ = name;
        text_ += "# TYPE " + name + " " + type + "\n";
        if (*unit != 0) text_ += "# UNIT " + name + " " + unit + "\n";
        text_ += "# HELP " + name + " " + help + "\n";
    }
    void value(const SiteOverview& site, const Labels& more, const std::string& number) {
        text_ += name_ + "{client=\"" + name(site, site.client) + "\",site=\"" + name(site, site.site) + "\"";
        for (const auto& [label, content] : more) text_ += "," + label + "=\"" + content + "\"";
        text_ += "} " + number + "\n";
    }
    void value(const SiteOverview& site, const Labels& more, std::int64_t number) {
        value(site, more, std::to_string(number));
    }
    void states(const SiteOverview& site, const Labels& more, Mark is) {
        for (const auto mark : marks) {
            auto labels = more;
            labels.emplace_back(name_, std::string(rules::mark_name(mark)));
            value(site, labels, mark == is ? 1 : 0);
        }
    }
    [[nodiscard]] std::string name(const SiteOverview& site, const std::string& plain) const {
        if (names_ || plain.empty()) return escaped(plain);
        return crypto::sha256(as_bytes("coffre/metrics/" + site.repository + "/" + plain))
            .hex()
            .substr(0, hashed_digits);
    }

    void checks() {
        family("coffre_check", "gauge", "How a check stands; unknown is never ok.");
        each_check([&](const auto& site, const auto& check, const auto& labels) {
            states(site, labels, check.mark);
        });
        family("coffre_check_green", "gauge", "1: ok, from a recent figure, without a dispensation.");
        each_check([&](const auto& site, const auto& check, const auto& labels) {
            value(site, labels, check.green() ? 1 : 0);
        });
        family("coffre_check_stale", "gauge", "1: the figure is too old to be believed.");
        each_check([&](const auto& site, const auto& check, const auto& labels) {
            value(site, labels, check.stale ? 1 : 0);
        });
        family("coffre_check_dispensed", "gauge", "1: a named person answers for the departure.");
        each_check([&](const auto& site, const auto& check, const auto& labels) {
            value(site, labels, check.dispensed ? 1 : 0);
        });
        family("coffre_check_as_of_seconds", "gauge", "When the figure of a check was last known.",
               "seconds");
        each_check([&](const auto& site, const auto& check, const auto& labels) {
            if (check.as_of) value(site, labels, check.as_of->seconds());
        });
    }

    void equipments() {
        family("coffre_backup", "gauge", "How the last complete backup of an equipment stands.");
        each_equipment(
            [&](const auto& site, const auto& one, const auto& labels) { states(site, labels, one.mark); });
        family("coffre_backup_time_seconds", "gauge", "When the last complete backup was taken.", "seconds");
        each_equipment([&](const auto& site, const auto& one, const auto& labels) {
            if (one.captured) value(site, labels, one.captured->seconds());
        });
        family("coffre_backup_protected", "gauge",
               "1: verified in the cloud and on a medium, and none is late.");
        each_equipment([&](const auto& site, const auto& one, const auto& labels) {
            value(site, labels, one.is_protected ? 1 : 0);
        });
        family("coffre_undeclared_changes", "gauge", "Changes outside a window, of the last 31 days.");
        for (const auto& site : sites_)
            for (const auto& row : site.undeclared)
                value(site, {{"equipment", name(site, row.equipment)}, {"category", escaped(row.category)}},
                      row.count);
    }

    void sites() {
        family("coffre_site", "gauge", "How a site stands, all in all.");
        for (const auto& site : sites_) states(site, {}, site.mark());
        family("coffre_site_protected", "gauge", "1: all its equipments are protected.");
        for (const auto& site : sites_) value(site, {}, site.is_protected ? 1 : 0);
        family("coffre_anomalies_open", "gauge", "Anomalies that are not resolved.");
        for (const auto& site : sites_)
            for (const char* severity : {"critical", "major", "minor"}) {
                std::int64_t count = 0;
                for (const auto& row : site.anomalies) count += row.severity == severity ? 1 : 0;
                value(site, {{"severity", severity}}, count);
            }
        family("coffre_anomalies_late", "gauge", "Anomalies that were not treated in time.");
        for (const auto& site : sites_) value(site, {}, static_cast<std::int64_t>(site.anomalies_late));
        family("coffre_tests_late", "gauge", "1: a restore test is overdue.");
        for (const auto& site : sites_) value(site, {}, site.tests_late ? 1 : 0);
        family("coffre_test_due_seconds", "gauge", "When the next restore test is due.", "seconds");
        for (const auto& site : sites_)
            if (site.drill_due) value(site, {}, site.drill_due->seconds());
        space();
        family("coffre_journal_batches", "gauge", "Batches of the journal.");
        for (const auto& site : sites_) value(site, {}, static_cast<std::int64_t>(site.batches));
        family("coffre_journal_time_seconds", "gauge", "When the newest batch was written.", "seconds");
        for (const auto& site : sites_) value(site, {}, site.head_time.seconds());
    }

    std::string end(Timestamp now, std::size_t unopened) {
        text_ +=
            "# TYPE coffre_sites_unopened gauge\n"
            "# HELP coffre_sites_unopened Sites that nothing is known of: they could not be opened.\n"
            "coffre_sites_unopened " +
            std::to_string(unopened) +
            "\n"
            "# TYPE coffre_generated_seconds gauge\n# UNIT coffre_generated_seconds seconds\n"
            "# HELP coffre_generated_seconds When these figures were made.\ncoffre_generated_seconds " +
            std::to_string(now.seconds()) + "\n# EOF\n";
        return std::move(text_);
    }

private:
    void space() {
        const std::array families{
            std::tuple("coffre_space_free_bytes", "free", "bytes", "Room that is left."),
            std::tuple("coffre_space_total_bytes", "total", "bytes", "Room in all."),
            std::tuple("coffre_space_forecast_days", "days", "days",
                       "In how many days it is full at this pace.")};
        for (const auto& [family_name, number, unit, help] : families) {
            family(family_name, "gauge", help, unit);
            for (const auto& site : sites_) {
                const auto& check = site.check(rules::CheckId::space);
                const auto found = check.numbers.find(number);
                if (found != check.numbers.end())
                    value(site, {{"place", name(site, check.subject)}}, found->second);
            }
        }
    }

    template <class Fn>
    void each_check(const Fn& fn) {
        for (const auto& site : sites_)
            for (const auto& check : site.checks)
                fn(site, check, Labels{{"check", std::string(rules::check_name(check.id))}});
    }
    template <class Fn>
    void each_equipment(const Fn& fn) {
        for (const auto& site : sites_)
            for (const auto& one : site.equipments)
                fn(site, one, Labels{{"equipment", name(site, one.name)}});
    }

    const std::vector<SiteOverview>& sites_;
    bool names_;
    std::string name_, text_;
};

}  // namespace

std::string metrics_text(const std::vector<SiteOverview>& sites, Timestamp now, bool names,
                         std::size_t unopened) {
    Exposition exposition(sites, names);
    exposition.sites();
    exposition.checks();
    exposition.equipments();
    return exposition.end(now, unopened);
}

}  // namespace coffre::cli
