// The restore of a device that speaks ISAPI: object by object, each read from the device as it is now,
// changed where it differs from what is wanted, and sent back whole; or the device's own export as it was.

#include <algorithm>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "drivers/equipment/hikvision_sections.hpp"

namespace coffre::drivers::hikvision {

namespace {

using pugi::xml_node;

constexpr std::uint64_t stored_max = 64ull << 20;  // bytes
constexpr int upload_seconds = 600;

// What is neither compared nor written.
bool is_kept(std::string_view name, const Section& section) {
    return is_read_only(name) || is_volatile(name) || (section.root == "TrackList" && name == "Description");
}

bool is_known(const std::string& text) { return !text.empty() && !is_masked(text); }

// The leaves that a restore compares. Of a secret, the one that can be read.
Leaves compared(xml_node object, const Section& section) {
    auto leaves = leaves_of(object);
    std::erase_if(leaves, [&](const auto& leaf) {
        const auto name = last_name(leaf.first);
        return is_kept(name, section) || leaf.first == "id" || (is_secret(name) && is_masked(leaf.second));
    });
    return leaves;
}

// The objects of a list, by what stays the same on another device: an account by its name, all others by id.
std::map<std::string, xml_node> objects_of(xml_node list, const Section& section) {
    std::map<std::string, xml_node> out;
    for (const auto object : model::children(list)) {
        auto key = model::text_at(object, section.root == "UserList" ? "userName" : "id");
        if (section.root == "UserPermissionList") {
            for (const auto* name : {"userId", "userID"})
                if (auto id = model::text_at(object, name); !id.empty()) key = std::move(id);
        }
        if (!key.empty()) out.emplace(std::move(key), object);
    }
    return out;
}

std::string label_of(xml_node object, const std::string& key) {
    for (const auto* name : {"name", "channelName", "userName", "holidayName", "protocol"})
        if (auto text = model::text_at(object, name); !text.empty()) return text;
    return key;
}

// Makes `into` say what `from` says, without what is the device's own. `whole`: what only `into` has goes.
class Merge {
public:
    Merge(const Section& section, bool whole) : section_(section), whole_(whole) {}

    void run(xml_node into, xml_node from) {
        std::vector<std::string> names;
        for (const auto node : {from, into})
            for (const auto below : model::children(node)) {
                std::string name(model::local_name(below));
                if (std::find(names.begin(), names.end(), name) == names.end())
                    names.push_back(std::move(name));
            }
        xml_node last;
        for (const auto& name : names) {
            const auto theirs = model::children(from, name);
            auto ours = model::children(into, name);
            if (is_kept(name, section_) || is_masked_secret(name, theirs)) {
                if (!ours.empty()) last = ours.back();
                continue;
            }
            if (theirs.empty()) {
                if (whole_ || ours.size() > 1)
                    for (const auto node : ours) into.remove_child(node);
                continue;
            }
            last = one_name(into, ours, theirs, last);
        }
    }

private:
    static bool is_masked_secret(const std::string& name, const std::vector<xml_node>& theirs) {
        return is_secret(name) && (theirs.empty() || !is_known(theirs.front().text().get()));
    }

    xml_node one_name(xml_node into, const std::vector<xml_node>& ours, const std::vector<xml_node>& theirs,
                      xml_node last) {
        if (ours.size() == 1 && theirs.size() == 1) {
            const bool leaves =
                model::children(ours.front()).empty() && model::children(theirs.front()).empty();
            if (leaves)
                ours.front().text().set(theirs.front().text().get());
            else
                run(ours.front(), theirs.front());
            return ours.front();
        }
        // Those with an identifier that is here too are changed, so that what is the device's own stays.
        for (const auto wanted : theirs) {
            const auto id = model::text_at(wanted, "id");
            const auto same = std::find_if(ours.begin(), ours.end(), [&](auto node) {
                return !id.empty() && model::text_at(node, "id") == id;
            });
            if (same != ours.end()) {
                run(*same, wanted);
                last = *same;
            } else {
                last = last ? into.insert_copy_after(wanted, last) : into.prepend_copy(wanted);
                drop_name_spaces(last);
            }
        }
        for (const auto node : ours) {
            const auto id = model::text_at(node, "id");
            const bool stays = !id.empty() && std::any_of(theirs.begin(), theirs.end(), [&](auto wanted) {
                return model::text_at(wanted, "id") == id;
            });
            if (!stays) into.remove_child(node);
        }
        return last;
    }

