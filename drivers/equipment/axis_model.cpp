#include <algorithm>
#include <array>

#include "drivers/equipment/axis.hpp"
#include "drivers/equipment/url_credentials.hpp"

namespace coffre::drivers {

namespace axis {

namespace {

using model::Json;

std::vector<std::string> parts_of(const std::string& name) {
    std::vector<std::string> parts{""};
    for (const char c : name)
        if (c == '.')
            parts.emplace_back();
        else
            parts.back() += c;
    return parts;
}

// "I0", "S12": one of a group that can be longer or shorter.
bool is_instance(std::string_view part) {
    return part.size() > 1 && part[0] >= 'A' && part[0] <= 'Z' &&
           part.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

const std::string& value_of(const Parameters& all, const std::string& name) {
    static const std::string none;
    const auto found = all.find(name);
    return found == all.end() ? none : found->second;
}

template <std::size_t Count>
bool is_one_of(std::string_view text, const std::array<std::string_view, Count>& list) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

Category category_of_group(std::string_view group) {
    constexpr std::array<std::string_view, 5> cameras{"Image", "ImageSource", "StreamProfile", "PTZ",
                                                      "GuardTour"};
    constexpr std::array<std::string_view, 2> recording{"Recording", "Storage"};
    // System holds the web server's ports and who may log in how.
    constexpr std::array<std::string_view, 9> network{
        "Network", "HTTPS", "SNMP", "SOCKS", "RemoteService", "System", "SSH", "MQTT", "WebService"};
    constexpr std::array<std::string_view, 9> events{"Event",  "Events", "Motion", "Tampering",   "Input",
                                                     "Output", "IOPort", "Alarm",  "EventServers"};
    if (is_one_of(group, cameras)) return Category::cameras;
    if (is_one_of(group, recording)) return Category::recording;
    if (is_one_of(group, network)) return Category::network;
    if (is_one_of(group, events)) return Category::events;
    return group == "Time" ? Category::time : Category::other;
}

// The words that hold for every make, where a parameter is just that.
std::string neutral_field(const std::string& group, const std::string& field) {
    static const std::map<std::string, std::map<std::string, std::string>> words{
        {"Image",
         {{"Name", "name"},
          {"Enabled", "enabled"},
          {"Appearance.Resolution", "resolution"},
          {"Appearance.Compression", "quality"},
          {"Stream.FPS", "frame_rate"},
          {"RateControl.MaxBitrate", "bitrate"}}},
        {"ImageSource", {{"Name", "name"}}},
        {"StreamProfile", {{"Name", "name"}}},
        {"Storage", {{"CleanupMaxAge", "retention"}, {"FriendlyName", "name"}}},
        {"Network",
         {{"HostName", "hostname"},
          {"IPAddress", "address"},
          {"SubnetMask", "mask"},
          {"DefaultRouter", "gateway"},
          {"DNSServer1", "dns"},
          {"BootProto", "dhcp"},
          {"MTU", "mtu"}}},
        {"Time", {{"SyncSource", "mode"}, {"POSIXTimeZone", "zone"}, {"NTP.Server", "ntp"}}},
    };
    const auto found = words.find(group);
    if (found == words.end()) return field;
    const auto word = found->second.find(field);
    return word == found->second.end() ? field : word->second;
}

bool obtains_resolver(const Parameters& all) {
    return value_of(all, "Network.Resolver.ObtainFromDHCP") == "yes" ||
           (!all.contains("Network.Resolver.ObtainFromDHCP") && value_of(all, "Network.BootProto") == "dhcp");
}

void add_nested(const Json& json, const std::string& prefix, Parameters& out) {
    if (!json.is_object()) return;
    constexpr std::string_view suffix = "Collection";
    for (const auto& [name, value] : json.items()) {
        const auto path = prefix.empty() ? name : prefix + "." + name;
        if (value.is_object()) {
            add_nested(value, path, out);
        } else if (value.is_array() && name.ends_with(suffix)) {
            const auto group = path.substr(0, path.size() - suffix.size());
            for (const auto& element : value) {
                const auto id = model::text_of(element, "groupId");
                if (!id.empty()) add_nested(element, group + "." + id, out);
            }
        } else if (!value.is_structured() && name != "groupId") {
            out[path] = model::text_of(json, name);
        }
    }
}

}  // namespace

std::optional<Parameters> parse_parameters(std::string_view text) {
    if (text.size() > model::text_size_max) return std::nullopt;
    Parameters parameters;
    std::string* last = nullptr;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        auto line = text.substr(at, end - at);
        at = end + 1;
        if (line.ends_with('\r')) line.remove_suffix(1);
        const auto equals = line.find('=');
        const auto name = line.substr(0, equals);
        if (line.starts_with("root.") && equals != std::string_view::npos &&
            name.find_first_of(" \t") == std::string_view::npos && name.size() > 5) {
            last = &parameters[std::string(name.substr(5))];
            *last = line.substr(equals + 1);
        } else if (model::trimmed(line).empty() || line.starts_with('#')) {
            continue;  // a group that this account may not read, say
        } else if (last == nullptr) {
            return std::nullopt;
        } else {
            *last += '\n';
            *last += line;
        }
    }
    if (parameters.empty()) return std::nullopt;
    return parameters;
}

Parameters parameters_of(const Json& exported) {
    Parameters parameters;
    add_nested(exported, "", parameters);
    return parameters;
}

Json nested(const Parameters& parameters) {
    auto root = Json::object();
    for (const auto& [name, value] : parameters) {
        auto parts = parts_of(name);
        const auto last = parts.back();
        parts.pop_back();
        Json* at = &root;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i + 1 == parts.size() || !is_instance(parts[i + 1])) {
                at = &(*at)[parts[i]];
                if (!at->is_object()) *at = Json::object();
                continue;
            }
            auto& list = (*at)[parts[i] + "Collection"];
            if (!list.is_array()) list = Json::array();
            const auto& id = parts[++i];
            auto found = std::find_if(list.begin(), list.end(), [&](const Json& element) {
                return model::text_of(element, "groupId") == id;
            });
            if (found == list.end()) {
                list.push_back({{"groupId", id}});
                found = list.end() - 1;
            }
            at = &*found;
        }
        (*at)[last] = value;
    }
    return root;
}

