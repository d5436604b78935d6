#include "drivers/equipment/milestone.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "drivers/equipment/device_http.hpp"
#include "drivers/equipment/milestone_model.hpp"
#include "drivers/equipment/recognise.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

using model::Json;
using model::text_of;

constexpr const char* api = "/api/rest/v1/";
constexpr const char* uris_file = "uris.json";
constexpr std::size_t page_size = 500;
constexpr std::size_t pages_max = 1000;
constexpr std::uint64_t page_limit = 16 << 20;  // bytes

enum class Write : std::uint8_t {
    never,   // told, not written
    patch,   // what is there is set to what it was
    create,  // and what is gone is made anew
};

struct Resource {
    const char* name;
    const char* parent = nullptr;  // asked for each of these
    bool required = false;
    Write write = Write::never;
};

// Parents before their children; a restore goes in this order: what rules refer to comes before them.
constexpr std::array<Resource, 25> resources{{
    {"sites", nullptr, true},
    {"recordingServers", nullptr, true, Write::patch},
    {"storages", "recordingServers"},
    {"failoverGroups"},
    {"hardware", nullptr, true},
    {"cameras", nullptr, true, Write::patch},
    {"microphones", nullptr, false, Write::patch},
    {"speakers", nullptr, false, Write::patch},
    {"metadata", nullptr, false, Write::patch},
    {"inputEvents", nullptr, false, Write::patch},
    {"outputs", nullptr, false, Write::patch},
    {"cameraGroups", nullptr, false, Write::patch},
    {"userDefinedEvents", nullptr, false, Write::create},
    {"analyticsEvents", nullptr, false, Write::patch},
    {"genericEvents", nullptr, false, Write::patch},
    {"timeProfiles", nullptr, false, Write::patch},
    {"evidenceLockProfiles", nullptr, false, Write::patch},
    {"alarmDefinitions", nullptr, false, Write::patch},
    {"mailNotificationProfiles"},
    {"clientProfiles", nullptr, false, Write::patch},
    {"basicUsers"},
    {"roles", nullptr, true, Write::patch},
    {"users", "roles"},
    {"rules", nullptr, true, Write::create},
    {"licenseInformations"},
}};

std::string file_of(const Resource& resource) {
    // Who belongs to a role; "users" would be read as all accounts.
    if (std::string_view(resource.name) == "users") return "role-users.json";
    return std::string(resource.name) + ".json";
}

std::optional<Json> parsed(const FileSource& files, const std::string& path) {
    const auto content = files.read(path, model_file_max);
    if (!content) return std::nullopt;
    try {
        return model::parse_json(as_text(*content));
    } catch (const model::Malformed&) {
        return std::nullopt;
    }
}

void read_files(const FileSource& files, Model& model) {
    const auto each = [&](const std::string& path, const auto& read) {
        const auto json = parsed(files, path);
        if (!json) return;
        Model tried = model;
        try {
            read(*json, tried);
        } catch (const model::Malformed&) {
            return;
        }
        tried.explains(path);
        model = std::move(tried);
    };
    each(uris_file, read_milestone_uris);
    for (const auto& resource : resources)
        each(file_of(resource),
             [&](const Json& json, Model& into) { read_milestone(resource.name, json, into); });
}

// The objects of one resource, by id, in the order in which they came.
using Objects = std::vector<std::pair<std::string, Json>>;

Objects objects_of(const FileSource& files, const Resource& resource) {
    Objects objects;
    const auto json = parsed(files, file_of(resource));
    if (!json || !json->is_object()) return objects;
    const auto array = json->find("array");
    if (array == json->end() || !array->is_array()) return objects;
    for (const auto& object : *array) objects.emplace_back(text_of(object, "id"), object);
    return objects;
}

const Json* find(const Objects& objects, const std::string& id) {
    for (const auto& [own, object] : objects)
        if (own == id) return &object;
    return nullptr;
}

std::string name_of(const Json& object) {
    for (const char* const member : {"name", "displayName", "id"})
        if (auto name = text_of(object, member); !name.empty()) return name;
    return "?";
}

// What the server makes of other members, or keeps for itself.
bool is_own(const std::string& member) {
    return member == "id" || member == "relations" || member == "displayName" ||
           is_milestone_volatile(member) || member == "passwordLastModified" || member == "channel" ||
           member == "model";
}

struct Change {
    std::string method, path;
    Json body;
    // Behind a broken connection: what is there is to say these members.
    std::string read_back;
};

class MilestoneSession {
public:
    explicit MilestoneSession(const DriverContext& context)
        : context_(context), http_(context, DeviceLogin::none) {}

    [[nodiscard]] const DriverContext& context() const { return context_; }

