#pragma once
// What the driver `hikvision` knows of ISAPI: its sections, and what in them is no configuration.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/equipment/device_http.hpp"
#include "drivers/equipment/hikvision.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers::hikvision {

enum class Writing : std::uint8_t {
    none,   // this driver does not write it
    whole,  // PUT of the whole document
    items,  // PUT of each object below the list's path
    adds,   // likewise; POST to the list adds one, DELETE removes one
};

struct Section {
    std::string_view file, path, root;
    Category part = Category::other;
    Writing writing = Writing::none;
    bool required = false;
};

// In the order in which they are restored: the network last.
const std::vector<Section>& sections();
const Section& section_of(std::string_view file);

constexpr std::string_view configuration_path = "/ISAPI/System/configurationData";
constexpr std::string_view configuration_file = "configuration.bin";
constexpr std::string_view device_path = "/ISAPI/System/deviceInfo";
constexpr std::string_view device_file = "device-info.xml";

// Leaves as "a.b.c" and text, empty ones left out: a device tells nothing and "" by turns. Elements that have
// an `id` are named by it ("a[7].b"), so that their order does not matter.
using Leaves = std::map<std::string, std::string>;
Leaves leaves_of(pugi::xml_node node);

// Names of elements, wherever they are.
bool is_read_only(std::string_view name);  // what the device is or counts: never written
bool is_volatile(std::string_view name);   // changes by itself
bool is_secret(std::string_view name);
// "******": in place of a secret.
bool is_masked(std::string_view text);
// "c" of "a.b[7].c".
std::string_view last_name(std::string_view path);

DeviceIdentity identity_of(pugi::xml_node device_info);

// What the device says of a request: 1 of "OK", 7 of "Reboot Required".
struct Status {
    int code = 0;
    std::string sub;
};
// Empty: the document is no ResponseStatus.
std::optional<Status> status_of(std::string_view body);

// What a restore needs of the driver that makes it. Outlives the job.
struct Device {
    const DriverContext& context;
    DeviceHttp& http;
    std::function<void()> await_restart;  // after its restart was asked for
};
std::unique_ptr<RestoreJob> prepare(const Device& device, const FileSource& wanted, const FileSource& now,
                                    const RestoreOptions& options);

// PUT or POST, at most once. Returns the status, or nothing where the connection broke off after the request
// was sent. Error{unreachable} where the device refuses.
std::optional<Status> write(const Device& device, const std::string& method, const std::string& path,
                            ByteView body, const std::string& type, int seconds);

// Whole documents only: Error{failed} for one that is not what the section holds.
std::unique_ptr<model::Xml> stored_section(const FileSource& files, const Section& section);

void read_captured(const FileSource& files, Model& model);

}  // namespace coffre::drivers::hikvision