Place place_of(const std::string& name, const Parameters& all) {
    const auto parts = parts_of(name);
    Place place;
    place.part = category_of_group(parts[0]);
    place.key = parts[0];
    std::size_t used = 1;
    const bool deep = parts[0] == "Network" || parts[0] == "PTZ" || parts[0] == "System";
    if (deep && parts.size() > 2) place.key += "." + parts[used++];
    if (used + 1 < parts.size() && is_instance(parts[used])) place.key += "." + parts[used++];
    for (std::size_t i = used; i < parts.size(); ++i)
        place.field += (place.field.empty() ? "" : ".") + parts[i];
    place.field = neutral_field(deep ? place.key : parts[0], place.field);
    if (parts[0] == "StreamProfile" && place.key != parts[0]) {
        const auto& own_name = value_of(all, "StreamProfile." + parts[1] + ".Name");
        place.key = "profile " + (own_name.empty() ? parts[1] : own_name);
    }
    return place;
}

bool is_volatile(const std::string& name, const Parameters& all) {
    const auto begins = [&](std::string_view text) { return name.starts_with(text); };
    const auto parts = parts_of(name);
    if (std::any_of(parts.begin(), parts.end(),
                    [](const auto& part) { return part.starts_with("Volatile"); }))
        return true;
    // What firmware says of itself, and what was observed.
    if (begins("Brand.") || begins("Properties.") || begins("Network.eth") || begins("Network.Routing.") ||
        begins("PTZ.PTZDriverStatuses."))
        return true;
    constexpr std::array<std::string_view, 9> always{"Time.ServerDate",
                                                     "Time.ServerTime",
                                                     "Network.ZeroConf.IPAddress",
                                                     "Network.ZeroConf.SubnetMask",
                                                     "Network.DHCP.VendorClass",
                                                     "Network.UPnP.FriendlyName",
                                                     "Network.Bonjour.FriendlyName",
                                                     "SNMP.EngineBoots",
                                                     "Network.UPnP.NATTraversal.Active"};
    if (is_one_of(name, always)) return true;
    if (begins("Network.Resolver.") && name != "Network.Resolver.ObtainFromDHCP")
        return obtains_resolver(all);
    // A mirror of another interface, which shows now 0.0.0.0 and now nothing where DHCP names the server.
    if (name == "Time.NTP.Server") return value_of(all, "Time.ObtainFromDHCP") == "yes";
    if (begins("Network.Interface.") && parts.size() > 4) {
        const auto& group = parts[3];
        const auto& last = parts.back();
        return group == "Active" || (group == "dot1x" && last == "Status") ||
               (group == "ZeroConf" && (last == "IPAddress" || last == "SubnetMask"));
    }
    return false;
}

