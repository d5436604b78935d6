#pragma once
// Cameras and recorders of any make by ONVIF: what the standard's services tell and let be set, and the
// maker's own backup where the equipment offers one.

#include <string>
#include <string_view>

#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/recognise.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

DriverInfo onvif_driver_info();
// Answers of ONVIF services (SOAP).
FileReader onvif_reader();

namespace onvif {

inline constexpr const char* backup_file = "backup.bin";

// The answer in a SOAP envelope ("GetUsersResponse"); a null node where there is none: another document, or a
// fault.
pugi::xml_node response_of(const model::Xml& document);
// An attribute whatever its prefix is; "" where there is none.
std::string attribute(pugi::xml_node node, std::string_view name);

}  // namespace onvif

}  // namespace coffre::drivers
