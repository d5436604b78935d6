#pragma once
// What the driver `dahua` knows of the sections of its devices, and how their texts are taken apart.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/equipment/dahua.hpp"
#include "drivers/equipment/device_http.hpp"

namespace coffre::drivers::dahua {

struct Section {
    std::string_view name;
    Category part = Category::other;
    bool required = false;
};

// In the order in which they are restored: the network last.
const std::vector<Section>& sections();
// Of one that is not among them: `other`.
Category part_of(std::string_view section);

// "config/Network.txt".
std::string section_file(std::string_view section);

constexpr std::string_view system_info_file = "system-info.txt";
constexpr std::string_view version_file = "software-version.txt";
constexpr std::string_view users_file = "users.txt";
constexpr std::string_view groups_file = "groups.txt";
constexpr std::string_view backup_file = "configuration.json";

// Key to value: "Network.eth0.MTU" to "1500".
using Values = std::map<std::string, std::string>;

// Lines "table.KEY=value" and "table.All.KEY=value"; a line of another form belongs to the value before it.
// model::Malformed: there is no such line.
Values parse_table(std::string_view text);
// Of a backup in JSON, an RPC answer or what is in it; model::Malformed: it is none.
Values parse_backup(std::string_view text);
// "users[0].Name=x": one map for each number. model::Malformed likewise.
std::vector<Values> parse_list(std::string_view text, std::string_view name);

// "Record" of "Record[0].PreRecord".
std::string_view section_of(std::string_view key);
// What a step changes and an item is: "Record[0]", "RemoteDevice.uuid:…_0", "Network.eth0", "NTP".
std::string object_of(std::string_view key);
// "Password" of "Email.Password", "DnsServers" of "Network.eth0.DnsServers[1]".
std::string_view last_name(std::string_view key);
// The number behind "uuid:System_CONFIG_NETCAMERA_INFO_", or of "RemoteDevice[2]"; empty: neither.
std::optional<int> slot_of(std::string_view object);

bool is_secret(std::string_view key);
bool is_masked(std::string_view value);
// What the device is, not what it is told to be.
bool is_read_only(std::string_view key);

// The answer in place of what was asked for, whatever its HTTP status is.
bool is_error(std::string_view body);

DeviceIdentity identity_of(const std::map<std::string, std::string>& answers);

// All values of a capture: of the sections' files, of its backup those sections that have no file. `clear`:
// secrets that a section masks and the backup tells.
Values stored_values(const FileSource& files, Values& clear);

std::unique_ptr<RestoreJob> prepare(const DriverContext& context, DeviceHttp& http, const FileSource& wanted,
                                    const FileSource& now, const RestoreOptions& options);

void read_captured(const FileSource& files, Model& model);

}  // namespace coffre::drivers::dahua
