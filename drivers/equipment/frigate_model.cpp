#include "drivers/equipment/frigate_model.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "drivers/equipment/item_fields.hpp"

namespace coffre::drivers {

namespace {

using model::Json;

// What holds for all cameras where these do not say otherwise.
const std::string for_all = "(all cameras)";

template <std::size_t N>
bool is_among(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// A camera's section, or the one for all cameras.
Category section_category(std::string_view name) {
    constexpr std::array<std::string_view, 2> recording{"record", "snapshots"};
    constexpr std::array<std::string_view, 16> events{"motion",
                                                      "objects",
                                                      "zones",
                                                      "review",
                                                      "audio",
                                                      "notifications",
                                                      "face_recognition",
                                                      "lpr",
                                                      "genai",
                                                      "semantic_search",
                                                      "audio_transcription",
                                                      "classification",
                                                      "detect_events",
                                                      "object_detection",
                                                      "alerts",
                                                      "detections"};
    if (is_among(recording, name)) return Category::recording;
    return is_among(events, name) ? Category::events : Category::cameras;
}

// "detect+record": what an input is for, whatever the order.
std::string roles_of(const Json& input) {
    std::vector<std::string> roles;
    if (const auto found = input.find("roles"); found != input.end() && found->is_array())
        for (const auto& role : *found)
            if (role.is_string()) roles.push_back(role.get<std::string>());
    std::sort(roles.begin(), roles.end());
    std::string text;
    for (const auto& role : roles) text += (text.empty() ? "" : "+") + role;
    return text;
}

void set_inputs(Item& camera, const Json& inputs) {
    std::set<std::string> used;
    std::size_t position = 0;
    for (const auto& input : inputs) {
        auto name = input.is_object() ? roles_of(input) : std::string();
        if (name.empty() || !used.insert(name).second) name = std::to_string(position);
        ++position;
        if (!input.is_object()) continue;
        const auto prefix = "input." + name + ".";
        set_url(camera, prefix + "path", model::text_of(input, "path"), prefix + "user", prefix + "password");
        set_leaves(camera, input, "input." + name, Lists::in_order, {"path", "roles"});
    }
}

void read_camera(const std::string& name, const Json& camera, Model& model) {
    auto& item = model.item(Category::cameras, name);
    item.set("name", name);
    if (!camera.is_object()) return;
    for (const auto& [section, value] : camera.items()) {
        if (section == "friendly_name") {
            item.label = model::text_of(camera, section);
            item.set("name", item.label);
        } else if (section == "ffmpeg" && value.is_object()) {
            if (const auto inputs = value.find("inputs"); inputs != value.end() && inputs->is_array())
                set_inputs(item, *inputs);
            set_leaves(item, value, section, Lists::in_order, {"inputs"});
        } else {
            // "enabled" of an item of recording is that of its recording.
            auto& part = model.item(section_category(section), name);
            set_leaves(part, value, section == "record" && value.is_object() ? "" : section, Lists::in_order);
        }
    }
    for (const auto category : {Category::recording, Category::events})
        if (model.find(category, name) != nullptr) model.item(category, name).label = item.label;
}

// A stream that is sent on has one source, or several.
void read_stream(const std::string& name, const Json& sources, Model& model) {
    auto& item = model.item(Category::cameras, "stream " + name);
    if (!sources.is_array()) {
        set_url(item, "path", sources.is_string() ? sources.get<std::string>() : sources.dump());
        return;
    }
    std::size_t position = 1;
    for (const auto& source : sources) {
        const auto number = position == 1 ? std::string() : std::to_string(position);
        set_url(item, "path" + number, source.is_string() ? source.get<std::string>() : source.dump(),
                "user" + number, "password" + number);
        ++position;
    }
}

void read_go2rtc(const Json& go2rtc, Model& model) {
    if (!go2rtc.is_object()) return;
    if (const auto streams = go2rtc.find("streams"); streams != go2rtc.end() && streams->is_object())
        for (const auto& [name, sources] : streams->items()) read_stream(name, sources, model);
    auto& rest = model.item(Category::network, "go2rtc");
    set_leaves(rest, go2rtc, "", Lists::in_order, {"streams"});
    if (rest.fields.empty()) model.items().erase({Category::network, "go2rtc"});
}

void read_auth(const Json& auth, Model& model) {
    if (auth.is_object())
        if (const auto roles = auth.find("roles"); roles != auth.end() && roles->is_object())
            for (const auto& [role, cameras] : roles->items())
                set_leaves(model.item(Category::users, "role " + role), cameras, "cameras", Lists::as_sets);
    auto& item = model.item(Category::users, "auth");
    set_leaves(item, auth, auth.is_object() ? "" : "auth", Lists::in_order, {"roles"});
    if (item.fields.empty()) model.items().erase({Category::users, "auth"});
}

Category global_category(std::string_view name) {
    constexpr std::array<std::string_view, 3> network{"mqtt", "networking", "tls"};
    constexpr std::array<std::string_view, 6> of_cameras{"ffmpeg", "detect",          "birdseye",
                                                         "live",   "timestamp_style", "onvif"};
    if (is_among(network, name)) return Category::network;
    if (is_among(of_cameras, name)) return Category::cameras;
    const auto category = section_category(name);
    return category == Category::cameras ? Category::other : category;
}

// Of a section of the file: what its change is a change of.
Category file_category(std::string_view section) {
    if (section == "go2rtc") return Category::cameras;
    if (section == "auth" || section == "proxy") return Category::users;
    if (section == "ui") return Category::time;
    return global_category(section);
}

// Sections of one level, each by its category.
Json merged(const Json& wanted, const Json& now, const std::function<bool(Category)>& parts,
            Category (*category_of)(std::string_view)) {
    Json out = now;
    for (const auto& [name, value] : now.items())
        if (parts(category_of(name)) && !wanted.contains(name)) out.erase(name);
    for (const auto& [name, value] : wanted.items())
        if (parts(category_of(name))) out[name] = value;
    return out;
}

}  // namespace

Json merged_frigate(const Json& wanted, const Json& now, const std::function<bool(Category)>& parts) {
    const auto cameras_of = [](const Json& yaml) {
        const auto found = yaml.find("cameras");
        return found != yaml.end() && found->is_object() ? *found : Json::object();
    };
    const auto there = cameras_of(wanted);
    const auto here = cameras_of(now);
    auto cameras = Json::object();
    for (const auto& [name, camera] : here.items()) {
        if (!there.contains(name)) {
            if (!parts(Category::cameras)) cameras[name] = camera;
        } else if (camera.is_object() && there[name].is_object()) {
            cameras[name] = merged(there[name], camera, parts, section_category);
        } else {
            cameras[name] = parts(Category::cameras) ? there[name] : camera;
        }
    }
    for (const auto& [name, camera] : there.items())
        if (!here.contains(name) && parts(Category::cameras)) cameras[name] = camera;
    auto out = merged(wanted, now, parts, file_category);
    out["cameras"] = std::move(cameras);
    return out;
}

bool is_frigate(const Json& yaml) {
    if (!yaml.is_object()) return false;
    const auto cameras = yaml.find("cameras");
    if (cameras == yaml.end() || !cameras->is_object() || cameras->empty()) return false;
    return std::all_of(cameras->begin(), cameras->end(), [](const Json& camera) {
        const auto ffmpeg = camera.is_object() ? camera.find("ffmpeg") : camera.end();
        return camera.is_object() && ffmpeg != camera.end() && ffmpeg->is_object() &&
               ffmpeg->contains("inputs");
    });
}

void read_frigate(const Json& yaml, Model& model) {
    model.device().set("manufacturer", "Frigate").set("model", "Frigate");
    for (const auto& [section, value] : yaml.items()) {
        if (section == "cameras" && value.is_object()) {
            for (const auto& [name, camera] : value.items()) read_camera(name, camera, model);
        } else if (section == "go2rtc") {
            read_go2rtc(value, model);
        } else if (section == "auth" || section == "proxy") {
            if (section == "auth")
                read_auth(value, model);
            else
                set_leaves(model.item(Category::users, section), value, "", Lists::in_order);
        } else if (section == "ui" && value.is_object() && value.contains("timezone")) {
            model.item(Category::time, "ui").set("zone", model::text_of(value, "timezone"));
            set_leaves(model.item(Category::other, "ui"), value, "", Lists::in_order, {"timezone"});
        } else if (section == "version") {
            // Of the file's form: written by the program when it is upgraded.
            model.device().set_volatile("configuration", model::text_of(yaml, section));
        } else {
            const auto category = global_category(section);
            const bool shared = category == Category::cameras || category == Category::recording ||
                                category == Category::events;
            auto& item = model.item(category, shared ? for_all : section);
            set_leaves(item, value, shared || !value.is_structured() ? section : "", Lists::in_order);
        }
    }
}

void read_frigate_users(const Json& users, Model& model) {
    if (!users.is_array()) throw model::Malformed{"JSON"};
    for (const auto& user : users) {
        const auto name = model::text_of(user, "username");
        if (name.empty()) throw model::Malformed{"JSON"};
        auto& item = model.item(Category::users, name);
        item.set("level", model::text_of(user, "role"));
        set_leaves(item, user, "", Lists::as_sets, {"username", "role"});
    }
}

}  // namespace coffre::drivers