bool is_read_only(const std::string& name) {
    const auto begins = [&](std::string_view text) { return name.starts_with(text); };
    const auto parts = parts_of(name);
    const auto& last = parts.back();
    if (begins("Network.Resolver.NameServer") || name == "Network.Resolver.Search" ||
        begins("PTZ.Support.") || begins("PTZ.Limit."))
        return true;
    if (begins("Network.QoS.Class") && last == "Desc") return true;
    if (begins("Image.I") && parts.size() == 3 && (last == "Source" || last == "Type")) return true;
    constexpr std::array<std::string_view, 10> fixed{
        "NbrOfConfigs", "NbrOfSources", "NbrOfInputs", "NbrOfOutputs", "NbrOfRTPGroups",
        "SystemDevice", "PoeClass",     "MaxPower",    "MaxGroups",    "RootPwdSet"};
    return is_one_of(last, fixed);
}

bool is_secret(const std::string& name) {
    constexpr std::array<std::string_view, 10> words{"community",  "passphrase",   "psk",    "pwd",
                                                     "passw",      "presharedkey", "secret", "token",
                                                     "privatekey", "boaprot"};
    constexpr std::array<std::string_view, 6> harmless{"set",  "setvalue", "throttling",
                                                       "size", "enabled",  "protection"};
    const auto lowered = model::lower(name);
    if (std::any_of(harmless.begin(), harmless.end(),
                    [&](std::string_view ending) { return lowered.ends_with(ending); }))
        return false;
    if (name.starts_with("RemoteService.") || name.starts_with("Network.Wireless.WPA.") ||
        lowered.ends_with(".key"))
        return true;
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return lowered.find(word) != std::string::npos; });
}

bool is_masked(std::string_view value) {
    return value.size() >= 5 && value.find_first_not_of('*') == std::string_view::npos;
}

std::optional<std::map<std::string, std::set<std::string>>> parse_users(std::string_view text) {
    constexpr std::array<std::string_view, 4> groups{"admin", "operator", "viewer", "ptz"};
    std::map<std::string, std::set<std::string>> users;
    bool seen = false;
    try {
        for (const auto& [group, list] : model::parse_key_values(text)) {
            const bool known = is_one_of(group, groups);
            if (!known && group != "digusers") continue;
            seen = seen || group == "admin" || group == "digusers";
            auto names = std::string_view(list);
            if (names.size() >= 2 && names.starts_with('"') && names.ends_with('"'))
                names = names.substr(1, names.size() - 2);
            for (std::size_t at = 0; at <= names.size();) {
                const auto end = std::min(names.find(',', at), names.size());
                const auto name = model::trimmed(names.substr(at, end - at));
                at = end + 1;
                if (name.empty()) continue;
                auto& own = users[std::string(name)];
                if (known) own.insert(group);
            }
        }
    } catch (const model::Malformed&) {
        return std::nullopt;
    }
    if (!seen) return std::nullopt;
    return users;
}

