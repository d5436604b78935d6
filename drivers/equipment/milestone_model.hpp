#pragma once
// What the configuration resources of XProtect's API Gateway say: {"array":[…]}, or {"data":{…}} for one.
// Pure.

#include <string>

#include "base/equipment_model.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

// What sort its items are, by what they say of themselves ("cameras"); "" where they do not.
std::string milestone_resource(const model::Json& answer);

// `resource` is the sort of items that do not say it themselves. model::Malformed: it is no such answer.
void read_milestone(const std::string& resource, const model::Json& answer, Model& model);

// Members that change by themselves, or that the server keeps for itself.
bool is_milestone_volatile(const std::string& member);

// The answer of /api/.well-known/uris.
void read_milestone_uris(const model::Json& uris, Model& model);

// The category and key of an item of that resource; the key is "" for what makes no item of its own.
std::pair<Category, std::string> milestone_item(const std::string& resource, const model::Json& object);

// What a change of that member of such an object is a change of.
Category milestone_category(const std::string& resource, const std::string& member);
// The id of what it belongs to; "".
std::string milestone_parent(const model::Json& object);

}  // namespace coffre::drivers
