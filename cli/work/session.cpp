#include "cli/work/session.hpp"

namespace coffre::cli {

Session::Session(const Context& context, bool tolerate_damage)
    : context_(context), store_(context.open_store()) {
    repo::Repository::Options options;
    options.folders = context.local_folders();
    options.actor_name = context.actor_name();
    options.tolerate_damage = tolerate_damage || context.settings.despite_damage;
    repository_ =
        std::make_unique<repo::Repository>(*store_, context.environment, context.credentials(), options);
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
    json["expired"] = false;
    json["recorded_at"] = to_rfc3339(snapshot.recorded_at);
    json["dated_by"] = snapshot.dated_by_operator ? "operator" : "clock";
    json["locations"] = Json::array();
    return json;
}

std::string Listing::time(const journal::Snapshot& snapshot) const {
    return zone_time(rules::zone_of(state_.site, snapshot), snapshot.time);
}

std::string Listing::actor(const ActorId& id) const {
    const auto found = state_.actors.find(id);
    return found == state_.actors.end() ? id.hex().substr(0, 16) : found->second.name;
}

std::string kinds_text(const journal::Snapshot& snapshot) {
    std::string text;
    for (const auto& kind : snapshot.kinds) text += (text.empty() ? "" : "+") + kind;
    return text;
}

void check_equipment_known(const journal::State& state, const std::string& name) {
    if (!state.equipment.contains(name))
        throw Error(Errc::failed, say<Msg::equipment_not_there>(name), say<Msg::hint_equipment_list>());
}

}  // namespace coffre::cli