    // A copy takes the name space of what it comes into.
    static void drop_name_spaces(xml_node node) {
        node.remove_attribute("xmlns");
        for (const auto below : model::children(node)) drop_name_spaces(below);
    }

    const Section& section_;
    bool whole_;
};

// What devices refuse in a PUT though they said it in GET: hints of what they would take, empty elements,
// and secrets that are not there.
void strip(xml_node node) {
    for (const auto* hint : {"opt", "min", "max", "def"}) node.remove_attribute(hint);
    for (const auto below : model::children(node)) {
        const auto name = model::local_name(below);
        const auto text = model::trimmed(below.text().get());
        const bool leaf = model::children(below).empty();
        if (leaf && ((text.empty() && !name.ends_with("List")) || (is_secret(name) && is_masked(text))))
            node.remove_child(below);
        else
            strip(below);
    }
}

std::string text_of_document(const pugi::xml_document& document) {
    std::ostringstream out;
    document.save(out, "", pugi::format_raw, pugi::encoding_utf8);
    return std::move(out).str();
}

// A document of its own: an object takes along what its list says of name spaces.
void make_document(pugi::xml_document& document, xml_node object, xml_node list) {
    auto declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "UTF-8";
    auto root = document.append_copy(object);
    for (const auto attribute : list.attributes()) {
        const std::string_view name(attribute.name());
        if ((name.starts_with("xmlns") || name == "version") && !root.attribute(attribute.name()))
            root.append_copy(attribute);
    }
}

void set_child(xml_node node, const std::string& name, const std::string& text) {
    auto found = model::child(node, name);
    if (!found) found = node.append_child(name.c_str());
    found.text().set(text.c_str());
}

struct Step {
    PlanStep told;
    const Section* section = nullptr;
    std::string key;  // of the object, within wanted; "" for the whole section
    xml_node wanted{};
    std::string user{};             // of a permission: whose
    std::set<std::string> paths{};  // leaves that differ
};

class StructuredJob final : public RestoreJob {
public:
    StructuredJob(const Device& device, const FileSource& wanted, const FileSource& now,
                  const RestoreOptions& options)
        : device_(device), options_(options) {
        const auto& info = section_of(device_file);
        auto there = document(wanted, info, wanted_);
        auto here = document(now, info, now_);
        if (!there || !here)
            throw Error(Errc::failed, say<Msg::device_section_missing>(std::string(device_file)));
        same_firmware_ = identity_of(there).firmware == identity_of(here).firmware;
        if (!same_firmware_ && options.wants(Category::identity))
            gap(Category::identity, identity_of(there).firmware, say<Msg::gap_firmware>());
        for (const auto& section : sections()) {
            if (!options.wants(section.part)) continue;
            const auto their = document(wanted, section, wanted_);
            const auto our = document(now, section, now_);
            if (!their) continue;
            if (!our)
                gap(section.part, std::string(section.file), say<Msg::gap_not_in_device>());
            else if (section.writing == Writing::none)
                note_difference(section, their, our);
            else if (section.writing == Writing::whole)
                plan_whole(section, their, our);
            else
                plan_objects(section, their, our);
        }
        for (auto& step : steps_) {
            plan_.steps.push_back(step.told);
            plan_.reboots = plan_.reboots || step.told.part == Category::network;
        }
    }

    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }

    void apply(const std::function<void(const PlanStep&)>& starting) override {
        for (const auto& step : steps_) {
            starting(step.told);
            switch (step.told.action) {
                case PlanAction::remove:
                    remove(step);
                    break;
                case PlanAction::add:
                    add(step);
                    break;
                default:
                    change(step);
            }
        }
        if (!needs_restart_) return;
        write(device_, "PUT", "/ISAPI/System/reboot", {}, "", 30);
        if (!moved_) device_.await_restart();
    }

private:
    using Documents = std::map<std::string_view, std::unique_ptr<model::Xml>>;

