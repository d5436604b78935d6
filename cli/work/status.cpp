#include "cli/work/status.hpp"

#include <algorithm>

#include "cli/texts/anomaly_texts.hpp"
#include "cli/texts/dashboard_texts.hpp"
#include "cli/work/words.hpp"
#include "store/crypto/primitives.hpp"

namespace coffre::cli {

namespace {

using rules::CheckId;
using rules::Mark;

constexpr std::int64_t minute_ns = 60'000'000'000;

Json time_json(const std::optional<Timestamp>& time) {
    return time ? Json(to_rfc3339(*time)) : Json(nullptr);
}

Json check_json(const rules::Check& check, bool whole) {
    Json json;
    json["check"] = rules::check_name(check.id);
    json["mark"] = rules::mark_name(check.mark);
    json["as_of"] = time_json(check.as_of);
    json["stale"] = check.stale;
    json["dispensed"] = check.dispensed;
    if (!whole) return json;
    json["code"] = check.code;
    json["subject"] = check.subject;
    json["numbers"] = Json::object();
    for (const auto& [name, number] : check.numbers) json["numbers"][name] = number;
    return json;
}

Json kind_json(const rules::KindCount& count) {
    return {{"kept", count.kept}, {"expired", count.expired}, {"partial", count.partial}};
}

Json equipment_json(const rules::EquipmentView& one, bool whole) {
    Json json;
    json["name"] = one.name;
    json["mark"] = rules::mark_name(one.mark);
    json["code"] = one.code;
    json["captured"] = time_json(one.captured);
    json["protected"] = one.is_protected;
    json["dispensed"] = one.dispensed;
    if (!whole) return json;
    json["type"] = one.type;
    json["mode"] = one.mode;
    json["hours"] = one.captured ? Json(one.hours) : Json(nullptr);
    json["snapshot"] = one.snapshot.empty() ? Json(nullptr) : Json(one.snapshot);
    json["commit"] = one.commit ? Json(one.commit->hex()) : Json(nullptr);
    json["next_expiry"] = time_json(one.next_expiry);
    json["last_test"] = time_json(one.last_test);
    json["months"] = Json::array();
    for (std::size_t i = 0; i < one.months.size(); ++i) {
        const auto& month = one.months[i];
        json["months"].push_back({{"month", month.month.text()},
                                  {"expected", month.expected},
                                  {"HEBDO", kind_json(month.hebdo)},
                                  {"MENSUEL", kind_json(month.mensuel)},
                                  {"PRE", kind_json(month.pre)},
                                  {"POST", kind_json(month.post)},
                                  {"bytes", one.bytes[i]}});
    }
    return json;
}

Json lists_json(const rules::SiteOverview& site) {
    Json json;
    json["anomalies"] = Json::array();
    for (const auto& row : site.anomalies)
        json["anomalies"].push_back({{"id", row.id},
                                     {"kind", row.kind},
                                     {"sentence", row.sentence},
                                     {"severity", row.severity},
                                     {"state", row.state},
                                     {"equipment", row.equipment},
                                     {"remote", row.remote},
                                     {"opened", to_rfc3339(row.opened)},
                                     {"due", to_rfc3339(row.due)},
                                     {"late", row.breached}});
    json["undeclared"] = Json::array();
    for (const auto& row : site.undeclared)
        json["undeclared"].push_back({{"equipment", row.equipment},
                                      {"category", row.category},
                                      {"count", row.count},
                                      {"last", to_rfc3339(row.last)}});
    json["expiries"] = Json::array();
    for (const auto& row : site.expiries)
        json["expiries"].push_back(
            {{"equipment", row.equipment}, {"snapshot", row.snapshot}, {"at", to_rfc3339(row.at)}});
    json["dispensations"] = Json::array();
    for (const auto& row : site.dispensations)
        json["dispensations"].push_back({{"id", row.id},
                                         {"kind", row.kind},
                                         {"subject", row.subject},
                                         {"person", row.person},
                                         {"why", row.why},
                                         {"expires", to_rfc3339(row.expires)}});
    json["drills"] = Json::array();
    for (const auto& row : site.drills)
        json["drills"].push_back({{"id", row.id},
                                  {"equipment", row.equipment},
                                  {"source", row.source_role},
                                  {"ended", to_rfc3339(row.ended)},
                                  {"level", row.level},
                                  {"success", row.success},
                                  {"recovery_ms", row.recovery_ms}});
    json["next_drill"] = nullptr;
    if (site.drill_due)
        json["next_drill"] = {{"equipment", site.drill_next},
                              {"source", site.drill_source},
                              {"due", to_rfc3339(*site.drill_due)}};
    json["reviews"] = Json::array();
    for (const auto& row : site.reviews)
        json["reviews"].push_back({{"scope", row.scope},
                                   {"month", row.month},
                                   {"due", to_rfc3339(row.due)},
                                   {"done", row.done},
                                   {"accepted", row.accepted},
                                   {"overdue", row.overdue},
                                   {"person", row.person}});
    return json;
}

std::int64_t number(const rules::Check& check, const char* name) {
    const auto found = check.numbers.find(name);
    return found == check.numbers.end() ? 0 : found->second;
}
bool has(const rules::Check& check, const char* name) { return check.numbers.contains(name); }

std::string hours_text(std::int64_t hours) { return duration_text(hours * 60); }

Message backup_reason(const rules::Check& check) {
    const auto age = hours_text(number(check, "hours"));
    if (check.code == "no-contract") return say<texts::no_contract>();
    if (check.code == "no-equipment") return say<texts::no_equipment>();
    if (check.code == "none") return say<texts::no_backup>(check.subject);
    if (check.code == "late") return say<texts::backup_late>(check.subject, age);
    if (check.code == "undispensed") return say<texts::backup_undispensed>(check.subject);
    if (check.code == "manual") return say<texts::backup_manual>(check.subject);
    if (check.code == "grace") return say<texts::backup_grace>(check.subject, age);
    return say<texts::backup_fresh>(age);
}

Message copy_reason(const rules::Check& check) {
    if (check.code == "no-remote") return say<texts::copy_no_remote>();
    if (check.code == "no-snapshot") return say<texts::copy_no_snapshot>();
    if (check.code == "late") return say<texts::copy_late>(check.subject, hours_text(number(check, "hours")));
    if (check.code == "unencrypted") return say<texts::copy_unencrypted>(check.subject);
    if (check.code == "waiting") return say<texts::copy_waiting>(check.subject);
    return say<texts::copy_verified>();
}

Message integrity_reason(const rules::Check& check) {
    if (check.code == "damaged")
        return check.subject.empty() ? say<texts::integrity_damaged>()
                                     : say<texts::integrity_damaged_at>(check.subject);
    if (check.code == "late") return say<texts::integrity_late>();
    return say<texts::integrity_verified>(days_text(number(check, "days")));
}

Message test_reason(const rules::Check& check) {
    const auto days = number(check, "days");
    if (check.code == "failed") return say<texts::test_failed>(check.subject);
    if (check.code == "overdue") return say<texts::test_overdue>(days_text(-days), check.subject);
    if (check.code == "untested") return say<texts::test_untested>(days_text(days));
    if (check.code == "equipment-overdue") return say<texts::test_equipment>(check.subject);
    return say<texts::test_due>(days_text(days));
}

Message review_reason(const rules::Check& check) {
    const auto count = std::to_string(number(check, "reviews"));
    if (check.code == "overdue")
        return count == "1" ? say<texts::review_overdue>(count) : say<texts::review_overdue_many>(count);
    if (check.code == "refused") return say<texts::review_last_refuses>();
    if (check.code == "due") return say<texts::review_due>(count, days_text(number(check, "days")));
    return say<texts::review_done>(check.subject);
}

Message responsible_reason(const rules::Check& check) {
    if (check.code == "vacant") return say<texts::responsible_vacant>();
    if (check.code == "not-enrolled") return say<texts::responsible_not_enrolled>(check.subject);
    if (check.code == "no-deputy") return say<texts::responsible_no_deputy>(check.subject);
    return say<texts::responsible_named>(check.subject);
}

Message space_reason(const rules::Check& check) {
    const auto percent = std::to_string(number(check, "percent"));
    if (has(check, "days")) return say<texts::space_low_days>(percent, days_text(number(check, "days")));
    return say<texts::space_low>(percent);
}

}  // namespace

rules::SiteOverview site_overview(Session& session, const std::optional<Timestamp>& as_of) {
    const auto now = session.context().environment.clock.now();
    if (!as_of) return rules::overview(session.state(), now);
    const auto& zone = session.state().site.timezone;
    if (now < *as_of)
        throw Error(Errc::usage, say<texts::as_of_future>(zone_time(zone, *as_of)), say<texts::hint_as_of>());
    const auto state = session.repository().state_until(*as_of);
    if (state.batches == 0)
        throw Error(Errc::failed, say<texts::as_of_before>(zone_time(zone, *as_of)), say<Msg::hint_log>());
    return rules::overview(state, *as_of);
}

Json figures_json(const rules::SiteOverview& site) {
    Json json;
    json["client"] = site.client;
    json["site"] = site.site;
    json["mark"] = rules::mark_name(site.mark());
    json["protected"] = site.is_protected;
    json["checks"] = Json::array();
    for (const auto& check : site.checks) json["checks"].push_back(check_json(check, false));
    json["equipments"] = Json::array();
    for (const auto& one : site.equipments) json["equipments"].push_back(equipment_json(one, false));
    json["anomalies_open"] = site.anomalies.size();
    json["anomalies_late"] = site.anomalies_late;
    json["tests_late"] = site.tests_late;
    return json;
}

Json overview_json(const rules::SiteOverview& site) {
    Json json;
    json["client"] = site.client;
    json["site"] = site.site;
    json["repository"] = site.repository;
    json["time"] = to_rfc3339(site.now);
    json["timezone"] = site.timezone;
    json["mark"] = rules::mark_name(site.mark());
    json["protected"] = site.is_protected;
    json["contract"] = {{"level", site.contract},
                        {"from", site.contract_from},
                        {"until", site.contract_until},
                        {"holds", site.contract_holds}};
    json["responsible"] = site.responsible;
    json["deputy"] = site.deputy;
    json["policy"] = {{"reference", site.policy}, {"profile", site.profile}};
    json["journal"] = {{"batches", site.batches}, {"head", site.head}, {"time", to_rfc3339(site.head_time)}};
    json["stale_hours"] = site.stale_hours;
    json["checks"] = Json::array();
    for (const auto& check : site.checks) json["checks"].push_back(check_json(check, true));
    json["equipments"] = Json::array();
    for (const auto& one : site.equipments) json["equipments"].push_back(equipment_json(one, true));
    json["anomalies_open"] = site.anomalies.size();
    json["anomalies_late"] = site.anomalies_late;
    json["tests_late"] = site.tests_late;
    json.update(lists_json(site));
    if (site.simulated) json["simulated"] = true;
    const auto dumped = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    json["sha256"] = crypto::sha256(as_bytes(dumped)).hex();
    return json;
}

std::string check_label(CheckId id) {
    switch (id) {
        case CheckId::backup:
            return tr<texts::check_backup>();
        case CheckId::cloud:
            return tr<texts::check_cloud>();
        case CheckId::physical:
            return tr<texts::check_physical>();
        case CheckId::integrity:
            return tr<texts::check_integrity>();
        case CheckId::restore_test:
            return tr<texts::check_restore_test>();
        case CheckId::review:
            return tr<texts::check_review>();
        case CheckId::responsible:
            return tr<texts::check_responsible>();
        case CheckId::space:
            return tr<texts::check_space>();
        case CheckId::keys:
            break;
    }
    return tr<texts::check_keys>();
}

std::string check_short_label(CheckId id) {
    switch (id) {
        case CheckId::backup:
            return tr<texts::short_backup>();
        case CheckId::cloud:
            return tr<texts::short_cloud>();
        case CheckId::physical:
            return tr<texts::short_physical>();
        case CheckId::restore_test:
            return tr<texts::short_restore_test>();
        case CheckId::review:
            return tr<texts::short_review>();
        case CheckId::responsible:
            return tr<texts::short_responsible>();
        default:
            return check_label(id);
    }
}

std::string mark_label(Mark mark) {
    switch (mark) {
        case Mark::ok:
            return tr<texts::mark_ok>();
        case Mark::watch:
            return tr<texts::mark_watch>();
        case Mark::bad:
            return tr<texts::mark_bad>();
        case Mark::unknown:
            break;
    }
    return tr<texts::mark_unknown>();
}

Colour colour_of(Mark mark) {
    switch (mark) {
        case Mark::ok:
            return Colour::green;
        case Mark::watch:
            return Colour::yellow;
        case Mark::bad:
            return Colour::red;
        case Mark::unknown:
            break;
    }
    return Colour::none;
}

std::string protection_label(bool is_protected, bool stale) {
    if (is_protected) return tr<texts::site_protected>();
    return stale ? tr<texts::mark_stale>() : tr<texts::site_not_protected>();
}

std::string state_label(const rules::Check& check) {
    if (check.mark == Mark::unknown) return mark_label(check.mark);
    if (check.stale) return tr<texts::mark_stale>();
    return check.dispensed ? tr<texts::mark_dispensed>() : mark_label(check.mark);
}

Message reason(const rules::Check& check) {
    if (check.code == "never")
        return check.subject.empty() ? say<texts::never_seen>() : say<texts::never_seen_at>(check.subject);
    if (const auto* kind = texts::find_anomaly_text(check.code); kind != nullptr) {
        const auto title = text(Message{Msg::none, {}, &kind->title});
        return check.subject.empty() ? Message{Msg::none, {}, &kind->title}
                                     : say<texts::about>(check.subject, title);
    }
    switch (check.id) {
        case CheckId::backup:
            return backup_reason(check);
        case CheckId::cloud:
        case CheckId::physical:
            return copy_reason(check);
        case CheckId::integrity:
            return integrity_reason(check);
        case CheckId::restore_test:
            return test_reason(check);
        case CheckId::review:
            return review_reason(check);
        case CheckId::responsible:
            return responsible_reason(check);
        case CheckId::space:
            return space_reason(check);
        case CheckId::keys:
            break;
    }
    if (check.code == "encryption") return say<texts::keys_encryption>();
    const auto ways = std::to_string(number(check, "ways"));
    return ways == "1" ? say<texts::keys_ways>(ways) : say<texts::keys_ways_many>(ways);
}

std::string brief(const rules::Check& check) {
    if (texts::find_anomaly_text(check.code) != nullptr) return "";
    switch (check.id) {
        case CheckId::backup:
            return has(check, "hours") ? hours_text(number(check, "hours")) : "";
        case CheckId::cloud:
        case CheckId::physical:
            return number(check, "waiting") > 0 ? hours_text(number(check, "hours")) : "";
        case CheckId::integrity:
        case CheckId::restore_test:
            return has(check, "days") ? days_text(number(check, "days")) : "";
        case CheckId::review:
            return has(check, "reviews") ? std::to_string(number(check, "reviews")) : "";
        case CheckId::space:
            return has(check, "percent") ? std::to_string(number(check, "percent")) + " %" : "";
        case CheckId::keys:
            return has(check, "ways") ? std::to_string(number(check, "ways")) : "";
        case CheckId::responsible:
            break;
    }
    return "";
}

std::string duration_text(std::int64_t minutes) {
    if (minutes < 120) return tr<texts::for_minutes>(std::to_string(minutes));
    if (minutes < 48 * 60) return tr<texts::for_hours>(std::to_string(minutes / 60));
    return tr<texts::for_days>(std::to_string(minutes / (24 * 60)));
}

std::string days_text(std::int64_t days) {
    constexpr std::int64_t many = 3650;
    return days < many ? tr<texts::for_days>(std::to_string(days)) : tr<texts::for_years>();
}

std::string severity_label(const std::string& severity) {
    if (severity == "critical") return tr<texts::severity_critical>();
    return severity == "major" ? tr<texts::severity_major>() : tr<texts::severity_minor>();
}

std::string anomaly_state_label(const std::string& state) {
    if (state == "acknowledged") return tr<texts::anomaly_acknowledged>();
    return state == "treated" ? tr<texts::anomaly_treated>() : tr<texts::anomaly_open>();
}

std::string category_label(const std::string& category) {
    if (category == "cameras") return tr<texts::category_cameras>();
    if (category == "recording") return tr<texts::category_recording>();
    if (category == "firmware") return tr<texts::category_firmware>();
    return category == "rights" ? tr<texts::category_rights>() : tr<texts::category_other>();
}

std::string contract_label(const std::string& contract) {
    if (contract != "standard" && contract != "renforce") return tr<texts::contract_unknown_level>();
    return tr<texts::contract_of_level>(contract_level(contract));
}

std::string countdown(Timestamp due, Timestamp now) {
    if (now < due) return tr<texts::time_left>(duration_text((due.ns - now.ns) / minute_ns));
    return tr<texts::time_over>(duration_text((now.ns - due.ns) / minute_ns));
}

std::string verdict(Mark mark) {
    switch (mark) {
        case Mark::ok:
            return tr<texts::verdict_ok>();
        case Mark::watch:
            return tr<texts::verdict_watch>();
        case Mark::bad:
            return tr<texts::verdict_bad>();
        case Mark::unknown:
            break;
    }
    return tr<texts::verdict_unknown>();
}

}  // namespace coffre::cli
