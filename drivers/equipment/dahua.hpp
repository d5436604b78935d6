#pragma once
// Recorders and cameras that speak the CGI of Dahua, and of those who sell its devices under their name: the
// configuration as text, one file a section, accounts and groups, and the device's backup where it has one.

#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/recognise.hpp"

namespace coffre::drivers {

DriverInfo dahua_driver_info();

// Lines "table.Section…=value", lists of accounts and of groups, and the backup in JSON, whatever the file is
// called.
FileReader dahua_reader();

}  // namespace coffre::drivers