    static xml_node document(const FileSource& files, const Section& section, Documents& kept) {
        auto& xml = kept[section.file];
        if (xml == nullptr) xml = stored_section(files, section);
        return xml == nullptr ? xml_node() : xml->root();
    }

    void gap(Category part, std::string what, Message why) {
        plan_.gaps.push_back({part, std::move(what), std::move(why)});
    }

    void note_difference(const Section& section, xml_node their, xml_node our) {
        if (compared(their, section) != compared(our, section))
            gap(section.part, std::string(section.file), say<Msg::gap_not_by_driver>());
    }

    [[nodiscard]] std::set<std::string> differing(const Section& section, xml_node their,
                                                  xml_node our) const {
        const auto wanted = compared(their, section);
        const auto now = compared(our, section);
        std::set<std::string> paths;
        for (const auto& [path, text] : wanted)
            if (const auto found = now.find(path); found == now.end() || found->second != text)
                paths.insert(path);
        // On another firmware what is there in addition may have to be.
        for (const auto& [path, text] : now)
            if (!wanted.contains(path) && !is_secret(last_name(path)) &&
                (same_firmware_ || path.find('[') != std::string::npos))
                paths.insert(path);
        return paths;
    }

    void plan_whole(const Section& section, xml_node their, xml_node our) {
        auto paths = differing(section, their, our);
        if (paths.empty()) return;
        note_masked(section, their, std::string(section.file));
        steps_.push_back({{section.part, PlanAction::change, label_of(their, std::string(section.file))},
                          &section,
                          "",
                          their,
                          "",
                          std::move(paths)});
    }

    // What is written without its secret may lose the one that the device has.
    void note_masked(const Section& section, xml_node their, const std::string& what) {
        const auto leaves = leaves_of(their);
        if (std::any_of(leaves.begin(), leaves.end(), [](const auto& leaf) {
                return is_secret(last_name(leaf.first)) && is_masked(leaf.second);
            }))
            gap(section.part, what, say<Msg::gap_secret>());
    }

    void plan_objects(const Section& section, xml_node their, xml_node our) {
        if (section.root == "UserPermissionList") {
            plan_permissions(section, their, our);
            return;
        }
        const auto wanted = objects_of(their, section);
        const auto now = objects_of(our, section);
        if (section.writing == Writing::adds)
            for (const auto& [key, object] : now)
                if (!wanted.contains(key)) plan_removal(section, key, object);
        for (const auto& [key, object] : wanted) {
            const auto found = now.find(key);
            if (found == now.end()) {
                plan_addition(section, key, object);
                continue;
            }
            auto paths = differing(section, object, found->second);
            if (paths.empty()) continue;
            if (section.root == "UserList" && key == device_.http.user()) {
                gap(section.part, key, say<Msg::gap_own_account>());
                continue;
            }
            note_masked(section, object, label_of(object, key));
            if (section.root == "InputProxyChannelList" && is_other_camera(paths)) password_gap(key, object);
            steps_.push_back({{section.part, PlanAction::change, label_of(object, key)},
                              &section,
                              key,
                              object,
                              "",
                              std::move(paths)});
        }
    }

    static bool is_other_camera(const std::set<std::string>& paths) {
        return std::any_of(paths.begin(), paths.end(), [](const auto& path) {
            const auto name = last_name(path);
            return name == "ipAddress" || name == "hostName" || name == "userName";
        });
    }

    void password_gap(const std::string& key, xml_node channel) {
        if (device_.context.secret("camera-password").empty())
            gap(Category::cameras, label_of(channel, key), say<Msg::gap_secret>());
    }

    void plan_removal(const Section& section, const std::string& key, xml_node object) {
        if (section.root == "UserList" &&
            (key == device_.http.user() || model::text_at(object, "id") == "1")) {
            gap(section.part, key, say<Msg::gap_own_account>());
            return;
        }
        steps_.push_back(
            {{section.part, PlanAction::remove, label_of(object, key)}, &section, key, {}, "", {}});
    }

