#include <algorithm>
#include <array>
#include <charconv>

#include "drivers/equipment/hikvision_sections.hpp"

namespace coffre::drivers {

namespace hikvision {

const std::vector<Section>& sections() {
    using enum Category;
    using enum Writing;
    static const std::vector<Section> all{
        {device_file, device_path, "DeviceInfo", identity, whole, true},
        {"time.xml", "/ISAPI/System/time", "Time", time, whole, true},
        {"ntp-servers.xml", "/ISAPI/System/time/ntpServers", "NTPServerList", time, items},
        {"holidays.xml", "/ISAPI/System/Holidays", "HolidayList", recording, whole},
        {"channels.xml", "/ISAPI/ContentMgmt/InputProxy/channels", "InputProxyChannelList", cameras, adds},
        {"video-inputs.xml", "/ISAPI/System/Video/inputs/channels", "VideoInputChannelList", cameras, items},
        {"streams.xml", "/ISAPI/Streaming/channels", "StreamingChannelList", cameras, items, true},
        {"record-tracks.xml", "/ISAPI/ContentMgmt/record/tracks", "TrackList", recording, items},
        {"storage.xml", "/ISAPI/ContentMgmt/Storage", "storage", recording},
        {"storage-quota.xml", "/ISAPI/ContentMgmt/Storage/quota", "diskQuotaList", recording},
        {"event-triggers.xml", "/ISAPI/Event/triggers", "EventTriggerList", events, items},
        {"http-hosts.xml", "/ISAPI/Event/notification/httpHosts", "HttpHostNotificationList", events, whole},
        {"users.xml", "/ISAPI/Security/users", "UserList", users, adds, true},
        {"user-permissions.xml", "/ISAPI/Security/UserPermission", "UserPermissionList", users, items},
        {"onvif-users.xml", "/ISAPI/Security/ONVIF/users", "UserList", users},
        {"integrate.xml", "/ISAPI/System/Network/Integrate", "Integrate", network, whole},
        {"admin-accesses.xml", "/ISAPI/Security/adminAccesses", "AdminAccessProtocolList", network, items},
        {"network-interfaces.xml", "/ISAPI/System/Network/interfaces", "NetworkInterfaceList", network, items,
         true},
    };
    return all;
}

const Section& section_of(std::string_view file) {
    return *std::find_if(sections().begin(), sections().end(),
                         [&](const auto& section) { return section.file == file; });
}

const std::vector<Detection>& detections() {
    static const std::vector<Detection> all{
        {"FieldDetection", "/ISAPI/Smart/FieldDetection/"},
        {"LineDetection", "/ISAPI/Smart/LineDetection/"},
        {"RegionEntrance", "/ISAPI/Smart/regionEntrance/"},
        {"RegionExiting", "/ISAPI/Smart/regionExiting/"},
    };
    return all;
}

std::string detection_file(const Detection& detection, const std::string& channel) {
    return "detections/" + std::string(detection.name) + "-" + channel + ".xml";
}

namespace {

template <std::size_t n>
bool one_of(const std::array<std::string_view, n>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

void add_leaves(pugi::xml_node node, const std::string& prefix, Leaves& out) {
    std::map<std::string, int> seen;
    for (const auto below : model::children(node)) {
        auto name = prefix + std::string(model::local_name(below));
        const auto id = model::text_at(below, "id");
        if (!id.empty())
            name += "[" + id + "]";
        else if (const int number = ++seen[name]; number > 1)
            name += "[" + std::to_string(number) + "]";
        if (!model::children(below).empty())
            add_leaves(below, name + ".", out);
        else if (const auto text = model::trimmed(below.text().get()); !text.empty())
            out[name] = std::string(text);
    }
}

}  // namespace

Leaves leaves_of(pugi::xml_node node) {
    Leaves out;
    add_leaves(node, "", out);
    return out;
}

std::string_view last_name(std::string_view path) {
    // Identifiers in brackets may hold dots.
    if (path.ends_with(']')) path = path.substr(0, path.rfind('['));
    const auto dot = path.rfind('.');
    return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

bool is_read_only(std::string_view name) {
    static constexpr std::array<std::string_view, 24> names{
        "model",           "serialNumber",
        "firmwareVersion", "firmwareReleasedDate",
        "encoderVersion",  "encoderReleasedDate",
        "deviceID",        "deviceType",
        "macAddress",      "MACAddress",
        "hardwareVersion", "manufacturer",
        "devIndex",        "capacity",
        "hddType",         "inherent",
        "bootVersion",     "bootReleasedDate",
        "resDesc",         "StreamHint",
        "subSerialNumber", "deviceDescription",
        "deviceStatus",    "systemContact",
    };
    return one_of(names, name);
}

bool is_volatile(std::string_view name) {
    static constexpr std::array<std::string_view, 10> names{
        "localTime",      "freeSpace",        "status",     "usedVideoQuota", "usedPictureQuota",
        "freeVideoQuota", "freePictureQuota", "StreamHint", "online",         "chanDetectResult",
    };
    return one_of(names, name);
}

bool is_secret(std::string_view name) {
    const auto low = model::lower(name);
    return low.find("password") != std::string::npos || low.find("passwd") != std::string::npos ||
           low == "srclogin" || low.find("community") != std::string::npos ||
           low.find("secretkey") != std::string::npos || low == "token" || low == "accesskey" ||
           low == "sharedkey" || low == "wpakey" || low == "encryptionkey" || low == "verificationcode";
}

bool is_masked(std::string_view text) {
    return !text.empty() && text.find_first_not_of('*') == std::string_view::npos;
}

DeviceIdentity identity_of(pugi::xml_node device_info) {
    DeviceIdentity identity;
    identity.manufacturer = model::text_at(device_info, "manufacturer");
    identity.model = model::text_at(device_info, "model");
    identity.serial = model::text_at(device_info, "serialNumber");
    identity.firmware = model::text_at(device_info, "firmwareVersion");
    if (const auto build = model::text_at(device_info, "firmwareReleasedDate"); !build.empty())
        identity.firmware += " " + build;
    identity.name = model::text_at(device_info, "deviceName");
    return identity;
}

std::optional<Status> status_of(std::string_view body) {
    try {
        const model::Xml xml(body);
        if (model::local_name(xml.root()) != "ResponseStatus") return std::nullopt;
        Status status;
        const auto code = model::text_at(xml.root(), "statusCode");
        std::from_chars(code.data(), code.data() + code.size(), status.code);
        status.sub = model::text_at(xml.root(), "subStatusCode");
        if (status.sub.empty()) status.sub = model::text_at(xml.root(), "statusString");
        return status;
    } catch (const model::Malformed&) {
        return std::nullopt;
    }
}

namespace {

using pugi::xml_node;

// Where a leaf goes in the model; an empty field: nowhere.
struct Rule {
    std::string_view path, field;
    bool is_volatile = false;
};
using Rules = std::vector<Rule>;

// "rtsp://user:word@host/x" without what opens it.
std::string without_login(const std::string& url, std::string& login) {
    const auto mark = url.find("://");
    if (mark == std::string::npos) return url;
    const auto end = url.find_first_of("/?#", mark + 3);
    const auto at = url.rfind('@', end);
    if (at == std::string::npos || at < mark + 3) return url;
    login = url.substr(mark + 3, at - mark - 3);
    return url.substr(0, mark + 3) + url.substr(at + 1);
}

void put_field(Item& item, const std::string& field, const std::string& name, const std::string& text,
               bool is_volatile_field) {
    if (is_secret(name)) {
        item.set_secret(field, text);
        return;
    }
    std::string login;
    const auto clean = without_login(text, login);
    if (!login.empty()) item.set_secret(field + "_login", login);
    if (is_volatile_field)
        item.set_volatile(field, clean);
    else
        item.set(field, clean);
}

// All leaves of `node`, those of `rules` under the names that hold for every make.
void put_fields(Item& item, xml_node node, const Rules& rules, const std::string& prefix = "") {
    for (const auto& [path, text] : leaves_of(node)) {
        const auto rule = std::find_if(rules.begin(), rules.end(), [&](const auto& each) {
            return each.path == path || (each.path.ends_with('.') && path.starts_with(each.path));
        });
        const auto name = std::string(last_name(path));
        if (rule == rules.end())
            put_field(item, prefix + path, name, text, is_volatile(name));
        else if (!rule->field.empty())
            put_field(item, std::string(rule->field), name, text, rule->is_volatile);
    }
}

std::string key_of(xml_node node, std::string_view prefix = "") {
    return std::string(prefix) + model::text_at(node, "id");
}

void read_device(xml_node root, Model& model) {
    auto& device = model.device();
    const auto identity = identity_of(root);
    device.label = identity.name;
    put_fields(device, root,
               {{"deviceName", "name"},
                {"macAddress", "mac"},
                {"serialNumber", "serial"},
                {"hardwareVersion", "hardware"},
                {"firmwareVersion", ""},
                {"firmwareReleasedDate", ""},
                // They come with the firmware, which is told.
                {"encoderVersion", "encoder", true},
                {"encoderReleasedDate", "encoder_date", true},
                {"bootVersion", "boot", true},
                {"bootReleasedDate", "boot_date", true}});
    device.set("firmware", identity.firmware);
}

void read_channel(xml_node node, Model& model) {
    auto& item = model.item(Category::cameras, key_of(node));
    item.label = model::text_at(node, "name");
    put_fields(item, node,
               {{"id", ""},
                {"devIndex", "device_index", true},
                {"sourceInputPortDescriptor.proxyProtocol", "protocol"},
                {"sourceInputPortDescriptor.ipAddress", "address"},
                {"sourceInputPortDescriptor.hostName", "address"},
                {"sourceInputPortDescriptor.managePortNo", "port"},
                {"sourceInputPortDescriptor.userName", "user"},
                {"sourceInputPortDescriptor.password", "password"},
                {"sourceInputPortDescriptor.model", "model"},
                // What the recorder mirrors of its camera.
                {"sourceInputPortDescriptor.serialNumber", "serial", true},
                {"sourceInputPortDescriptor.firmwareVersion", "firmware", true},
                {"sourceInputPortDescriptor.deviceID", "device_id", true},
                {"sourceInputPortDescriptor.srcInputPort", "source_input"},
                {"sourceInputPortDescriptor.streamType", "stream_type"},
                {"sourceInputPortDescriptor.addressingFormatType", "addressing"}});
}

void read_video_input(xml_node node, Model& model) {
    auto& item = model.item(Category::cameras, key_of(node, "input-"));
    item.label = model::text_at(node, "name");
    put_fields(item, node, {{"id", ""}, {"videoInputEnabled", "enabled"}, {"resDesc", "signal", true}});
}

// "2500" of a hundred pictures in 100 seconds.
std::string pictures_a_second(const std::string& hundredfold) {
    int value = 0;
    const auto* const end = hundredfold.data() + hundredfold.size();
    if (std::from_chars(hundredfold.data(), end, value).ptr != end || hundredfold.empty() || value < 0)
        return hundredfold;
    auto text = std::to_string(value / 100);
    if (const int rest = value % 100; rest != 0) {
        text += "." + std::to_string(rest / 10);
        if (rest % 10 != 0) text += std::to_string(rest % 10);
    }
    return text;
}

void read_stream(xml_node node, Model& model) {
    auto& item = model.item(Category::cameras, key_of(node, "stream-"));
    item.label = model::text_at(node, "channelName");
    put_fields(item, node,
               {{"id", ""},
                {"channelName", "name"},
                {"Video.videoCodecType", "codec"},
                {"Video.videoResolutionWidth", ""},
                {"Video.videoResolutionHeight", ""},
                {"Video.maxFrameRate", ""},
                {"Video.fixedQuality", "quality"},
                {"Video.vbrUpperCap", "bitrate"},
                {"Video.constantBitRate", "bitrate"}});
    const auto video = model::child(node, "Video");
    if (const auto width = model::text_at(video, "videoResolutionWidth"); !width.empty())
        item.set("resolution", width + "x" + model::text_at(video, "videoResolutionHeight"));
    if (const auto rate = model::text_at(video, "maxFrameRate"); !rate.empty())
        item.set("frame_rate", pictures_a_second(rate));
    // Both are there on some devices: the one that counts.
    if (const auto constant = model::text_at(video, "constantBitRate");
        !constant.empty() && model::text_at(video, "videoQualityControlType") == "CBR")
        item.set("bitrate", constant);
}

int day_number(const std::string& day) {
    static constexpr std::array<std::string_view, 7> days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                          "Friday", "Saturday", "Sunday"};
    return static_cast<int>(std::find(days.begin(), days.end(), day) - days.begin());
}

// "Monday 00:00:00 - Tuesday 00:00:00 CMR; …": the week in its order, whatever order the device tells it in.
std::string schedule_text(const std::vector<xml_node>& blocks) {
    std::vector<std::pair<std::string, std::string>> actions;
    for (const auto block : blocks) {
        for (const auto action : model::children(block, "ScheduleAction")) {
            const auto start = model::text_at(action, "ScheduleActionStartTime/DayOfWeek");
            const auto start_time = model::text_at(action, "ScheduleActionStartTime/TimeOfDay");
            const auto end = model::text_at(action, "ScheduleActionEndTime/DayOfWeek");
            auto text = start + " " + start_time + " - ";
            if (end != start) text += end + " ";
            text += model::text_at(action, "ScheduleActionEndTime/TimeOfDay") + " ";
            text += model::text_at(action, "Actions/ActionRecordingMode");
            if (model::text_at(action, "Actions/Record") == "false") text += " off";
            for (const auto& [path, value] : leaves_of(action))
                if (value != "false" && value != "nothing" && path != "id" && path != "Actions.Record" &&
                    path != "Actions.ActionRecordingMode" && path != "ScheduleDSTEnable" &&
                    path.find("Time.") == std::string::npos)
                    text += " " + path + "=" + value;
            actions.emplace_back(std::to_string(day_number(start)) + start_time, text);
        }
    }
    std::sort(actions.begin(), actions.end());
    std::string out;
    for (const auto& [order, text] : actions) out += (out.empty() ? "" : "; ") + text;
    return out;
}

void read_track(xml_node node, Model& model) {
    auto& item = model.item(Category::recording, key_of(node));
    const auto extension = model::child(model::child(node, "CustomExtensionList"), "CustomExtension");
    put_fields(item, node,
               {{"id", ""},
                {"Enable", "enabled"},
                {"Channel", "channel"},
                {"DefaultRecordingMode", "mode"},
                {"Duration", "retention"},
                {"durationEnabled", "retention_enabled"},
                {"LoopEnable", "loop"},
                // Codec and bit rate of the stream, in words.
                {"Description", "description", true},
                {"SrcDescriptor.SrcUrl", "stream"},
                {"SrcDescriptor.SrcLogin", "stream_password"},
                {"TrackSchedule.", ""},
                {"CustomExtensionList.CustomExtension.enableSchedule", "schedule_enabled"},
                {"CustomExtensionList.CustomExtension.SaveAudio", "audio"},
                {"CustomExtensionList.CustomExtension.PreRecordTimeSeconds", "pre_record"},
                {"CustomExtensionList.CustomExtension.PostRecordTimeSeconds", "post_record"},
                {"CustomExtensionList.CustomExtension.HolidaySchedule.", ""},
                {"CustomExtensionList.CustomExtension.CustomExtensionName", "extension"}});
    const auto blocks = model::children(
        model::child(model::child(node, "TrackSchedule"), "ScheduleBlockList"), "ScheduleBlock");
    item.set("schedule", schedule_text(blocks));
    const auto holidays = model::children(model::child(extension, "HolidaySchedule"), "ScheduleBlock");
    if (const auto text = schedule_text(holidays); !text.empty()) item.set("holiday_schedule", text);
}

void read_storage(xml_node root, Model& model) {
    auto& whole = model.item(Category::recording, "storage");
    for (const auto below : model::children(root)) {
        const auto list = std::string(model::local_name(below));
        if (!list.ends_with("List")) {
            if (const auto text = model::trimmed(below.text().get()); !text.empty())
                whole.set(list, std::string(text));
            continue;
        }
        for (const auto disk : model::children(below)) {
            auto& item = model.item(Category::recording, key_of(disk, list.substr(0, list.size() - 4) + "-"));
            item.label = model::text_at(disk, "hddName");
            put_fields(item, disk, {{"id", ""}, {"hddName", "name"}, {"ipAddress", "address"}});
        }
    }
}

void read_quota(xml_node node, Model& model) {
    put_fields(model.item(Category::recording, key_of(node, "quota-")), node, {{"id", ""}});
}

void read_holiday(xml_node node, Model& model) {
    auto& item = model.item(Category::recording, key_of(node, "holiday-"));
    item.label = model::text_at(node, "holidayName");
    put_fields(item, node, {{"id", ""}, {"holidayName", "name"}});
}

// Rights tell a user by number, accounts by name: whichever file comes first.
Item& user_numbered(Model& model, const std::string& id) {
    for (auto& [key, item] : model.items())
        if (key.first == Category::users && item.value("id") == id && !key.second.starts_with("onvif:"))
            return item;
    return model.item(Category::users, "id:" + id);
}

void read_user(xml_node node, Model& model) {
    const auto name = model::text_at(node, "userName");
    // Accounts of ONVIF are others, and have a type in place of a level.
    if (model::child(node, "userType") && !model::child(node, "userLevel")) {
        auto& item = model.item(Category::users, "onvif:" + name);
        item.label = name;
        put_fields(item, node, {{"id", "id", true}, {"userName", "name"}, {"userType", "level"}});
        return;
    }
    const auto id = model::text_at(node, "id");
    auto& item = model.item(Category::users, name);
    item.label = name;
    put_fields(item, node, {{"id", "id", true}, {"userName", "name"}, {"userLevel", "level"}});
    const auto early = model.items().find({Category::users, "id:" + id});
    if (early == model.items().end()) return;
    item.fields.merge(early->second.fields);
    model.items().erase(early);
}

void read_permission(xml_node node, Model& model) {
    auto id = model::text_at(node, "userID");
    if (id.empty()) id = model::text_at(node, "userId");
    if (id.empty()) id = model::text_at(node, "id");
    auto& item = user_numbered(model, id);
    item.set_volatile("id", id);
    for (const auto below : model::children(node)) {
        const std::string name(model::local_name(below));
        if (name == "id" || name == "userID" || name == "userId") continue;
        if (model::children(below).empty()) {
            if (const auto text = model::trimmed(below.text().get()); !text.empty())
                item.set("rights." + name, std::string(text));
        } else {
            const auto short_name = name == "remotePermission"  ? std::string("remote")
                                    : name == "localPermission" ? std::string("local")
                                                                : name;
            put_fields(item, below, {}, "rights." + short_name + ".");
        }
    }
}

void read_access(xml_node node, Model& model) {
    auto& item = model.item(Category::network, key_of(node, "access-"));
    item.label = model::text_at(node, "protocol");
    put_fields(item, node, {{"id", ""}, {"portNo", "port"}});
}

void read_time(xml_node root, Model& model) {
    put_fields(model.item(Category::time, "clock"), root,
               {{"timeMode", "mode"}, {"timeZone", "zone"}, {"localTime", "now", true}});
}

void read_ntp(xml_node node, Model& model) {
    put_fields(model.item(Category::time, key_of(node, "ntp-")), node,
               {{"id", ""},
                {"hostName", "address"},
                {"ipAddress", "address"},
                {"portNo", "port"},
                {"synchronizeInterval", "interval"},
                {"addressingFormatType", "addressing"}});
}

void read_interface(xml_node node, Model& model) {
    auto& item = model.item(Category::network, key_of(node));
    put_fields(item, node,
               {{"id", ""},
                {"IPAddress.ipAddress", "address"},
                {"IPAddress.subnetMask", "mask"},
                {"IPAddress.addressingType", ""},
                {"IPAddress.DefaultGateway.ipAddress", "gateway"},
                {"IPAddress.PrimaryDNS.ipAddress", "dns"},
                {"IPAddress.SecondaryDNS.ipAddress", "dns2"},
                {"Link.MACAddress", "mac", true},  // the device's own: told with its identity
                {"Link.MTU", "mtu"}});
    if (const auto type = model::text_at(node, "IPAddress/addressingType"); !type.empty())
        item.set("dhcp", type == "dynamic" ? "true" : "false");
}

void read_integrate(xml_node root, Model& model) {
    put_fields(model.item(Category::network, "integrate"), root, {});
}

void read_trigger(xml_node node, Model& model) {
    put_fields(model.item(Category::events, key_of(node)), node, {{"id", ""}, {"eventType", "type"}});
}

void read_host(xml_node node, Model& model) {
    put_fields(model.item(Category::events, key_of(node, "host-")), node,
               {{"id", ""},
                {"ipAddress", "address"},
                {"hostName", "address"},
                {"portNo", "port"},
                {"protocolType", "protocol"},
                {"url", "path"},
                {"userName", "user"},
                {"addressingFormatType", "addressing"}});
}

// One detection of one channel: FieldDetection 3.
void read_detection(xml_node root, Model& model) {
    put_fields(model.item(Category::events, key_of(root, std::string(model::local_name(root)) + "-")), root,
               {{"id", ""}});
}

// A state, a session: nothing of it is configuration.
void read_nothing(xml_node, Model&) {}

struct Root {
    std::string_view name;
    // What each child of that name is read by; "" for the root itself.
    std::string_view item;
    void (*read)(xml_node, Model&);
};

const std::vector<Root>& roots() {
    static const std::vector<Root> all{
        {"DeviceInfo", "", read_device},
        {"InputProxyChannelList", "InputProxyChannel", read_channel},
        {"InputProxyChannel", "", read_channel},
        {"VideoInputChannelList", "VideoInputChannel", read_video_input},
        {"VideoInputChannel", "", read_video_input},
        {"StreamingChannelList", "StreamingChannel", read_stream},
        {"StreamingChannel", "", read_stream},
        {"TrackList", "Track", read_track},
        {"Track", "", read_track},
        {"storage", "", read_storage},
        {"diskQuotaList", "diskQuota", read_quota},
        {"HolidayList", "holiday", read_holiday},
        {"UserList", "User", read_user},
        {"UserPermissionList", "UserPermission", read_permission},
        {"PermissionList", "Permission", read_permission},
        {"AdminAccessProtocolList", "AdminAccessProtocol", read_access},
        {"Time", "", read_time},
        {"NTPServerList", "NTPServer", read_ntp},
        {"NetworkInterfaceList", "NetworkInterface", read_interface},
        {"NetworkInterface", "", read_interface},
        {"Integrate", "", read_integrate},
        {"EventTriggerList", "EventTrigger", read_trigger},
        {"EventTrigger", "", read_trigger},
        {"HttpHostNotificationList", "HttpHostNotification", read_host},
        {"FieldDetection", "", read_detection},
        {"LineDetection", "", read_detection},
        {"RegionEntrance", "", read_detection},
        {"RegionExiting", "", read_detection},
        {"SceneChangeDetection", "", read_detection},
        {"DeviceStatus", "", read_nothing},
        {"InputProxyChannelStatusList", "", read_nothing},
        {"InputProxyChannelStatus", "", read_nothing},
        {"SessionLoginCap", "", read_nothing},
    };
    return all;
}

void read_root(xml_node root, Model& model) {
    const auto name = model::local_name(root);
    for (const auto& each : roots()) {
        if (each.name != name) continue;
        if (each.item.empty()) {
            each.read(root, model);
        } else {
            for (const auto below : model::children(root, each.item)) each.read(below, model);
        }
        return;
    }
    throw model::Malformed{"ISAPI"};
}

// The text from its root element on; empty: it does not begin as XML does.
std::string_view from_root(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (true) {
        text = model::trimmed(text);
        std::string_view end;
        if (text.starts_with("<?"))
            end = "?>";
        else if (text.starts_with("<!--"))
            end = "-->";
        else
            break;
        const auto found = text.find(end);
        if (found == std::string_view::npos) return {};
        text.remove_prefix(found + end.size());
    }
    return text.starts_with('<') ? text : std::string_view();
}

bool recognises(const std::string&, std::string_view content) {
    const auto text = from_root(content);
    if (text.empty()) return false;
    const auto tag = text.substr(0, text.find('>'));
    auto name = tag.substr(1, tag.find_first_of(" \t\r\n/") - 1);
    if (const auto colon = name.find(':'); colon != std::string_view::npos) name.remove_prefix(colon + 1);
    static constexpr std::array<std::string_view, 5> spaces{
        "hikvision.com/ver", "isapi.org/ver", "std-cgi.com/ver", "urn:psialliance-org", "psialliance.org"};
    return std::any_of(roots().begin(), roots().end(), [&](const auto& root) { return root.name == name; }) &&
           std::any_of(spaces.begin(), spaces.end(),
                       [&](auto space) { return tag.find(space) != std::string_view::npos; });
}

void read_file(const std::string&, std::string_view content, Model& model) {
    const model::Xml xml(content);
    read_root(xml.root(), model);
}

}  // namespace

void read_captured(const FileSource& files, Model& model) {
    // All into one model, because rights tell their account by a number that another file explains.
    for (const auto& file : files.files()) {
        if (file.bytes > model_file_max) continue;
        const auto content = files.read(file.path, model_file_max);
        if (!content || !recognises(file.path, as_text(*content))) continue;
        Model tried = model;
        try {
            read_file(file.path, as_text(*content), tried);
        } catch (const model::Malformed&) {
            continue;  // compared as a file
        }
        tried.explains(file.path);
        model = std::move(tried);
    }
    // It is sealed anew at each export: where the sections tell what it holds, its bytes are no news.
    const bool told = std::all_of(sections().begin(), sections().end(), [&](const auto& section) {
        return !section.required || model.explained(std::string(section.file));
    });
    if (told) model.explains(std::string(configuration_file));
    // What is recorded of a channel bears its name: track 101 is of channel 1.
    for (auto& [key, item] : model.items())
        if (key.first == Category::recording && key.second.size() > 2 && item.label.empty())
            if (const auto* camera =
                    model.find(Category::cameras, key.second.substr(0, key.second.size() - 2)))
                item.label = camera->label;
}

}  // namespace hikvision

FileReader hikvision_reader() { return {"hikvision-xml", hikvision::recognises, hikvision::read_file}; }

}  // namespace coffre::drivers
