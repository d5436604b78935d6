#pragma once
// What Frigate's configuration file and its API's answers say. Pure.

#include "base/equipment_model.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

// Cameras with their inputs: what a file of that name would say is a configuration of Frigate.
bool is_frigate(const model::Json& yaml);

// config.yml
void read_frigate(const model::Json& yaml, Model& model);
// The answer of /api/users: accounts live in its database, not in the file.
void read_frigate_users(const model::Json& users, Model& model);

}  // namespace coffre::drivers
