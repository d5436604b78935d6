#pragma once
// Cameras and encoders of Axis, by their VAPIX interface: the parameter list, accounts, and the export of the
// newer interface (Device Configuration) where the equipment has it.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/recognise.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

DriverInfo axis_driver_info();
// Parameter lists ("root.Brand.Brand=AXIS"), lists of accounts, and the JSON of the export, which the
// equipment's own pages save too.
FileReader axis_reader();

// What its files say, for the driver and its model.
namespace axis {

// The names of its stored files.
inline constexpr const char* device_file = "device-info.json";
inline constexpr const char* parameters_file = "parameters.txt";
inline constexpr const char* users_file = "users.txt";
inline constexpr const char* configuration_file = "configuration.json";

// Without their "root.": "Image.I0.Name" and its value.
using Parameters = std::map<std::string, std::string>;
// Empty: this is no parameter list. A line that is no parameter belongs to the value above it.
std::optional<Parameters> parse_parameters(std::string_view text);
// Those of an export's "param.v2", in which "Image.I0" is an element of "ImageCollection".
Parameters parameters_of(const model::Json& exported);

// Where the model shows a parameter. StreamProfile.S0 goes by its name: numbers are given anew.
struct Place {
    Category part = Category::other;
    std::string key, field;
};
Place place_of(const std::string& name, const Parameters& all);

// What the equipment fills in by itself, given the others: clocks, addresses that it observed, what firmware
// says of itself.
bool is_volatile(const std::string& name, const Parameters& all);
// It is known to refuse to have it written: fixed facts of the hardware, what others give it.
bool is_read_only(const std::string& name);
bool is_secret(const std::string& name);
// "******" in place of a secret: never written back.
bool is_masked(std::string_view value);

// User -> groups (admin, operator, viewer, ptz); empty: this is no such list.
std::optional<std::map<std::string, std::set<std::string>>> parse_users(std::string_view text);

// The interfaces of an export ("time.v2") with their data; malformed where it is none. The envelope that the
// equipment answers with may be there or not.
model::Json exported_interfaces(std::string_view text);
Category category_of_interface(const std::string& name);
void put_interface(const std::string& name, const model::Json& data, Model& model);
// "Image.I0" of parameters as the export nests them: the inverse of parameters_of.
model::Json nested(const Parameters& parameters);

}  // namespace axis

}  // namespace coffre::drivers