Json exported_interfaces(std::string_view text) {
    auto json = model::parse_json(text);
    if (json.is_object() && json.contains("data") && json["data"].is_object()) json = Json(json["data"]);
    const auto is_interface = [](const std::string& name) {
        const auto dot = name.rfind(".v");
        return dot != std::string::npos && dot > 0 && dot + 2 < name.size() && name[dot + 2] >= '0' &&
               name[dot + 2] <= '9';
    };
    if (!json.is_object() || json.empty()) throw model::Malformed{"JSON"};
    for (const auto& [name, value] : json.items())
        if (!is_interface(name) || !value.is_structured()) throw model::Malformed{"JSON"};
    return json;
}

Category category_of_interface(const std::string& name) {
    const auto begins = [&](std::string_view text) { return name.starts_with(text); };
    if (begins("time")) return Category::time;
    if (begins("user")) return Category::users;
    if (begins("action-") || begins("event-")) return Category::events;
    if (begins("recording") || begins("storage")) return Category::recording;
    constexpr std::array<std::string_view, 9> network{"network", "firewall", "ssh",  "lldp",       "mqtt",
                                                      "snmp",    "cert",     "http", "virtualhost"};
    if (std::any_of(network.begin(), network.end(), begins)) return Category::network;
    return Category::other;
}

}  // namespace axis

