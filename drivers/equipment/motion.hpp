#pragma once
// motion (4.x): its parameters and those of its cameras, by the text interface of its web control.

#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

DriverInfo motion_driver_info();

}  // namespace coffre::drivers
