#pragma once
// The driver `sql`: a PostgreSQL or MariaDB database, by the database's own dump and its own client.

#include <optional>
#include <string>
#include <string_view>

#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

DriverInfo sql_driver_info();

// What pg_dump of newer versions wraps a dump in against a hostile server ("\restrict" and a random word, new
// each time) is left out; the restore wraps it anew. Empty: the dump does not end as a whole one does.
std::optional<std::string> without_restrict(std::string_view dump);

}  // namespace coffre::drivers