namespace {

using model::Json;

// A login in an address is a secret of its own.
void set_value(Item& item, const std::string& field, const std::string& value, bool secret,
               bool is_volatile) {
    if (secret || axis::is_masked(value)) {
        item.set_secret(field, value);
        item.fields[field].is_volatile = is_volatile;
        return;
    }
    if (is_volatile) {
        item.set_volatile(field, value);
        return;
    }
    set_url_field(item, field, value);
}

void put_parameters(const axis::Parameters& all, Model& model) {
    for (const auto& [name, value] : all) {
        const auto place = axis::place_of(name, all);
        auto& item = model.item(place.part, place.key);
        set_value(item, place.field, value, axis::is_secret(name), axis::is_volatile(name, all));
        if (place.field == "name" && !value.empty()) item.label = value;
    }
    const auto device = [&](const std::string& field, const std::string& name) {
        const auto found = all.find(name);
        if (found != all.end() && !found->second.empty()) model.device().set(field, found->second);
    };
    device("manufacturer", "Brand.Brand");
    device("model", "Brand.ProdNbr");
    device("serial", "Properties.System.SerialNumber");
    device("hardware", "Properties.System.HardwareID");
    device("firmware", "Properties.Firmware.Version");
    device("mac", "Network.eth0.MACAddress");
    // The host name is told, and compared, as the network's.
    const auto name = all.find("Network.HostName");
    if (name != all.end()) model.device().set_volatile("name", name->second);
}

void put_users(const std::map<std::string, std::set<std::string>>& users, Model& model) {
    for (const auto& [name, groups] : users) {
        auto& item = model.item(Category::users, name);
        const auto has = [&](const char* group) { return groups.contains(group); };
        item.set("level", has("admin")      ? "admin"
                          : has("operator") ? "operator"
                          : has("viewer")   ? "viewer"
                                            : "");
        std::string all;
        for (const auto& group : groups) all += (all.empty() ? "" : ", ") + group;
        item.set("groups", all);
        item.set("rights", has("ptz") ? "ptz" : "");
    }
}

void put_device_info(std::string_view text, Model& model) {
    const auto json = model::parse_json(text);
    if (!json.is_object() || !json.contains("data") || !json["data"].is_object() ||
        !json["data"].contains("propertyList"))
        throw model::Malformed{"JSON"};
    const auto& list = json["data"]["propertyList"];
    if (!list.is_object()) throw model::Malformed{"JSON"};
    const auto device = [&](const std::string& field, const std::string& name) {
        const auto value = model::text_of(list, name);
        if (!value.empty()) model.device().set(field, value);
    };
    device("manufacturer", "Brand");
    device("model", "ProdNbr");
    device("serial", "SerialNumber");
    device("firmware", "Version");
    device("hardware", "HardwareID");
}

// "id", "name"…: what an element of a list is known by, wherever it stands.
std::string identifier_of(const Json& element) {
    for (const char* name : {"id", "uuid", "groupId", "key", "username", "name"}) {
        auto value = model::text_of(element, name);
        if (!value.empty()) return value;
    }
    return {};
}

bool is_stamp(std::string_view path) {
    const auto dot = path.rfind('.');
    const auto last = dot == std::string_view::npos ? path : path.substr(dot + 1);
    constexpr std::array<std::string_view, 6> stamps{"lastModified", "modified", "created",
                                                     "etag",         "revision", "bootid"};
    return std::find(stamps.begin(), stamps.end(), last) != stamps.end();
}

// A rule whose action records is one of recording.
bool records(const std::vector<std::pair<std::string, std::string>>& leaves) {
    return std::any_of(leaves.begin(), leaves.end(), [](const auto& leaf) {
        return leaf.second.starts_with("com.axis.action.") && leaf.second.find("record") != std::string::npos;
    });
}

void put_object(Model& model, Category part, const std::string& key, const Json& object) {
    const auto leaves = model::leaves(object);
    if (part == Category::events && records(leaves)) part = Category::recording;
    auto& item = model.item(part, key);
    if (object.is_object()) item.label = model::text_of(object, "name");
    for (const auto& [path, value] : leaves) {
        const auto field = path.empty() ? "value" : path;
        set_value(item, field, value, axis::is_secret(field), is_stamp(field));
    }
}

void put_data(Model& model, const std::string& name, const Json& data) {
    const auto part = axis::category_of_interface(name);
    Json rest = Json::object();
    const auto put_list = [&](const std::string& list_name, const Json& list) {
        const bool named = !list.empty() && std::all_of(list.begin(), list.end(), [](const auto& element) {
            return element.is_object() && !identifier_of(element).empty();
        });
        if (!named) return false;
        for (const auto& element : list) {
            const auto place = name + (list_name.empty() ? "" : " " + list_name) + " ";
            // Accounts are told by the list of accounts too, by their names.
            put_object(model, part, (part == Category::users ? "" : place) + identifier_of(element), element);
        }
        return true;
    };
    if (data.is_array()) {
        if (!put_list("", data)) put_object(model, part, name, data);
        return;
    }
    for (const auto& [member, value] : data.items())
        if (!value.is_array() || !put_list(member, value)) rest[member] = value;
    if (!model::leaves(rest).empty()) put_object(model, part, name, rest);
}

}  // namespace

void axis::put_interface(const std::string& name, const Json& data, Model& model) {
    put_data(model, name, data);
}

