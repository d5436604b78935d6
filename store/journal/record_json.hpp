#pragma once
// The parts of state as JSON: in the records of batches, and in the state cache. What reads throws
// nlohmann::json::exception or std::invalid_argument.

#include <stdexcept>

#include "store/journal/state.hpp"

namespace coffre::journal {

template <class Id>
Id id_of(const std::string& text) {
    const auto id = Id::parse(text);
    if (!id) throw std::invalid_argument("id");
    return *id;
}

template <class Id>
Id id_of(const Json& value) {
    return id_of<Id>(value.get_ref<const std::string&>());
}

Json to_json(const Site& site);
Site site_from_json(const Json& json);
Json to_json(const Policy& policy);
Policy policy_from_json(const Json& json);
Json to_json(const PublicKeys& keys);
PublicKeys public_keys_from_json(const Json& json);
Equipment equipment_from_json(const Json& json);
Actor actor_from_json(const Json& json);
Slot slot_from_json(const Json& json);
Snapshot snapshot_from_json(const Json& json);
Remote remote_from_json(const Json& json);
Json to_json(const StreamNumbers& numbers);
StreamNumbers stream_numbers_from_json(const Json& json);

// In the state cache what a batch says of itself stands beside the record.
Json with_version(Json json, const Version& version);
Version version_from_json(const Json& json);

}  // namespace coffre::journal
