#pragma once
// What Frigate's configuration file and its API's answers say. Pure.

#include <functional>

#include "base/equipment_model.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

// Cameras with their inputs: what a file of that name would say is a configuration of Frigate.
bool is_frigate(const model::Json& yaml);

// config.yml
void read_frigate(const model::Json& yaml, Model& model);
// `now` with the parts of `wanted` that belong to a category in `parts`; the rest stays. A camera that only
// one of both has comes or goes with the category cameras.
model::Json merged_frigate(const model::Json& wanted, const model::Json& now,
                           const std::function<bool(Category)>& parts);
// The answer of /api/users: accounts live in its database, not in the file.
void read_frigate_users(const model::Json& users, Model& model);

}  // namespace coffre::drivers