namespace {

void put_configuration(std::string_view text, Model& model) {
    const auto interfaces = axis::exported_interfaces(text);
    for (const auto& [name, data] : interfaces.items())
        if (name.starts_with("param."))
            put_parameters(axis::parameters_of(data), model);
        else
            put_data(model, name, data);
}

// Rules and what they do, as the older interface (SOAP) tells them.
void put_rules(std::string_view text, Model& model) {
    const model::Xml document(text);
    const auto parts = model::children(model::child(document.root(), "Body"));
    const auto list = parts.empty() ? pugi::xml_node() : parts[0];
    const auto set_leaf = [](Item& item, const std::string& path, const std::string& value) {
        if (path == "Name") {
            item.label = value;
            item.set("name", value);
        } else {
            set_value(item, path == "Enabled" ? "enabled" : path, value, axis::is_secret(path), false);
        }
    };
    if (model::local_name(list) == "GetActionRulesResponse") {
        for (const auto rule : model::children(model::child(list, "ActionRules"), "ActionRule")) {
            auto& item = model.item(Category::events, "rule " + model::text_at(rule, "RuleID"));
            for (const auto& [path, value] : model::leaves(rule)) set_leaf(item, path, value);
        }
    } else if (model::local_name(list) == "GetActionConfigurationsResponse") {
        for (const auto action :
             model::children(model::child(list, "ActionConfigurations"), "ActionConfiguration")) {
            const auto kind = model::text_at(action, "TemplateToken");
            const auto part =
                kind.find(".record") == std::string::npos ? Category::events : Category::recording;
            auto& item = model.item(part, "action " + model::text_at(action, "ConfigurationID"));
            for (const char* name : {"Name", "TemplateToken"})
                set_leaf(item, name, model::text_at(action, name));
            for (const auto parameter : model::children(model::child(action, "Parameters"), "Parameter"))
                set_leaf(item, std::string("parameter ") + parameter.attribute("Name").value(),
                         parameter.attribute("Value").value());
        }
    } else {
        throw model::Malformed{"Axis"};
    }
}

enum class Sort : std::uint8_t { none, parameters, users, device_info, configuration, rules };

Sort sort_of(std::string_view content) {
    const auto start = content.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return Sort::none;
    const auto head = content.substr(start, 4096);
    const auto holds = [&](std::string_view text) { return content.find(text) != std::string_view::npos; };
    if (head.starts_with('{')) {
        if (holds("\"propertyList\"") && holds("\"ProdNbr\"")) return Sort::device_info;
        if (holds("\"param.v") || holds("\"action-rules.v") || holds("\"event-schedules.v"))
            return Sort::configuration;
        return Sort::none;
    }
    if (head.starts_with("root.") &&
        (holds("root.Brand.") || holds("root.Properties.") || holds("root.Network.") || holds("root.Image.")))
        return Sort::parameters;
    if (head.starts_with('<'))
        return holds("http://www.axis.com/vapix/ws/action1") ? Sort::rules : Sort::none;
    if (holds("digusers=\"") && holds("admin=\"")) return Sort::users;
    return Sort::none;
}

}  // namespace

void axis::sort_rules(Model& model) {
    std::vector<std::string> recording;
    for (const auto& [key, item] : model.items())
        if (key.first == Category::events && key.second.starts_with("rule ") &&
            model.find(Category::recording, "action " + item.value("PrimaryAction")) != nullptr)
            recording.push_back(key.second);
    for (const auto& key : recording) {
        auto rule = model.items().extract({Category::events, key});
        rule.key().first = Category::recording;
        model.items().insert(std::move(rule));
    }
}

FileReader axis_reader() {
    FileReader reader;
    reader.name = "axis";
    reader.recognises = [](const std::string&, std::string_view content) {
        return sort_of(content) != Sort::none;
    };
    reader.read = [](const std::string&, std::string_view content, Model& model) {
        switch (sort_of(content)) {
            case Sort::parameters: {
                const auto parameters = axis::parse_parameters(content);
                if (!parameters) throw model::Malformed{"Axis"};
                put_parameters(*parameters, model);
                return;
            }
            case Sort::users: {
                const auto users = axis::parse_users(content);
                if (!users) throw model::Malformed{"Axis"};
                put_users(*users, model);
                return;
            }
            case Sort::device_info:
                put_device_info(content, model);
                return;
            case Sort::configuration:
                put_configuration(content, model);
                return;
            case Sort::rules:
                put_rules(content, model);
                return;
            case Sort::none:
                throw model::Malformed{"Axis"};
        }
    };
    return reader;
}

}  // namespace coffre::drivers
