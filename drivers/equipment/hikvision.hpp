#pragma once
// Recorders and cameras that speak ISAPI, of Hikvision and of those who sell its devices under their name:
// the configuration as XML, one file a section, and the device's own sealed export where it has one.

#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/recognise.hpp"

namespace coffre::drivers {

DriverInfo hikvision_driver_info();

// A section of ISAPI by its root element and name space, whatever the file is called.
FileReader hikvision_reader();

}  // namespace coffre::drivers
