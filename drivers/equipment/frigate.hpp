#pragma once
// The driver "frigate": Frigate by its API, on the port that asks for a login (8971). What it takes is the
// configuration file as it is written, the accounts with their roles, and the version.

#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

DriverInfo frigate_driver_info();

}  // namespace coffre::drivers
