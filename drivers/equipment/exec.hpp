#pragma once
// The driver `exec`: what a program of this machine prints, a vendor's export tool for one.

#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

DriverInfo exec_driver_info();

}  // namespace coffre::drivers
