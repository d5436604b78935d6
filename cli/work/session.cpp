#include "cli/work/session.hpp"

#include "cli/work/places.hpp"
#include "store/rules/copies.hpp"
#include "store/rules/retention_texts.hpp"

namespace coffre::cli {

Session::Session(const Context& context, bool tolerate_damage)
    : context_(context), store_(context.open_store()) {
    repo::Repository::Options options;
    options.folders = context.local_folders();
    options.actor_name = context.actor_name();
    options.tolerate_damage = tolerate_damage || context.settings.despite_damage;
    repository_ =
        std::make_unique<repo::Repository>(*store_, context.environment, context.credentials(), options);
    if (remote::is_url(context.repository_path()))
        check_not_set_back(context, context.repository_path(), *store_, *repository_);
    if (repository_->site().simulated) note(context.settings.quiet, tr<Msg::simulated_banner>());
    for (const auto& warning : repository_->warnings()) warn(text(warning));
    if (!context.quiet() && repository_->journal_damage().empty() && state().ways_in().size() < 2)
        context.parting_words.push_back(tr<Msg::one_way_in>() + " — " + tr<Msg::hint_one_way_in>());
    if (!tolerate_damage)
        for (const auto& damage : repository_->journal_damage())
            warn(tr<Msg::journal_damaged>(damage.path, text(damage.what)));
    if (context.settings.verbose > 0)
        note(false, tr<Msg::verbose_opened>(store_->location(), repository_->id().hex().substr(0, 16),
                                            std::to_string(state().snapshots.size()),
                                            std::to_string(state().batches)));
}

int Session::status() const {
    return repository_->journal_damage().empty() ? 0 : static_cast<int>(Errc::damaged);
}

Json Listing::json(const journal::Snapshot& snapshot) const {
    Json json;
    json["name"] = name(snapshot);
    json["commit"] = snapshot.commit.hex();
    json["equipment"] = snapshot.equipment;
    json["type"] = snapshot.type;
    json["kinds"] = snapshot.kinds;
    json["time"] = to_rfc3339(snapshot.time);
    json["files"] = snapshot.files;
    json["bytes"] = snapshot.bytes;
    json["added_bytes"] = snapshot.added_bytes;
    json["changed"] = snapshot.changed;
    json["complete"] = snapshot.complete;
    const auto expires = retention_.expires_at(snapshot);
    json["expires_at"] = expires ? Json(to_rfc3339(*expires)) : Json(nullptr);
    json["expired"] = snapshot.expired.has_value();
    json["recorded_at"] = to_rfc3339(snapshot.recorded_at);
    json["dated_by"] = snapshot.dated_by_operator ? "operator" : "clock";
    json["locations"] = Json::array();
    for (const auto& [remote, at] : rules::locations(state_, snapshot))
        json["locations"].push_back(
            {{"remote", remote->name}, {"role", remote->role}, {"state", rules::copy_state_name(at)}});
    json["protected"] = rules::is_protected(state_, snapshot);
    return json;
}

std::string Listing::time(const journal::Snapshot& snapshot) const {
    return zone_time(rules::zone_of(state_.site, snapshot), snapshot.time);
}

std::string Listing::term(const journal::Snapshot& snapshot) const {
    if (snapshot.expired) return tr<Msg::expired_at>(zone_time(state_.site.timezone, *snapshot.expired));
    switch (retention_.floor(snapshot)) {
        case rules::Retention::Floor::held:
            return tr<Msg::keep_held>(state_.holds.at(snapshot.commit).version.message);
        case rules::Retention::Floor::last_complete:
            return tr<Msg::kept_by_floor>();
        case rules::Retention::Floor::last_by_clock:
            return tr<Msg::keep_last_by_clock>(snapshot.equipment);
        case rules::Retention::Floor::drilled:
            return tr<texts::keep_drilled>(snapshot.equipment);
        case rules::Retention::Floor::in_anomaly:
            return tr<texts::keep_in_anomaly>();
        case rules::Retention::Floor::none:
            break;
    }
    return to_rfc3339(*retention_.expires_at(snapshot));
}

std::string Listing::copies(const journal::Snapshot& snapshot) const {
    std::string words;
    if (snapshot.expired) return words;
    for (const auto& [remote, at] : rules::locations(state_, snapshot))
        words += (words.empty() ? "" : " ") + remote->name + "=" + std::string(rules::copy_state_name(at));
    if (!words.empty() && rules::is_protected(state_, snapshot))
        words += " " + coloured(Colour::green, tr<Msg::protected_mark>());
    return words;
}

std::string Listing::actor(const ActorId& id) const {
    const auto found = state_.actors.find(id);
    return found == state_.actors.end() ? id.hex().substr(0, 16) : found->second.name;
}

Json Listing::version(const std::optional<journal::Version>& version) const {
    if (!version) return nullptr;
    return {
        {"time", to_rfc3339(version->time)}, {"by", actor(version->actor)}, {"message", version->message}};
}

void check_kept(const journal::State& state, const rules::NameBook& names,
                const journal::Snapshot& snapshot) {
    if (!snapshot.expired) return;
    const auto distance = [&](const journal::Snapshot& other) {
        return other.time < snapshot.time ? snapshot.time.ns - other.time.ns
                                          : other.time.ns - snapshot.time.ns;
    };
    const journal::Snapshot* nearest = nullptr;
    for (const auto* other : rules::newest_first(state))
        if (other->equipment == snapshot.equipment && !other->expired &&
            (nearest == nullptr || distance(*other) < distance(*nearest)))
            nearest = other;
    const auto name = names.name(snapshot);
    const auto date = zone_time(state.site.timezone, *snapshot.expired);
    throw Error(Errc::failed,
                nearest == nullptr ? say<Msg::snapshot_expired_alone>(name, date, snapshot.equipment)
                                   : say<Msg::snapshot_expired>(name, date, names.name(*nearest)),
                say<Msg::hint_log>());
}

std::string kinds_text(const journal::Snapshot& snapshot) {
    std::string text;
    for (const auto& kind : snapshot.kinds) text += (text.empty() ? "" : "+") + kind;
    return text;
}

void check_reason(const std::string& option, const std::string& text) {
    if (!is_utf8(text) || text.find('\0') != std::string::npos)
        throw Error(Errc::usage, say<Msg::not_text>(option), say<Msg::hint_help>());
    if (text.find_first_not_of(" \t\r\n") == std::string::npos)
        throw Error(Errc::usage, say<Msg::usage_required>(option), say<Msg::hint_help>());
}

void check_equipment_known(const journal::State& state, const std::string& name) {
    if (!state.equipment.contains(name))
        throw Error(Errc::failed, say<Msg::equipment_not_there>(name), say<Msg::hint_equipment_list>());
}

}  // namespace coffre::cli
