#pragma once
// ZoneMinder's database, by the database's own tools: what its web API does not tell, and what it does not
// let be written. The password reaches them by a file in memory alone.

#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

// database-socket or database-host, database-name, database-user, database-ca-file; secret:
// database-password.
std::vector<DriverSetting> zoneminder_database_settings();

class ZoneMinderDatabase {
public:
    // Error{usage} for settings that do not go together, Error{refused} for a way in clear text.
    explicit ZoneMinderDatabase(const DriverContext& context);

    // A way to it is set.
    [[nodiscard]] bool is_set() const { return !place_.empty(); }
    // The rows of the tables that hold configuration, as one text of INSERTs. Error{unreachable}.
    std::string dump();
    // Executes statements, all in one session; the first that fails ends it. Error{unreachable}.
    void execute(const std::string& statements);

private:
    struct Run;
    std::string run(const Run& run);

    const DriverContext& context_;
    std::string place_;  // the socket or the host
    std::string name_, user_;
};

}  // namespace coffre::drivers