    void plan_addition(const Section& section, const std::string& key, xml_node object) {
        if (section.writing != Writing::adds) {
            gap(section.part, label_of(object, key), say<Msg::gap_not_in_device>());
            return;
        }
        if (section.root == "UserList") {
            gap(section.part, key, say<Msg::gap_secret>());
            if (device_.context.secret("initial-password").empty()) return;  // no account without one
        } else {
            password_gap(key, object);
        }
        steps_.push_back(
            {{section.part, PlanAction::add, label_of(object, key)}, &section, key, object, "", {}});
    }

    [[nodiscard]] bool will_add_user(const std::string& name) const {
        return std::any_of(steps_.begin(), steps_.end(), [&](const auto& step) {
            return step.told.action == PlanAction::add && step.section->root == "UserList" &&
                   step.key == name;
        });
    }

    // Rights are those of an account's number, and numbers differ from device to device.
    void plan_permissions(const Section& section, xml_node their, xml_node our) {
        const auto& accounts = section_of("users.xml");
        const auto names_by_id = [&](xml_node list) {
            std::map<std::string, std::string> names;
            for (const auto& [name, user] : objects_of(list, accounts))
                names[model::text_at(user, "id")] = name;
            return names;
        };
        const auto& wanted_users = wanted_["users.xml"];
        const auto& users_now = now_["users.xml"];
        if (wanted_users == nullptr || users_now == nullptr) return;
        const auto wanted_names = names_by_id(wanted_users->root());
        std::map<std::string, xml_node> now;
        const auto names_now = names_by_id(users_now->root());
        for (const auto& [id, object] : objects_of(our, section))
            if (const auto name = names_now.find(id); name != names_now.end()) now[name->second] = object;
        for (const auto& [id, object] : objects_of(their, section)) {
            const auto name = wanted_names.find(id);
            if (name == wanted_names.end()) continue;
            const auto found = now.find(name->second);
            if (found == now.end() && !will_add_user(name->second)) continue;  // told with the account
            auto paths = differing(section, object, found == now.end() ? xml_node() : found->second);
            std::erase_if(
                paths, [](const auto& path) { return path == "userID" || path == "userId" || path == "id"; });
            if (paths.empty()) continue;
            if (name->second == device_.http.user()) {
                gap(section.part, name->second, say<Msg::gap_own_account>());
                continue;
            }
            steps_.push_back({{section.part, PlanAction::change, name->second},
                              &section,
                              id,
                              object,
                              name->second,
                              std::move(paths)});
        }
    }

    // Doing it
    // ------------------------------------------------------------------------------------------------

    std::unique_ptr<model::Xml> read(const std::string& path) {
        DeviceRequest request;
        request.path = path;
        const auto response = device_.http.send(request);
        if (response.status != 200 || status_of(as_text(response.body))) return nullptr;
        try {
            return std::make_unique<model::Xml>(as_text(response.body));
        } catch (const model::Malformed&) {
            fail_answer(device_.context, path, "XML");
        }
    }

    std::unique_ptr<model::Xml> read_list(const Section& section) {
        auto list = read(std::string(section.path));
        if (list == nullptr)
            throw Error(Errc::unreachable, say<Msg::device_section_missing>(std::string(section.file)));
        return list;
    }

    // The object as the device has it now, and its number there.
    static std::pair<std::string, xml_node> find(const Step& step, xml_node list, const std::string& key) {
        const auto objects = objects_of(list, *step.section);
        const auto found = objects.find(key);
        if (found == objects.end()) return {};
        return {model::text_at(found->second, "id"), found->second};
    }

    // Of a permission: the key in the device's list.
    std::string key_now(const Step& step) {
        if (step.user.empty()) return step.key;
        const auto& accounts = section_of("users.xml");
        const auto list = read_list(accounts);
        const auto users = objects_of(list->root(), accounts);
        const auto found = users.find(step.user);
        return found == users.end() ? std::string() : model::text_at(found->second, "id");
    }

    void take(const Step& step, const std::optional<Status>& status) {
        if (status && (status->code == 7 || status->sub == "rebootRequired")) needs_restart_ = true;
        if (status) return;
        // It broke off: the device may be on its way to a restart, or at another address.
        if (step.told.part == Category::network) needs_restart_ = true;
        if (!moved_) device_.http.wait_until([&] { return read(std::string(device_path)) != nullptr; }, 300);
    }

