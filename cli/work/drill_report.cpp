#include "cli/work/drill_report.hpp"

#include <algorithm>
#include <array>

#include "base/equipment_model.hpp"
#include "cli/texts/drill_report_texts.hpp"
#include "cli/texts/drill_texts.hpp"
#include "cli/texts/words_texts.hpp"
#include "cli/work/drill.hpp"
#include "cli/work/words.hpp"
#include "store/crypto/primitives.hpp"
#include "store/rules/civil_time.hpp"
#include "store/rules/drills.hpp"
#include "store/rules/limits.hpp"
#include "store/rules/order.hpp"
#include "store/rules/windows.hpp"

namespace coffre::cli {

namespace {

using journal::Drill;
using journal::State;

constexpr std::int64_t ms_per_minute = 60'000;

// Readable on a screen of any width, and on A4.
constexpr const char* style = R"(
:root{color-scheme:light}
*{box-sizing:border-box}
body{font:14px/1.45 system-ui,"Liberation Sans",Arial,sans-serif;color:#1a1a1a;background:#fff;margin:0 auto;
padding:24px;max-width:860px}
h1{font-size:22px;margin:0 0 2px}
h2{font-size:15px;margin:22px 0 6px;padding-bottom:3px;border-bottom:2px solid #1f3a5f;color:#1f3a5f;
break-after:avoid}
p{margin:6px 0}
.lead{color:#444;margin:0 0 14px}
.result{border:2px solid;border-radius:6px;padding:10px 14px;margin:14px 0;font-size:18px;font-weight:700}
.success{color:#0b5d2a;background:#eaf6ee}
.failure{color:#9b1c1c;background:#fdeeee}
.result small{display:block;font-size:13px;font-weight:400;color:#1a1a1a}
table{border-collapse:collapse;width:100%;margin:4px 0}
th,td{text-align:left;vertical-align:top;padding:4px 8px;border:1px solid #c8ccd2;overflow-wrap:break-word}
th{background:#f1f3f6;font-weight:600}
.facts th{width:32%}
.checks td:last-child,.checks th:last-child{text-align:right;white-space:nowrap}
.checks td:nth-child(2){white-space:nowrap}
.checks th[scope=row]{background:none;font-weight:400}
code{font:12px/1.4 ui-monospace,"Liberation Mono",monospace;overflow-wrap:anywhere}
.alarm{border:2px solid #9b1c1c;padding:8px 12px;font-weight:600}
tr,.result,.signature{break-inside:avoid}
.free{white-space:pre-wrap;overflow-wrap:anywhere}
.signature{border:1px solid #c8ccd2;border-radius:6px;padding:8px 12px;margin:6px 0}
@media (max-width:520px){body{padding:12px}th,td{padding:4px}.checks td:nth-child(2){white-space:normal}}
@page{size:A4;margin:16mm 14mm}
@media print{body{padding:0;max-width:none;font-size:11px}h1{font-size:18px}h2{font-size:13px}
.result{font-size:15px;-webkit-print-color-adjust:exact;print-color-adjust:exact}
th{-webkit-print-color-adjust:exact;print-color-adjust:exact}code{font-size:9.5px}}
)";

std::string code(const std::string& text) { return "<code>" + html_text(text) + "</code>"; }

// The version that was in force at that time; of a record, the first one where it came later.
template <class Record>
const Record& at_time(const std::vector<Record>& past, const Record& now, Timestamp time) {
    if (now.version.time <= time || past.empty()) return now;
    const Record* found = &past.front();
    for (const auto& one : past)
        if (one.version.time <= time) found = &one;
    return *found;
}

const journal::Policy& policy_at(const State& state, Timestamp time) {
    const auto* found = &state.policies.front();
    for (const auto& policy : state.policies)
        if (policy.version.time <= time) found = &policy;
    return *found;
}

std::string part_label(const std::string& name) {
    if (const auto category = category_named(name)) return category_label(*category);
    return name == "firmware" ? tr<Msg::field_firmware>() : name;
}

// What an automatic check is about; "" for what is none.
std::string check_label(const std::string& id) {
    if (id == "open") return tr<texts::check_open>();
    if (id == "snapshot") return tr<texts::check_snapshot>();
    if (id == "files") return tr<texts::check_files>();
    if (id == "complete") return tr<texts::check_complete>();
    if (id == "sections") return tr<texts::check_sections>();
    if (id == "round_trip") return tr<texts::check_round_trip>();
    if (id == "steps") return tr<texts::check_steps>();
    if (id == "read_back") return tr<texts::check_read_back>();
    if (id == "equal") return tr<texts::check_equal>();
    if (id == "folder") return tr<texts::check_folder>();
    if (id == "stopped") return tr<texts::check_stopped>();
    return "";
}

std::string check_detail(const std::string& id, const std::string& detail) {
    if (id == "open") return detail == "local" ? tr<texts::from_this_copy>() : role_label(detail);
    if (id == "round_trip" && detail == "other_version") return tr<texts::detail_other_version>();
    if (detail == "0/0" && (id == "sections" || id == "round_trip")) return tr<texts::detail_no_model>();
    if (detail == "0/0" && id == "steps") return tr<texts::detail_no_steps>();
    if (id == "equal") {
        const auto plus = detail.find('+');
        if (plus != std::string::npos)
            return tr<texts::detail_equal>(detail.substr(0, plus), detail.substr(plus + 1));
    }
    return detail;
}

// Two models of nothing are not "right".
bool compares_nothing(const Json& check) {
    const auto id = check.value("id", "");
    const auto detail = check.value("detail", "");
    return (id == "sections" && detail == "0/0") ||
           (id == "round_trip" && (detail == "0/0" || detail == "other_version"));
}

std::string answer_text(const std::string& answer) {
    if (answer == "yes") return tr<texts::answer_yes>();
    if (answer == "no") return tr<texts::answer_no>();
    if (answer == "none") return tr<texts::answer_none>();
    return answer;
}

std::string level_text(int level) {
    switch (level) {
        case 0:
            return tr<texts::level_0>();
        case 1:
            return tr<texts::level_1>();
        case 2:
            return tr<texts::level_2>();
        default:
            return tr<texts::level_3>();
    }
}

// "licences gap_licence 1": part, why, how many.
std::string gap_text(const std::string& detail) {
    const auto space = detail.find(' ');
    const auto last = detail.rfind(' ');
    if (space == std::string::npos || last == space) return detail;
    const auto why = detail.substr(space + 1, last - space - 1);
    std::string reason;
    for (std::uint16_t i = 0; i < static_cast<std::uint16_t>(Msg::count_); ++i)
        if (const auto id = static_cast<Msg>(i); id != Msg::none && message_name(id) == why)
            reason = text(language(), id, {"…"});
    return part_label(detail.substr(0, space)) + " (" + detail.substr(last + 1) + ")" +
           (reason.empty() ? "" : tr<texts::colon>() + reason);
}

class Report {
public:
    Report(const State& state, const Drill& drill)
        : state_(state),
          drill_(drill),
          zone_(state.site.timezone),
          site_(at_time(state.past_sites, state.site, drill.version.time)),
          policy_(policy_at(state, drill.version.time)) {
        for (const auto& snapshot : state.snapshots)
            if (snapshot.commit == drill.commit) snapshot_ = snapshot;
        for (const auto& entry : state.procedure.entries) {
            if (entry.time != drill.version.time || entry.actor != drill.version.actor) continue;
            const auto record = Json::parse(entry.record, nullptr, false);
            if (record.is_object() && record.value("type", "") == "drill" &&
                record.value("id", "") == drill.id)
                record_ = entry.record;
        }
    }

    std::string html() {
        const auto title = tr<texts::report_title>();
        out_ = "<!DOCTYPE html>\n<html lang=\"" + std::string(language() == Lang::fr ? "fr" : "en") +
               "\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
               html_text(title + " " + drill_.id) + "</title>\n<style>" + style +
               "</style>\n</head>\n<body>\n<header>\n<h1>" + html_words(title) + "</h1>\n<p class=\"lead\">" +
               html_text(drill_.id + " · " + site_.client + " · " + site_.site + " · " + policy_.reference) +
               "</p>\n</header>\n<main>\n";
        // On paper nothing else tells it from one that counts.
        if (state_.site.simulated)
            out_ += "<p class=\"alarm\">" + html_words(tr<texts::report_simulated>()) + "</p>\n";
        result();
        identification();
        equipments();
        configuration();
        source();
        checks();
        checklist();
        gaps();
        observations();
        if (!drill_.success) follow_up();
        next();
        signatures();
        identity();
        out_ += "</main>\n</body>\n</html>\n";
        return std::move(out_);
    }

private:
    [[nodiscard]] std::string time(Timestamp at) const { return zone_time(zone_, at); }

    [[nodiscard]] std::string detail(const std::string& id) const {
        for (const auto& check : drill_.checks)
            if (check.value("id", "") == id) return check.value("detail", "");
        return "";
    }

    void heading(const std::string& text) { out_ += "<h2>" + html_words(text) + "</h2>\n"; }
    void open_facts() { out_ += "<table class=\"facts\">\n"; }
    void close_table() { out_ += "</table>\n"; }
    // `value` is HTML.
    void row(const std::string& label, const std::string& value) {
        out_ += "<tr><th scope=\"row\">" + html_words(label) + "</th><td>" +
                (value.empty() ? html_text(tr<texts::not_known>()) : value) + "</td></tr>\n";
    }
    void fact(const std::string& label, const std::string& value) { row(label, html_text(value)); }
    // A value that is a text of ours.
    void told(const std::string& label, const std::string& value) { row(label, html_words(value)); }
    // Left out where there is none.
    void fact_if(const std::string& label, const std::string& value) {
        if (!value.empty()) fact(label, value);
    }

    void result() {
        out_ += "<section class=\"result " + std::string(drill_.success ? "success" : "failure") + "\">" +
                html_words(tr<texts::report_result>() +
                           (drill_.success ? tr<texts::result_success>() : tr<texts::result_failure>())) +
                "<small>" +
                html_words(level_reached() ? tr<texts::report_level>(std::to_string(drill_.level),
                                                                     level_text(drill_.level))
                                           : tr<texts::report_no_level>()) +
                "</small>";
        // Of a test that failed nothing was recovered, in no time.
        if (drill_.success) {
            const auto objective = limit_ms();
            out_ += "<small>" +
                    html_words(tr<texts::report_recovery>(
                        recovery_text(drill_.recovery_ms), recovery_text(objective),
                        drill_.recovery_ms <= objective ? tr<texts::objective_met>()
                                                        : tr<texts::objective_missed>())) +
                    "</small>";
        }
        out_ += "<small>" +
                html_words(rules::is_restore_test(drill_) ? tr<texts::report_satisfies>()
                                                          : tr<texts::report_does_not_satisfy>()) +
                "</small></section>\n";
    }

    // Level 0 is that every file was read and fits.
    [[nodiscard]] bool level_reached() const {
        return drill_.success || drill_.level > 0 ||
               std::any_of(drill_.checks.begin(), drill_.checks.end(), [](const auto& check) {
                   return check.value("id", "") == "files" && check.value("ok", false);
               });
    }

    [[nodiscard]] std::int64_t limit_ms() const {
        return rules::limit_of(policy_, rules::limits::recovery_minutes) * ms_per_minute;
    }

    void identification() {
        heading(tr<texts::head_test>());
        open_facts();
        fact(tr<texts::row_reference>(), drill_.id);
        fact(tr<texts::row_procedure>(), policy_.reference + " (3.1, 3.2, 3.3, 3.4)");
        fact(tr<texts::row_client>(), site_.client);
        fact(tr<texts::row_site>(), site_.site);
        fact(tr<texts::row_contract>(), contract_level(site_.contract));
        fact(tr<texts::row_begun>(), time(drill_.started) + " (" + zone_ + ")");
        fact(tr<texts::row_ended>(), time(drill_.ended) + " (" + zone_ + ")");
        fact(tr<texts::row_operator>(), actor_name(drill_.version.actor));
        fact(tr<texts::row_responsible>(), site_.responsible);
        fact_if(tr<texts::row_deputy>(), site_.deputy);
        fact_if(tr<texts::row_retest_of>(), drill_.retest_of);
        close_table();
    }

    void equipments() {
        heading(tr<texts::head_equipments>());
        out_ += "<table>\n<tr><td></td><th scope=\"col\">" + html_words(tr<texts::col_source>()) +
                "</th><th scope=\"col\">" + html_words(tr<texts::col_target>()) + "</th></tr>\n";
        const auto* target = equipment_at(state_, drill_.target, drill_.version.time);
        const bool applied = !detail("target.stage").empty();
        const auto stage = detail("target.stage");
        const auto pair = [&](const std::string& label, const std::string& from, const std::string& to) {
            const auto none = html_text(tr<texts::not_known>());
            out_ += "<tr><th scope=\"row\">" + html_words(label) + "</th><td>" +
                    (from.empty() ? none : html_text(from)) + "</td><td>" +
                    (to.empty() ? none : html_text(to)) + "</td></tr>\n";
        };
        pair(tr<texts::row_name>(), drill_.equipment, applied ? drill_.target : target_place());
        pair(tr<texts::row_type>(), snapshot_ ? snapshot_->type : "",
             applied && target != nullptr ? target->type : "");
        pair(tr<Msg::field_model>(), snapshot_ ? snapshot_->device_model : "", detail("target.model"));
        pair(tr<texts::row_serial>(), snapshot_ ? snapshot_->serial : "", detail("target.serial"));
        pair(tr<Msg::field_firmware>(), snapshot_ ? snapshot_->firmware : "", detail("target.firmware"));
        if (applied)
            pair(tr<texts::row_stage>(), "",
                 stage == "test" ? tr<texts::stage_test>() : tr<texts::stage_production>(detail("window")));
        close_table();
        open_facts();
        fact_if(tr<texts::row_safety>(), detail("safety"));
        fact_if(tr<texts::row_other_model>(), detail("other_model"));
        fact_if(tr<texts::row_other_firmware>(), detail("other_firmware"));
        close_table();
    }

    [[nodiscard]] std::string target_place() const {
        if (drill_.target.empty()) return tr<texts::target_none>();
        return drill_.target == "memory" ? tr<texts::target_memory>()
                                         : tr<texts::target_folder>(drill_.target);
    }

    void configuration() {
        heading(tr<texts::head_configuration>());
        open_facts();
        row(tr<texts::row_name>(), code(drill_.snapshot));
        row(tr<texts::row_commit>(), code(drill_.commit.hex()));
        if (snapshot_) {
            fact(tr<texts::row_date>(), time(snapshot_->time));
            fact(tr<texts::row_kind>(), kinds_text(*snapshot_));
            told(tr<texts::row_size>(), count_files(snapshot_->files) + ", " + human_bytes(snapshot_->bytes));
            fact_if(tr<texts::row_driver>(), snapshot_->driver);
            fact(tr<texts::row_captured_by>(), snapshot_->author);
            std::string prints;
            for (const auto& [part, print] : snapshot_->fingerprints)
                if (part != "version")
                    prints +=
                        (prints.empty() ? "" : "<br>") + html_text(part_label(part)) + " " + code(print);
            row(tr<texts::row_fingerprints>(), prints);
        }
        close_table();
    }

    void source() {
        heading(tr<texts::head_source>());
        open_facts();
        if (drill_.source.empty()) {
            fact(tr<texts::row_place>(), tr<texts::from_this_copy>());
        } else {
            fact(tr<texts::row_place>(), drill_.source + " (" + role_label(drill_.source_role) + ")");
            const auto* remote = remote_at(drill_.source);
            fact(tr<texts::row_kept>(), remote == nullptr ? "" : remote->place);
            if (remote != nullptr && remote->settings.contains("medium"))
                row(tr<texts::row_medium>(), code(remote->settings.at("medium")));
            told(tr<texts::row_alone>(), tr<texts::read_alone>());
        }
        close_table();
    }

    [[nodiscard]] const journal::Remote* remote_at(const std::string& name) const {
        const journal::Remote* found = nullptr;
        for (const auto& past : state_.past_remotes)
            if (past.name == name && past.version.time <= drill_.version.time) found = &past;
        const auto now = state_.remotes.find(name);
        if (now != state_.remotes.end() &&
            (found == nullptr || now->second.version.time <= drill_.version.time))
            found = &now->second;
        return found;
    }

    void checks() {
        heading(tr<texts::head_checks>());
        out_ += "<table class=\"checks\">\n<tr><th scope=\"col\">" + html_words(tr<texts::col_check>()) +
                "</th><th scope=\"col\">" + html_words(tr<texts::col_outcome>()) + "</th><th scope=\"col\">" +
                html_words(tr<texts::col_detail>()) + "</th><th scope=\"col\">" +
                html_words(tr<texts::col_after>()) + "</th></tr>\n";
        for (const auto& check : drill_.checks) {
            const auto id = check.value("id", "");
            const auto label = check_label(id);
            if (label.empty()) continue;
            const auto after = check.contains("ms") ? recovery_text(check.value("ms", std::int64_t{0})) : "";
            out_ += "<tr><th scope=\"row\">" + html_words(label) + "</th><td>" +
                    html_words(compares_nothing(check)    ? tr<texts::not_known>()
                               : check.value("ok", false) ? tr<texts::outcome_right>()
                                                          : tr<texts::outcome_wrong>()) +
                    "</td><td>" + html_words(check_detail(id, check.value("detail", ""))) + "</td><td>" +
                    html_words(after) + "</td></tr>\n";
        }
        close_table();
        open_facts();
        if (drill_.success) told(tr<texts::row_recovery>(), recovery_text(drill_.recovery_ms));
        told(tr<texts::row_objective>(), recovery_text(limit_ms()));
        close_table();
    }

    void checklist() {
        heading(tr<texts::head_checklist>());
        bool any = false;
        for (const auto& check : drill_.checks) {
            const auto id = check.value("id", "");
            if (!id.starts_with("person.")) continue;
            if (!any) open_facts();
            any = true;
            const auto ok = check.value("ok", false);
            fact(checklist_question(id.substr(std::string("person.").size())),
                 answer_text(check.value("detail", "")) + (ok ? "" : " — " + tr<texts::outcome_wrong>()));
        }
        if (any)
            close_table();
        else
            out_ += "<p>" + html_words(tr<texts::checklist_not_made>()) + "</p>\n";
    }

    void gaps() {
        heading(tr<texts::head_gaps>());
        std::string list;
        for (const auto& check : drill_.checks)
            if (check.value("id", "") == "gap")
                list += "<li>" + html_words(gap_text(check.value("detail", ""))) + "</li>\n";
        if (drill_.level < 2) list += "<li>" + html_words(tr<texts::gap_no_equipment>()) + "</li>\n";
        out_ += list.empty() ? "<p>" + html_words(tr<texts::gaps_none>()) + "</p>\n"
                             : "<ul>\n" + list + "</ul>\n";
    }

    void observations() {
        heading(tr<texts::head_observations>());
        out_ +=
            "<p class=\"free\">" +
            html_lines(drill_.observations.empty() ? tr<texts::drill_nothing_to_say>() : drill_.observations,
                       "\n") +
            "</p>\n";
    }

    // How a failure went on, as far as the journal tells.
    void follow_up() {
        heading(tr<texts::head_failure>());
        open_facts();
        const journal::Anomaly* anomaly = nullptr;
        for (const auto& [id, one] : state_.procedure.anomalies)
            if (one.kind == "drill_failed" && tells_of(one)) anomaly = &one;
        fact(tr<texts::row_anomaly>(), anomaly == nullptr ? tr<texts::anomaly_not_yet>() : anomaly->id);
        fact(tr<texts::row_cause>(), anomaly != nullptr && anomaly->resolved ? anomaly->resolved->message
                                                                             : tr<texts::cause_not_yet>());
        for (const auto& failed : rules::failed_drills(state_, state_.last_time)) {
            if (failed.drill->id != drill_.id) continue;
            row(tr<texts::row_new_snapshot>(), failed.new_snapshot == nullptr
                                                   ? html_words(tr<texts::snapshot_not_yet>())
                                                   : code(failed.new_snapshot->commit.hex()));
            fact(tr<texts::row_retest>(), failed.retest != nullptr
                                              ? failed.retest->id + ", " + time(failed.retest->ended)
                                          : failed.dispensed ? tr<texts::retest_dispensed>()
                                                             : tr<texts::retest_not_yet>());
        }
        close_table();
    }

    [[nodiscard]] bool tells_of(const journal::Anomaly& anomaly) const {
        return anomaly.key.find(drill_.id) != std::string::npos ||
               std::any_of(anomaly.details.begin(), anomaly.details.end(),
                           [&](const auto& one) { return one.second == drill_.id; });
    }

    void next() {
        heading(tr<texts::head_next>());
        const auto plan = rules::next_drill(state_, drill_.version.time);
        out_ += "<p>" +
                html_words(plan ? tr<texts::next_due>(due_date(zone_, plan->due)) : tr<texts::next_none>()) +
                "</p>\n";
    }

    void signatures() {
        heading(tr<texts::head_signatures>());
        const auto record = Json::parse(record_, nullptr, false);
        if (drill_.signature.person.empty() || !record.is_object() || !record.contains("signed")) {
            out_ += "<p>" + html_words(tr<texts::not_signed>()) + "</p>\n";
            return;
        }
        const auto& with = record.at("signed");
        out_ += "<div class=\"signature\"><strong>" + html_text(drill_.signature.person) + "</strong>, " +
                html_text(time(drill_.version.time)) + "<br>" + html_words(tr<texts::signature_key>()) + " " +
                code(with.value("key", "")) + "<br>" + html_words(tr<texts::signature_text>()) + " " +
                code(with.value("signature", "")) + "</div>\n";
    }

    void identity() {
        heading(tr<texts::head_journal>());
        open_facts();
        row(tr<texts::row_repository>(), code(state_.repository.hex()));
        row(tr<texts::row_written_by>(),
            html_text(actor_name(drill_.version.actor)) + "<br>" + code(drill_.version.actor.hex()));
        fact(tr<texts::row_written_at>(), to_rfc3339(drill_.version.time));
        row(tr<texts::row_record_sum>(),
            record_.empty() ? "" : code(crypto::sha256(as_bytes(record_)).hex()));
        close_table();
    }

    [[nodiscard]] std::string actor_name(const ActorId& id) const {
        const auto found = state_.actors.find(id);
        return found == state_.actors.end() ? id.hex() : found->second.name;
    }

    const State& state_;
    const Drill& drill_;
    std::string zone_;
    const journal::Site& site_;
    const journal::Policy& policy_;
    std::optional<journal::Snapshot> snapshot_;
    std::string record_;
    std::string out_;
};

}  // namespace

std::string drill_report(const State& state, const Drill& drill) { return Report(state, drill).html(); }

void write_report(const Context& context, const std::string& path, const std::string& html) {
    const auto [folder_path, name] = split_path(path);
    const auto folder = context.environment.files.open_directory(folder_path);
    if (!folder)
        throw Error(Errc::failed, say<Msg::file_error>(folder_path, tr<Msg::os_not_found>()),
                    say<texts::hint_report_place>());
    std::array<std::uint8_t, 8> random{};
    context.environment.random.fill(random);
    write_file_durably(*folder, ".coffre-partial-" + to_hex(random), *folder, name, as_bytes(html));
}

std::string checklist_question(const std::string& item) {
    if (item == "cameras") return tr<texts::ask_cameras>();
    if (item == "recording") return tr<texts::ask_recording>();
    if (item == "playback") return tr<texts::ask_playback>();
    if (item == "users") return tr<texts::ask_users>();
    if (item == "alarms") return tr<texts::ask_alarms>();
    if (item == "time") return tr<texts::ask_time>();
    return item;
}

}  // namespace coffre::cli
