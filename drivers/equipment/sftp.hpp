#pragma once
// The driver `sftp`: a folder or a file of a machine that is reached over SSH.

#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

DriverInfo sftp_driver_info();

}  // namespace coffre::drivers