    // Of everybody.
    HttpResponse ask_openly(const std::string& path) {
        if (refused_) refuse();
        DeviceRequest request;
        request.path = path;
        return http_.send(request);
    }
    DeviceHttp& http() {
        if (!logged_in_) log_in();
        return http_;
    }
    HttpResponse ask(const std::string& path) {
        DeviceRequest request;
        request.path = path;
        request.limit = page_limit;
        request.seconds = 120;
        return http().send(request);
    }

private:
    [[noreturn]] void refuse() {
        refused_ = true;
        throw Error(Errc::unreachable,
                    say<Msg::device_login_refused>(context_.equipment, http_.place(), http_.user()),
                    say<Msg::hint_device_login>());
    }

    void log_in() {
        if (refused_) refuse();
        auto form = "grant_type=password&username=" + url_encoded(http_.user()) + "&password=";
        auto password = url_encoded(http_.password());
        std::string body;
        body.reserve(form.size() + password.size() + 64);  // never moved: it would leave a copy
        body.append(form).append(password).append("&client_id=GrantValidatorClient");
        wipe_text(password);
        DeviceRequest request;
        request.method = "POST";
        request.path = "/API/IDP/connect/token";
        request.content_type = "application/x-www-form-urlencoded";
        auto response = http_.send_secret(request, body);
        // {"error":"invalid_grant"}, and the same for an account that is locked.
        if (response.status == 400 || response.status == 403 || response.status == 429) refuse();
        if (response.status == 404)
            throw Error(Errc::unreachable,
                        say<Msg::device_other_kind>(context_.equipment, http_.place(), "Milestone XProtect"));
        if (response.status != 200)
            throw Error(Errc::unreachable, say<Msg::device_status>(context_.equipment, request.path,
                                                                   std::to_string(response.status)));
        std::string token;
        try {
            token = text_of(model::parse_json(as_text(response.body)), "access_token");
        } catch (const model::Malformed&) {
            fail_answer(context_, request.path, "JSON");
        }
        std::fill(response.body.begin(), response.body.end(), std::uint8_t{0});
        const bool clean = !token.empty() && std::all_of(token.begin(), token.end(),
                                                         [](char c) { return c > ' ' && c < 0x7f; });
        if (!clean) fail_answer(context_, request.path, "access_token");
        http_.set_bearer(SecretText(token));
        wipe_text(token);
        logged_in_ = true;
    }

    const DriverContext& context_;
    DeviceHttp http_;
    bool logged_in_ = false;
    bool refused_ = false;
};

class MilestoneJob final : public RestoreJob {
public:
    MilestoneJob(MilestoneSession& session, RestorePlan plan, std::vector<Change> changes)
        : session_(session), plan_(std::move(plan)), changes_(std::move(changes)) {}

    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }

    void apply(const std::function<void(const PlanStep&)>& starting) override {
        for (std::size_t i = 0; i < changes_.size(); ++i) {
            starting(plan_.steps[i]);
            write(changes_[i]);
        }
    }

private:
    void write(const Change& change) {
        const auto body = change.body.dump();
        DeviceRequest request;
        request.method = change.method;
        request.path = change.path;
        request.content_type = "application/json";
        request.body = as_bytes(body);
        request.seconds = 60;
        auto& http = session_.http();
        const bool answered = http.sent_once([&] {
            const auto status = http.send(request).status;
            if (status < 200 || status > 299)
                throw Error(Errc::unreachable, say<Msg::device_status>(session_.context().equipment,
                                                                       request.path, std::to_string(status)));
        });
        if (!answered && !is_there(change))
            throw Error(Errc::unreachable,
                        say<Msg::device_says>(session_.context().equipment, request.path, "?"));
    }

    // Whether what was sent has arrived.
    bool is_there(const Change& change) {
        const auto response = session_.ask(change.read_back);
        if (response.status != 200) return false;
        try {
            const auto json = model::parse_json(as_text(response.body));
            if (!json.is_object()) return false;
            const auto holds = [&](const Json& object) {
                if (!object.is_object()) return false;
                for (const auto& [member, value] : change.body.items())
                    if (!object.contains(member) || object.at(member) != value) return false;
                return true;
            };
            if (const auto data = json.find("data"); data != json.end()) return holds(*data);
            const auto array = json.find("array");
            return array != json.end() && array->is_array() &&
                   std::any_of(array->begin(), array->end(), holds);
        } catch (const model::Malformed&) {
            return false;
        }
    }

    MilestoneSession& session_;
    RestorePlan plan_;
    std::vector<Change> changes_;  // one for each step
};