    void change(const Step& step) {
        const auto& section = *step.section;
        const auto list = read_list(section);
        std::string path(section.path);
        xml_node object = list->root();
        const auto key = step.key.empty() ? std::string() : key_now(step);
        std::unique_ptr<model::Xml> alone;
        if (!step.key.empty()) {
            const auto [id, found] = find(step, list->root(), key);
            if (!found) throw not_kept(step);
            path += "/" + url_encoded(id);
            alone = read(path);  // where it can be asked for by itself, it says more
            object = alone != nullptr && model::local_name(alone->root()) == model::local_name(found)
                         ? alone->root()
                         : found;
        }
        pugi::xml_document document;
        make_document(document, object, list->root());
        auto root = document.document_element();
        const auto id = model::text_at(root, "id");
        Merge(section, same_firmware_).run(root, step.wanted);
        if (!id.empty()) set_child(root, "id", id);
        for (const auto* name : {"userID", "userId"})
            if (model::child(root, name)) set_child(root, name, key);
        strip(root);
        if (section.root == "InputProxyChannelList") give_camera_password(root, step.paths);
        if (is_moved(section, step.paths)) moved_ = true;
        send(step, "PUT", path, document);
        if (step.told.part != Category::network) check(step);
    }

    // Its own address: what follows cannot be asked any more.
    static bool is_moved(const Section& section, const std::set<std::string>& paths) {
        return section.root == "NetworkInterfaceList" &&
               std::any_of(paths.begin(), paths.end(), [](const auto& path) {
                   return path == "IPAddress.ipAddress" || path == "IPAddress.addressingType";
               });
    }

    void give_camera_password(xml_node root, const std::set<std::string>& paths) {
        const auto& password = device_.context.secret("camera-password");
        if (password.empty() || (!paths.empty() && !is_other_camera(paths))) return;
        set_child(model::child(root, "sourceInputPortDescriptor"), "password", password);
    }

    void add(const Step& step) {
        pugi::xml_document document;
        make_document(document, step.wanted, wanted_[step.section->file]->root());
        auto root = document.document_element();
        drop_own(root, *step.section);
        strip(root);
        if (step.section->root == "UserList") {
            root.remove_child(model::child(root, "id"));
            set_child(root, "password", device_.context.secret("initial-password"));
        } else {
            give_camera_password(root, {});
        }
        send(step, "POST", std::string(step.section->path), document);
        const auto list = read_list(*step.section);
        if (!find(step, list->root(), step.key).second) throw not_kept(step);
    }

    static void drop_own(xml_node node, const Section& section) {
        for (const auto below : model::children(node)) {
            const auto name = model::local_name(below);
            if (is_kept(name, section))
                node.remove_child(below);
            else
                drop_own(below, section);
        }
    }

    void remove(const Step& step) {
        const auto list = read_list(*step.section);
        const auto [id, found] = find(step, list->root(), step.key);
        if (!found) return;
        take(step,
             write(device_, "DELETE", std::string(step.section->path) + "/" + url_encoded(id), {}, "", 60));
        const auto after = read_list(*step.section);
        if (find(step, after->root(), step.key).second) throw not_kept(step);
    }

    void send(const Step& step, const std::string& method, const std::string& path,
              const pugi::xml_document& document) {
        auto body = text_of_document(document);
        try {
            const auto status = write(device_, method, path, as_bytes(body), "application/xml", 60);
            wipe_text(body);
            take(step, status);
        } catch (...) {
            wipe_text(body);
            throw;
        }
    }

    // "OK" is no proof: what differed is read back.
    void check(const Step& step) {
        const auto list = read_list(*step.section);
        auto object = list->root();
        if (!step.key.empty()) object = find(step, list->root(), key_now(step)).second;
        if (needs_restart_) return;  // it may hold only after that
        const auto left = differing(*step.section, step.wanted, object);
        if (std::any_of(step.paths.begin(), step.paths.end(),
                        [&](const auto& path) { return left.contains(path); }))
            throw not_kept(step);
    }

    [[nodiscard]] Error not_kept(const Step& step) const {
        return {Errc::unreachable, say<Msg::device_not_kept>(device_.context.equipment, step.told.what),
                say<Msg::hint_device_not_kept>()};
    }

