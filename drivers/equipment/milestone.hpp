#pragma once
// The driver "milestone": Milestone XProtect by its API Gateway, as a basic user. What it takes is the
// answers of the configuration resources, one file for each; what it writes is single members of single
// objects.

#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

DriverInfo milestone_driver_info();

}  // namespace coffre::drivers