// What is to be done, resource by resource.
class Planner {
public:
    Planner(const FileSource& wanted, const FileSource& now, const RestoreOptions& options, std::string own)
        : wanted_(wanted), now_(now), options_(options), own_(model::lower(own)) {}

    void run() {
        for (const auto& resource : resources) compare(resource);
        if (!options_.wants(Category::identity)) return;
        plan.gaps.push_back({Category::identity, "XProtect", say<Msg::gap_by_hand>("SQL, .cnf")});
    }

    RestorePlan plan;
    std::vector<Change> changes;

private:
    void gap(Category part, const std::string& what, Message why) {
        if (options_.wants(part)) plan.gaps.push_back({part, what, std::move(why)});
    }
    void step(Category part, PlanAction action, const std::string& what, Change change) {
        if (!options_.wants(part)) return;
        plan.steps.push_back({part, action, what});
        changes.push_back(std::move(change));
    }

    void compare(const Resource& resource) {
        const std::string name = resource.name;
        const auto there = objects_of(wanted_, resource);
        const auto here = objects_of(now_, resource);
        if (parsed(wanted_, file_of(resource)) == std::nullopt) return;
        std::set<std::string> seen;  // of `here`
        for (const auto& [id, object] : there) {
            auto at = id;
            const auto* found = find(here, id);
            // What was made anew by a restore bears another id.
            if (found == nullptr && resource.write == Write::create)
                for (const auto& [other, candidate] : here)
                    if (find(there, other) == nullptr && name_of(candidate) == name_of(object) &&
                        !seen.contains(other)) {
                        found = &candidate;
                        at = other;
                        break;
                    }
            if (found == nullptr) {
                missing(resource, object);
                continue;
            }
            seen.insert(at);
            differing(resource, at, object, *found);
        }
        for (const auto& [id, object] : here)
            if (!seen.contains(id) && find(there, id) == nullptr) {
                const auto part = milestone_item(name, object).first;
                gap(part, name_of(object),
                    name.starts_with("license") ? say<Msg::gap_licence>() : say<Msg::gap_not_by_driver>());
            }
    }

    void missing(const Resource& resource, const Json& object) {
        const std::string name = resource.name;
        const auto part = milestone_item(name, object).first;
        if (name == "hardware" || name == "basicUsers")
            return gap(part, name_of(object), say<Msg::gap_secret>());
        if (name.starts_with("license")) return gap(part, name_of(object), say<Msg::gap_licence>());
        if (resource.write != Write::create) return gap(part, name_of(object), say<Msg::gap_not_by_driver>());
        auto body = Json::object();
        for (const auto& [member, value] : object.items())
            if (member == "displayName" ? !object.contains("name") : !is_own(member)) body[member] = value;
        step(part, PlanAction::add, name_of(object), {"POST", api + name, std::move(body), api + name});
    }

    void differing(const Resource& resource, const std::string& id, const Json& object, const Json& now) {
        const std::string name = resource.name;
        // One object may be of two categories: what a camera is, and how it is recorded.
        std::map<Category, Json> bodies;
        for (const auto& [member, value] : object.items()) {
            if (is_own(member)) continue;
            const auto found = now.find(member);
            if (found == now.end() || *found == value) continue;
            bodies[milestone_category(name, member)][member] = value;
        }
        for (auto& [part, body] : bodies) {
            if (name.starts_with("license")) {
                gap(part, name_of(object), say<Msg::gap_licence>());
            } else if (resource.write == Write::never) {
                gap(part, name_of(object),
                    name == "sites" && body.contains("version") ? say<Msg::gap_firmware>()
                                                                : say<Msg::gap_not_by_driver>());
            } else if (name == "roles" && holds_own_account(id)) {
                gap(part, name_of(object), say<Msg::gap_own_account>());
            } else {
                const auto path = api + name + "/" + url_encoded(id);
                step(part, PlanAction::change, name_of(object), {"PATCH", path, std::move(body), path});
            }
        }
    }

    // Whether the account that is asking belongs to that role: by whatever name the list gives it.
    bool holds_own_account(const std::string& role) const {
        if (own_.empty()) return false;
        const auto members = parsed(now_, "role-users.json");
        if (!members || !members->is_object() || !members->contains("array"))
            return true;  // not known: not risked
        for (const auto& member : (*members)["array"]) {
            const auto parent = milestone_parent(member);
            if (parent != role && !parent.empty()) continue;
            for (const char* const field : {"accountName", "name", "displayName", "identityName"}) {
                const auto name = model::lower(text_of(member, field));
                if (name == own_ || name.ends_with("\\" + own_)) return true;
            }
        }
        return false;
    }

    const FileSource& wanted_;
    const FileSource& now_;
    const RestoreOptions& options_;
    std::string own_;
};