    Device device_;
    RestoreOptions options_;
    Documents wanted_, now_;
    std::vector<Step> steps_;
    RestorePlan plan_;
    bool same_firmware_ = false, needs_restart_ = false, moved_ = false;
};

// The device's own export, as it was.
class WholeJob final : public RestoreJob {
public:
    WholeJob(const Device& device, const FileSource& wanted, const FileSource& now,
             const RestoreOptions& options)
        : device_(device) {
        if (!options.only.empty() || options.keep_network)
            throw Error(Errc::usage, say<Msg::device_whole_only>(device.context.equipment),
                        say<Msg::hint_device_whole_only>());
        const auto& info = section_of(device_file);
        const auto there = stored_section(wanted, info);
        const auto here = stored_section(now, info);
        const std::string file(configuration_file);
        const auto bytes = wanted.read(file, stored_max);
        if (there == nullptr || here == nullptr || !bytes)
            throw Error(Errc::failed,
                        say<Msg::device_section_missing>(bytes ? std::string(device_file) : file));
        const auto then = identity_of(there->root());
        const auto today = identity_of(here->root());
        if (then.model != today.model || then.firmware != today.firmware)
            throw Error(
                Errc::refused,
                say<Msg::device_other_firmware>(device.context.equipment, then.model + " " + then.firmware,
                                                today.model + " " + today.firmware),
                say<Msg::hint_device_other_firmware>());
        content_ = *bytes;
        plan_.reboots = true;
        plan_.steps.push_back({Category::other, PlanAction::upload, file});
    }

    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }

    void apply(const std::function<void(const PlanStep&)>& starting) override {
        starting(plan_.steps.front());
        const auto status = write(device_, "PUT", std::string(configuration_path), content_,
                                  "application/octet-stream", upload_seconds);
        // It restarts by itself, or says that it must.
        if (status && status->code == 7) write(device_, "PUT", "/ISAPI/System/reboot", {}, "", 30);
        device_.await_restart();
    }

private:
    Device device_;
    Bytes content_;
    RestorePlan plan_;
};

}  // namespace

std::optional<Status> write(const Device& device, const std::string& method, const std::string& path,
                            ByteView body, const std::string& type, int seconds) {
    std::optional<HttpResponse> response;
    device.http.sent_once([&] {
        DeviceRequest request;
        request.method = method;
        request.path = path;
        request.content_type = type;
        request.body = body;
        request.seconds = seconds;
        response = device.http.send(request);
    });
    if (!response) return std::nullopt;
    const auto status = status_of(as_text(response->body).substr(0, 64 << 10));
    if (status && (status->code == 0 || status->code == 1 || status->code == 7) && response->status < 300)
        return status;
    if (status)
        throw Error(Errc::unreachable,
                    say<Msg::device_says>(device.context.equipment, path, printable(status->sub)));
    if (response->status < 200 || response->status > 299)
        throw Error(Errc::unreachable, say<Msg::device_status>(device.context.equipment, path,
                                                               std::to_string(response->status)));
    return Status{1, ""};
}

std::unique_ptr<model::Xml> stored_section(const FileSource& files, const Section& section) {
    const auto content = files.read(std::string(section.file), model::text_size_max);
    if (!content) return nullptr;
    try {
        auto xml = std::make_unique<model::Xml>(as_text(*content));
        if (model::local_name(xml->root()) == section.root) return xml;
    } catch (const model::Malformed&) {  // told below
    }
    throw Error(Errc::failed, say<Msg::device_stored>(std::string(section.file)));
}

std::unique_ptr<RestoreJob> prepare(const Device& device, const FileSource& wanted, const FileSource& now,
                                    const RestoreOptions& options) {
    const auto way = device.context.setting("restore");
    if (way.empty() || way == "structured")
        return std::make_unique<StructuredJob>(device, wanted, now, options);
    if (way == "opaque") return std::make_unique<WholeJob>(device, wanted, now, options);
    throw Error(Errc::usage,
                say<Msg::device_setting_word>(device.context.equipment, "restore", "structured, opaque"),
                say<Msg::hint_equipment_edit_set>());
}

}  // namespace coffre::drivers::hikvision
