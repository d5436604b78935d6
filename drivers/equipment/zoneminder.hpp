#pragma once
// ZoneMinder: cameras, recording, accounts and settings by its web API, the rest by its database.

#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

DriverInfo zoneminder_driver_info();

}  // namespace coffre::drivers