class MilestoneDriver final : public EquipmentDriver {
public:
    explicit MilestoneDriver(const DriverContext& context) : session_(context) {}

    [[nodiscard]] std::string id() const override { return "milestone 1"; }

    DeviceIdentity identify() override {
        Model model;
        if (const auto uris = openly(); !uris.is_null()) read_milestone_uris(uris, model);
        if (model.device_field("firmware").empty()) {
            const auto response = session_.ask(std::string(api) + "sites");
            try {
                read_milestone("sites", model::parse_json(as_text(response.body)), model);
            } catch (const model::Malformed&) {
                fail_answer(session_.context(), std::string(api) + "sites", "JSON");
            }
        }
        return {"Milestone", model.device_field("model"), "", model.device_field("firmware"),
                model.device_field("name")};
    }

    void capture(CaptureSink& sink) override {
        const auto uris = openly();
        session_.http();  // the login, before anything is handed over
        if (uris.is_null())
            sink.skipped({uris_file}, say<Msg::device_section_absent>("/api/.well-known/uris"));
        else
            sink.file({uris_file}, false, as_bytes(uris.dump(1) + "\n"));
        std::map<std::string, std::vector<std::string>> ids;
        for (const auto& resource : resources) take(resource, ids, sink);
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        for (const auto& resource : resources)
            if (resource.required && !parsed(wanted, file_of(resource)))
                throw Error(Errc::failed, say<Msg::snapshot_lacks>(file_of(resource)));
        Planner planner(wanted, now, options, session_.context().setting("user"));
        planner.run();
        return std::make_unique<MilestoneJob>(session_, std::move(planner.plan), std::move(planner.changes));
    }

private:
    // Null: there is no such answer.
    Json openly() {
        constexpr const char* path = "/api/.well-known/uris";
        const auto response = session_.ask_openly(path);
        if (response.status != 200) return nullptr;
        try {
            auto json = model::parse_json(as_text(response.body));
            if (json.is_object()) return json;
        } catch (const model::Malformed&) {
        }
        fail_answer(session_.context(), path, "JSON");
    }

    void take(const Resource& resource, std::map<std::string, std::vector<std::string>>& ids,
              CaptureSink& sink) {
        const auto file = file_of(resource);
        std::vector<std::string> paths;
        if (resource.parent == nullptr)
            paths.push_back(std::string(api) + resource.name);
        else
            for (const auto& id : ids[resource.parent])
                paths.push_back(std::string(api) + resource.parent + "/" + url_encoded(id) + "/" +
                                resource.name);
        auto all = Json::array();
        for (const auto& path : paths) {
            const auto status = pages(path, all);
            if (status == 200) continue;
            const bool absent = status == 404 && !resource.required;
            if (absent)
                sink.skipped({file}, say<Msg::device_section_absent>(resource.name));
            else
                sink.failed({file}, say<Msg::device_status>(session_.context().equipment, path,
                                                            std::to_string(status)));
            return;
        }
        for (const auto& object : all)
            if (const auto id = text_of(object, "id"); !id.empty()) ids[resource.name].push_back(id);
        sink.file({file}, false, as_bytes(Json{{"array", std::move(all)}}.dump(1) + "\n"));
    }

    // Appends all that is there. A server that knows no pages answers the same again.
    int pages(const std::string& path, Json& all) {
        std::string first_of_last;
        for (std::size_t page = 0; page < pages_max; ++page) {
            const auto response =
                session_.ask(path + "?page=" + std::to_string(page) + "&size=" + std::to_string(page_size));
            if (response.status != 200) return response.status;
            Json json;
            try {
                json = model::parse_json(as_text(response.body));
            } catch (const model::Malformed&) {
                fail_answer(session_.context(), path, "JSON");
            }
            const auto array = json.is_object() ? json.find("array") : json.end();
            if (!json.is_object() || array == json.end() || !array->is_array())
                fail_answer(session_.context(), path, "{\"array\":[]}");
            const auto first = array->empty() ? std::string() : array->front().dump();
            if (array->empty() || first == first_of_last) return 200;
            first_of_last = first;
            for (const auto& object : *array) {
                if (!object.is_object()) fail_answer(session_.context(), path, "{\"array\":[]}");
                all.push_back(object);
            }
            if (array->size() < page_size) return 200;
        }
        return 200;
    }

    MilestoneSession session_;
};

}  // namespace

DriverInfo milestone_driver_info() {
    DriverInfo info;
    info.name = "milestone";
    info.evidence = Evidence::documents;
    info.settings = device_http_settings();
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<MilestoneDriver>(context);
    };
    info.model = read_files;
    info.first_pin = first_certificate;
    return info;
}

}  // namespace coffre::drivers
