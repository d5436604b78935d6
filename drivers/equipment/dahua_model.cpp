#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "drivers/equipment/dahua_sections.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace dahua {

const std::vector<Section>& sections() {
    using enum Category;
    static const std::vector<Section> all{
        {"General", identity, true},
        {"Locales", time},
        {"NTP", time},
        {"RemoteDevice", cameras},
        {"ChannelTitle", cameras},
        {"Encode", cameras},
        {"VideoInOptions", cameras},
        {"VideoColor", cameras},
        {"VideoWidget", cameras},
        {"VideoStandard", cameras},
        {"Ptz", cameras},
        {"StorageGroup", recording},
        {"RecordStoragePoint", recording},
        {"Record", recording},
        {"RecordMode", recording},
        {"MediaGlobal", recording},
        {"NAS", recording},
        {"MotionDetect", events},
        {"BlindDetect", events},
        {"LossDetect", events},
        {"VideoAnalyseRule", events},
        {"Alarm", events},
        {"AlarmServer", events},
        {"StorageNotExist", events},
        {"StorageFailure", events},
        {"StorageLowSpace", events},
        {"Email", events},
        {"FTP", events},
        {"UserGlobal", users},
        {"AutoMaintain", other},
        {"SNMP", network},
        {"DDNS", network},
        {"UPnP", network},
        {"T2UServer", network},
        {"Multicast", network},
        {"RTSP", network},
        {"Web", network},
        {"Https", network},
        {"WLan", network},
        {"AccessPoint", network},
        {"Network", network, true},
    };
    return all;
}

Category part_of(std::string_view section) {
    const auto found = std::find_if(sections().begin(), sections().end(),
                                    [&](const auto& each) { return each.name == section; });
    return found == sections().end() ? Category::other : found->part;
}

std::string section_file(std::string_view section) { return "config/" + std::string(section) + ".txt"; }

namespace {

constexpr std::string_view table = "table.";
constexpr std::string_view camera_slot = "uuid:System_CONFIG_NETCAMERA_INFO_";

template <class Fn>
void for_lines(std::string_view text, Fn&& fn) {
    if (text.size() > model::text_size_max) throw model::Malformed{"name=value"};
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        fn(line);
    }
}

// Lines that begin with `prefix`; others continue the value before them.
std::vector<std::pair<std::string, std::string>> parse_lines(std::string_view text, std::string_view prefix) {
    std::vector<std::pair<std::string, std::string>> out;
    for_lines(text, [&](std::string_view line) {
        const auto sign = line.find('=');
        if (line.starts_with(prefix) && sign != std::string_view::npos)
            out.emplace_back(line.substr(prefix.size(), sign - prefix.size()), line.substr(sign + 1));
        else if (!model::trimmed(line).empty()) {
            if (out.empty()) throw model::Malformed{"name=value"};
            out.back().second += "\n" + std::string(line);
        }
    });
    if (out.empty()) throw model::Malformed{"name=value"};
    return out;
}

std::optional<int> number_in(std::string_view text) {
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

}  // namespace

Values parse_table(std::string_view text) {
    Values values;
    for (auto& [key, value] : parse_lines(text, table)) {
        if (key.starts_with("All.")) key.erase(0, 4);
        values.insert_or_assign(std::move(key), std::move(value));
    }
    return values;
}

Values parse_backup(std::string_view text) {
    auto json = model::parse_json(text);
    for (const auto* wrap : {"params", "table", "All"})
        if (json.is_object() && json.contains(wrap) && json[wrap].is_object()) {
            auto inner = std::move(json[wrap]);
            json = std::move(inner);
        }
    if (!json.is_object()) throw model::Malformed{"JSON"};
    Values values;
    for (auto& [key, value] : model::leaves(json)) values.insert_or_assign(std::move(key), std::move(value));
    return values;
}

std::vector<Values> parse_list(std::string_view text, std::string_view name) {
    std::map<int, Values> found;
    for (auto& [key, value] : parse_lines(text, std::string(name) + "[")) {
        const auto end = key.find(']');
        const auto number = number_in(key.substr(0, end));
        if (end == std::string::npos || !number || key.size() < end + 2 || key[end + 1] != '.')
            throw model::Malformed{"name=value"};
        found[*number].insert_or_assign(key.substr(end + 2), std::move(value));
    }
    std::vector<Values> out;
    for (auto& [number, values] : found) out.push_back(std::move(values));
    return out;
}

