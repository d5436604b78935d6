#pragma once
// Back into a ZoneMinder: row by row by its API, or, where there is a way to its database and both are of one
// version, all rows at once in one transaction of the database.

#include "drivers/equipment/zoneminder_api.hpp"
#include "drivers/equipment/zoneminder_database.hpp"

namespace coffre::drivers {

// They live as long as the job.
struct ZoneMinderTarget {
    const DriverContext& context;
    ZoneMinderApi& api;
    ZoneMinderDatabase& database;
};

std::unique_ptr<RestoreJob> prepare_zoneminder_restore(const ZoneMinderTarget& target,
                                                       const FileSource& wanted, const FileSource& now,
                                                       const RestoreOptions& options);

}  // namespace coffre::drivers