std::string_view section_of(std::string_view key) { return key.substr(0, key.find_first_of(".[")); }

std::string object_of(std::string_view key) {
    const auto section = section_of(key);
    const auto rest = key.substr(section.size());
    if (rest.starts_with('[')) return std::string(key.substr(0, key.find(']') + 1));
    // Sections that are maps of objects of their own.
    if ((section == "RemoteDevice" || section == "Network" || section == "WLan") && rest.starts_with('.')) {
        const auto end = rest.find_first_of(".[", 1);
        if (end != std::string_view::npos) return std::string(key.substr(0, section.size() + end));
    }
    return std::string(section);
}

std::string_view last_name(std::string_view key) {
    while (key.ends_with(']')) key = key.substr(0, key.rfind('['));
    const auto dot = key.rfind('.');
    return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

std::optional<int> slot_of(std::string_view object) {
    if (const auto mark = object.find(camera_slot); mark != std::string_view::npos)
        return number_in(object.substr(mark + camera_slot.size()));
    if (object.ends_with(']')) {
        const auto open = object.rfind('[');
        return number_in(object.substr(open + 1, object.size() - open - 2));
    }
    return std::nullopt;
}

bool is_secret(std::string_view key) {
    const auto name = model::lower(last_name(key));
    for (const auto* word :
         {"password", "passwd", "pwd", "passphrase", "psk", "secret", "community", "token"})
        if (name.find(word) != std::string::npos) return true;
    // WLan.eth2.Keys[0], AuthKey, PrivKey, EncryptKey: keys, and no switch that is called KeyEnable.
    return name == "key" || name == "keys" || name.ends_with("authkey") || name.ends_with("privkey") ||
           name.ends_with("encryptkey") || name.ends_with("privatekey");
}

bool is_masked(std::string_view value) {
    return !value.empty() && value.find_first_not_of('*') == std::string_view::npos;
}

bool is_read_only(std::string_view key) {
    const auto name = last_name(key);
    if (name == "PhysicalAddress") return true;
    return section_of(key) == "RemoteDevice" &&
           (name == "SerialNo" || name == "Version" || name == "Mac" || name == "DeviceType");
}

bool is_error(std::string_view body) {
    const auto text = model::trimmed(body.substr(0, 200));
    return text.empty() || text.starts_with("Error") || text.starts_with("<") ||
           text.starts_with("Authority");
}

namespace {

std::string answer_of(const std::map<std::string, std::string>& answers, std::string_view file,
                      std::string_view name) {
    const auto found = answers.find(std::string(file));
    if (found == answers.end()) return {};
    std::string out;
    for_lines(found->second, [&](std::string_view line) {
        if (line.starts_with(name) && line.substr(name.size()).starts_with('='))
            out = std::string(model::trimmed(line.substr(name.size() + 1)));
    });
    return out;
}

}  // namespace

DeviceIdentity identity_of(const std::map<std::string, std::string>& answers) {
    const auto value = [&](std::string_view file, std::string_view name) {
        return answer_of(answers, file, name);
    };
    DeviceIdentity identity;
    identity.manufacturer = value("vendor.txt", "vendor");
    identity.serial = value(system_info_file, "serialNumber");
    identity.model = value("device-type.txt", "type");
    if (identity.model.empty()) identity.model = value(system_info_file, "updateSerial");
    if (identity.model.empty()) identity.model = value(system_info_file, "deviceType");
    identity.firmware = value(version_file, "version");
    identity.name = value("machine-name.txt", "name");
    return identity;
}

namespace {

// Names that hold for every make, by the whole key below the object, or by the end of a long one.
struct Name {
    std::string_view section, key, field;
    bool is_volatile = false;
};
constexpr std::array<Name, 40> names{{
    {"General", "MachineName", "name"},
    {"RemoteDevice", "Address", "address"},
    {"RemoteDevice", "Port", "port"},
    {"RemoteDevice", "HttpPort", "http_port"},
    {"RemoteDevice", "UserName", "user"},
    {"RemoteDevice", "Password", "password"},
    {"RemoteDevice", "ProtocolType", "protocol"},
    {"RemoteDevice", "Enable", "enabled"},
    {"RemoteDevice", "Mac", "mac"},
    {"RemoteDevice", "Vendor", "vendor"},
    {"RemoteDevice", "DeviceType", "model"},
    {"RemoteDevice", "Name", "device_name"},
    // What the recorder mirrors of its camera.
    {"RemoteDevice", "SerialNo", "serial", true},
    {"RemoteDevice", "Version", "firmware", true},
    {"ChannelTitle", "Name", "name"},
    {"Encode", "MainFormat[0].Video.Compression", "codec"},
    {"Encode", "MainFormat[0].Video.resolution", "resolution"},
    {"Encode", "MainFormat[0].Video.FPS", "frame_rate"},
    {"Encode", "MainFormat[0].Video.BitRate", "bitrate"},
    {"Encode", "MainFormat[0].Video.Quality", "quality"},
    {"Record", "PreRecord", "pre_record"},
    {"Record", "Stream", "stream"},
    {"RecordMode", "Mode", "mode"},
    {"StorageGroup", "FileHoldTime", "retention"},
    {"StorageGroup", "Name", "name"},
    {"StorageGroup", "OverWrite", "loop"},
    {"Network", "IPAddress", "address"},
    {"Network", "SubnetMask", "mask"},
    {"Network", "DefaultGateway", "gateway"},
    {"Network", "DhcpEnable", "dhcp"},
    {"Network", "DnsServers[0]", "dns"},
    {"Network", "DnsServers[1]", "dns2"},
    {"Network", "MTU", "mtu"},
    {"Network", "PhysicalAddress", "mac", true},  // the device's own: told with its identity
    {"Network", "Hostname", "hostname"},
    {"NTP", "Enable", "enabled"},
    {"NTP", "Address", "address"},
    {"NTP", "Port", "port"},
    {"NTP", "TimeZone", "zone"},
    {"Locales", "DSTEnable", "dst"},
}};

// Sections whose list is that of the channels, and whose fields are a camera's or its recording's.
bool is_of_channel(std::string_view section) {
    static constexpr std::array<std::string_view, 10> all{
        "RemoteDevice", "ChannelTitle", "Encode", "VideoInOptions",     "VideoColor",
        "VideoWidget",  "Record",       "Ptz",    "RecordStoragePoint", "RecordMode"};
    return std::find(all.begin(), all.end(), section) != all.end();
}

std::string item_key(std::string_view section, const std::string& object) {
    const auto slot = slot_of(object);
    // People and screens count channels from 1.
    if (is_of_channel(section) && slot) return std::to_string(*slot + 1);
    if (section == "RemoteDevice") return object.substr(std::min(object.size(), section.size() + 1));
    if (section == "Network") return object == section ? "host" : object.substr(section.size() + 1);
    if (slot) return std::string(section) + "-" + std::to_string(*slot + 1);
    return section == "NTP" ? "ntp" : section == "Locales" ? "locales" : object;
}

void put(Item& item, std::string_view section, const std::string& rest, const std::string& value) {
    const auto known = std::find_if(names.begin(), names.end(), [&](const auto& name) {
        return name.section == section && name.key == rest;
    });
    // Sections that make up one item together keep their names apart.
    std::string field = known != names.end()     ? std::string(known->field)
                        : is_of_channel(section) ? std::string(section) + "." + rest
                                                 : rest;
    if (field.ends_with('.')) field.pop_back();
    if (is_secret(rest))
        item.set_secret(field, value);
    else if (known != names.end() && known->is_volatile)
        item.set_volatile(field, value);
    else
        item.set(field, value);
}

// Weeks are told in whole: "1: 7 00:00:00-23:59:59; 2: …", without the sections of a day that record nothing.
class Schedules {
public:
    // Takes "TimeSection[1][0]"; false: it is something else.
    bool take(const std::string& object, const std::string& rest, const std::string& value) {
        constexpr std::string_view name = "TimeSection[";
        if (!rest.starts_with(name)) return false;
        const auto day = rest.substr(name.size(), rest.find(']') - name.size());
        auto& week = weeks_[object];
        if (!value.starts_with("0 ")) week[day] += (week[day].empty() ? day + ": " : ", ") + value;
        return true;
    }
    void put(Model& model) const {
        for (const auto& [object, week] : weeks_) {
            std::string text;
            for (const auto& [day, sections] : week) text += (text.empty() ? "" : "; ") + sections;
            const auto section = section_of(object);
            model.item(part_of(section), item_key(section, object)).set("schedule", text);
        }
    }

private:
    std::map<std::string, std::map<std::string, std::string>> weeks_;
};

// A slot without a camera: no camera.
std::set<std::string> unused_slots(const Values& values) {
    std::set<std::string> unused;
    for (const auto& [key, value] : values) {
        if (section_of(key) != "RemoteDevice" || last_name(key) != "Address") continue;
        const auto object = object_of(key);
        const auto enabled = values.find(object + ".Enable");
        if (key == object + ".Address" && (value == "192.168.0.0" || value.empty() || value == "0.0.0.0") &&
            (enabled == values.end() || enabled->second != "true"))
            unused.insert(object);
    }
    return unused;
}

void read_values(const Values& values, Model& model) {
    const auto unused = unused_slots(values);
    Schedules schedules;
    for (const auto& [key, value] : values) {
        const auto section = section_of(key);
        const auto object = object_of(key);
        if (unused.contains(object)) continue;
        auto rest = key.substr(std::min(key.size(), object.size() + (key[object.size()] == '.' ? 1 : 0)));
        if (section == "Record" && schedules.take(object, rest, value)) continue;
        if (section == "General") {
            auto& device = model.device();
            put(device, section, rest, value);
            if (rest == "MachineName") device.label = value;
            continue;
        }
        auto& item = model.item(part_of(section), item_key(section, object));
        put(item, section, rest, value);
        if (rest == "Name" && (section == "ChannelTitle" || section == "StorageGroup" || section == "Alarm"))
            item.label = value;
        if (section == "Network" && rest == "PhysicalAddress" && model.device_field("mac").empty())
            model.device().set("mac", value);
    }
    schedules.put(model);
}

void read_account(const Values& account, const std::string& prefix, Model& model) {
    const auto name = account.find("Name");
    if (name == account.end()) throw model::Malformed{"name=value"};
    auto& item = model.item(Category::users, prefix + name->second);
    item.label = name->second;
    std::vector<std::string> rights;
    for (const auto& [field, value] : account) {
        if (field.starts_with("AuthorityList["))
            rights.push_back(value);
        else if (is_secret(field))
            item.set_secret("password", value);
        else if (field == "Id" || field.find("Time") != std::string::npos)
            item.set_volatile(field, value);
        else if (field == "Name")
            item.set("name", value);
        else if (field == "Group")
            item.set("groups", value);
        else
            item.set(model::lower(field), value);
    }
    std::sort(rights.begin(), rights.end());
    std::string text;
    for (const auto& right : rights) text += (text.empty() ? "" : " ") + right;
    item.set("rights", text);
}

bool is_list(std::string_view content, std::string_view name) {
    return content.starts_with(name) && content.substr(name.size()).starts_with('[') &&
           content.substr(0, content.find('\n')).find("].") != std::string_view::npos;
}

// The backup of another kind of equipment is JSON too: these names beside each other are none but theirs.
bool is_backup(std::string_view content) {
    if (!model::trimmed(content.substr(0, 64)).starts_with('{')) return false;
    int seen = 0;
    for (const auto* name :
         {"\"MachineName\"", "\"ChannelTitle\"", "\"Encode\"", "\"VideoInOptions\"", "\"DefaultInterface\"",
          "\"AutoMaintain\"", "\"RemoteDevice\"", "\"VideoWidget\""})
        seen += content.find(name) != std::string_view::npos ? 1 : 0;
    return seen >= 3;
}

// From the first line on that says something: whoever saved an answer may have put '#' lines before it.
std::string_view without_remarks(std::string_view content) {
    for (;;) {
        content.remove_prefix(std::min(content.size(), content.find_first_not_of(" \t\r\n")));
        if (!content.starts_with('#')) return content;
        content.remove_prefix(std::min(content.size(), content.find('\n')));
    }
}

bool recognises(const std::string&, std::string_view content) {
    const auto text = without_remarks(content);
    if (text.starts_with(table)) {
        const auto line = text.substr(0, text.find('\n'));
        return line.find('=') != std::string_view::npos;
    }
    return is_list(text, "users") || is_list(text, "group") || is_backup(text);
}

void read_file(const std::string&, std::string_view content, Model& model) {
    const auto text = without_remarks(content);
    if (text.starts_with(table)) {
        read_values(parse_table(text), model);
    } else if (text.starts_with('{')) {
        read_values(parse_backup(text), model);
    } else {
        const bool users = text.starts_with("users");
        for (const auto& account : parse_list(text, users ? "users" : "group"))
            read_account(account, users ? "" : "group:", model);
    }
}

}  // namespace

Values stored_values(const FileSource& files, Values& clear) {
    Values values;
    for (const auto& section : sections()) {
        const auto content = files.read(section_file(section.name), model::text_size_max);
        if (!content) continue;
        try {
            values.merge(parse_table(as_text(*content)));
        } catch (const model::Malformed&) {  // as if it were not there
        }
    }
    const auto backup = files.read(std::string(backup_file), model::text_size_max);
    if (!backup) return values;
    try {
        std::set<std::string, std::less<>> told;
        for (const auto& [key, value] : values) told.insert(std::string(section_of(key)));
        for (auto& [key, value] : parse_backup(as_text(*backup))) {
            if (is_secret(key) && !value.empty() && !is_masked(value)) clear[key] = value;
            if (!told.contains(section_of(key))) values.insert_or_assign(key, value);
        }
    } catch (const model::Malformed&) {  // likewise
    }
    return values;
}

namespace {

// Sections that have no file of their own are told by the backup.
void read_backup(std::string_view text, const std::set<std::string, std::less<>>& told, Model& model) {
    try {
        auto values = parse_backup(text);
        std::erase_if(values, [&](const auto& value) { return told.contains(section_of(value.first)); });
        read_values(values, model);
        model.explains(std::string(backup_file));
    } catch (const model::Malformed&) {  // compared as a file
    }
}

}  // namespace

void read_captured(const FileSource& files, Model& model) {
    std::map<std::string, std::string> answers;
    std::set<std::string, std::less<>> told;
    const auto reader = dahua_reader();
    for (const auto& file : files.files()) {
        if (file.path == backup_file || file.bytes > model_file_max) continue;
        const auto content = files.read(file.path, model_file_max);
        if (!content) continue;
        const auto text = as_text(*content);
        try {
            if (reader.recognises(file.path, text)) {
                Model tried = model;
                reader.read(file.path, text, tried);
                model = std::move(tried);
                if (text.starts_with(table)) told.insert(std::string(section_of(text.substr(table.size()))));
                model.explains(file.path);
            } else if (file.path.find('/') == std::string::npos && file.path.ends_with(".txt")) {
                answers[file.path] = std::string(text);
                model.explains(file.path);
            }
        } catch (const model::Malformed&) {  // compared as a file
        }
    }
    const auto identity = identity_of(answers);
    auto& device = model.device();
    for (const auto& [field, value] :
         {std::pair("manufacturer", identity.manufacturer), std::pair("model", identity.model),
          std::pair("serial", identity.serial), std::pair("firmware", identity.firmware)})
        if (!value.empty()) device.set(field, value);
    if (const auto hardware = answer_of(answers, "hardware-version.txt", "version"); !hardware.empty())
        device.set("hardware", hardware);
    if (const auto backup = files.read(std::string(backup_file), model_file_max))
        read_backup(as_text(*backup), told, model);
    // What is recorded of a channel bears its name.
    for (auto& [key, item] : model.items())
        if (const auto* camera = model.find(Category::cameras, key.second);
            key.first == Category::recording && camera != nullptr)
            item.label = camera->label;
}

}  // namespace dahua

FileReader dahua_reader() { return {"dahua-config", dahua::recognises, dahua::read_file}; }

}  // namespace coffre::drivers
