#include "drivers/equipment/frigate.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "drivers/equipment/device_http.hpp"
#include "drivers/equipment/frigate_model.hpp"
#include "drivers/equipment/recognise.hpp"
#include "drivers/model/compare.hpp"

namespace coffre::drivers {

namespace {

using model::Json;

constexpr const char* config_file = "config.yml";
constexpr const char* users_file = "users.json";
constexpr const char* version_file = "version.txt";
constexpr int restart_seconds = 180;  // it speaks of one minute

std::string text_of_file(const FileSource& files, const char* path) {
    const auto content = files.read(path, model_file_max);
    return content ? std::string(as_text(*content)) : std::string();
}

void read_files(const FileSource& files, Model& model) {
    const auto each = [&](const char* path, const std::function<void(std::string_view, Model&)>& read) {
        const auto content = files.read(path, model_file_max);
        if (!content) return;
        Model tried = model;
        try {
            read(as_text(*content), tried);
        } catch (const model::Malformed&) {
            return;
        }
        tried.explains(path);
        model = std::move(tried);
    };
    each(config_file, [](std::string_view content, Model& into) {
        const auto yaml = model::parse_yaml(content);
        if (!yaml.is_object()) throw model::Malformed{"YAML"};
        read_frigate(yaml, into);
    });
    each(version_file, [](std::string_view content, Model& into) {
        into.device().set("manufacturer", "Frigate").set("model", "Frigate");
        into.device().set("firmware", std::string(model::trimmed(content)));
    });
    each(users_file,
         [](std::string_view content, Model& into) { read_frigate_users(model::parse_json(content), into); });
}

// The session: a token that the answer to the login sets as a cookie, and that is sent as a bearer's.
class Session {
public:
    explicit Session(const DriverContext& context)
        : context_(context), http_(std::make_unique<DeviceHttp>(context, DeviceLogin::none)) {}

    DeviceHttp& http() {
        if (!logged_in_) log_in();
        return *http_;
    }
    // What logged in once may do so again behind a restart.
    void renew() {
        http_ = std::make_unique<DeviceHttp>(context_, DeviceLogin::none);
        logged_in_ = false;
    }
    [[nodiscard]] const DriverContext& context() const { return context_; }

private:
    [[noreturn]] void refuse() {
        refused_ = true;
        throw Error(Errc::unreachable,
                    say<Msg::device_login_refused>(context_.equipment, http_->place(), http_->user()),
                    say<Msg::hint_device_login>());
    }

    void log_in() {
        if (refused_) refuse();
        auto body = Json{{"user", http_->user()}, {"password", http_->password()}}.dump();
        DeviceRequest request;
        request.method = "POST";
        request.path = "/api/login";
        request.content_type = "application/json";
        auto response = http_->send_secret(request, body);
        // Too many attempts, of whomever: one more makes it worse.
        if (response.status == 429 || response.status == 403) refuse();
        if (response.status == 404) {  // it lets everybody in
            logged_in_ = true;
            return;
        }
        if (response.status != 200)
            throw Error(Errc::unreachable, say<Msg::device_status>(context_.equipment, request.path,
                                                                   std::to_string(response.status)));
        auto token = token_of(response);
        if (token.empty()) fail_answer(context_, request.path, "cookie");
        http_->set_bearer(SecretText(token));
        wipe_text(token);
        for (auto& [name, value] : response.headers) wipe_text(value);
        logged_in_ = true;
    }

    // The cookie's name can be set there; its value is a JWT: three parts with dots between them.
    static std::string token_of(const HttpResponse& response) {
        for (const auto& [name, value] : response.headers) {
            if (name != "set-cookie") continue;
            const auto start = value.find('=');
            if (start == std::string::npos) continue;
            auto token = value.substr(start + 1, value.find(';', start) - start - 1);
            const bool clean = std::all_of(token.begin(), token.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '=';
            });
            if (clean && std::count(token.begin(), token.end(), '.') == 2) return token;
        }
        return {};
    }

    const DriverContext& context_;
    std::unique_ptr<DeviceHttp> http_;
    bool logged_in_ = false;
    bool refused_ = false;
};

// The file as it is written: answered as a JSON text, by older versions as it is.
std::string raw_config(Session& session) {
    constexpr const char* path = "/api/config/raw";
    auto answer = session.http().get(path);
    if (answer.starts_with('"')) {
        try {
            const auto json = model::parse_json(answer);
            answer = json.get<std::string>();
        } catch (const model::Malformed&) {
            fail_answer(session.context(), path, "JSON");
        }
    }
    try {
        const auto yaml = model::parse_yaml(answer);
        if (!yaml.is_object() || yaml.empty() || yaml.contains("success"))
            fail_answer(session.context(), path, "YAML");
    } catch (const model::Malformed&) {
        fail_answer(session.context(), path, "YAML");
    }
    return answer;
}

// Seconds since it started; empty where it does not tell.
std::optional<std::int64_t> uptime(Session& session) {
    try {
        const auto stats = model::parse_json(session.http().get("/api/stats"));
        const auto service = stats.is_object() ? stats.find("service") : stats.end();
        if (!stats.is_object() || service == stats.end() || !service->is_object()) return std::nullopt;
        const auto found = service->find("uptime");
        if (found == service->end() || !found->is_number()) return std::nullopt;
        return found->get<std::int64_t>();
    } catch (const model::Malformed&) {
        return std::nullopt;
    }
}

// A restart that was asked for, and how to see that it is over.
class Restart {
public:
    explicit Restart(Session& session) : session_(session) {}

    void begins(std::optional<std::int64_t> up_before) {
        up_before_ = up_before;
        asked_ns_ = session_.context().environment.clock.monotonic_ns();
        went_away_ = false;
        waits_ = true;
    }

    void wait() {
        if (!waits_) return;
        const auto probe = [&] {
            try {
                const auto up = uptime(session_);
                if (went_away_) return true;
                if (up && up_before_ && *up < *up_before_) return true;
                // One that was not seen to go has done so by now, or never will.
                constexpr std::int64_t seconds = 1'000'000'000;
                return session_.context().environment.clock.monotonic_ns() - asked_ns_ > 75 * seconds;
            } catch (const Error&) {
                went_away_ = true;
                throw;
            }
        };
        try {
            session_.http().wait_until(probe, restart_seconds);
        } catch (const Error& error) {
            // It answers, but knows the session no more: a new one.
            if (error.message().id != Msg::device_login_refused) throw;
            session_.renew();
            session_.http();
        }
        waits_ = false;
    }

private:
    Session& session_;
    std::optional<std::int64_t> up_before_;
    std::int64_t asked_ns_ = 0;
    bool went_away_ = false, waits_ = false;
};

struct Role {
    std::string user, role;
};

class FrigateJob final : public RestoreJob {
public:
    FrigateJob(Session& session, Restart& restart, RestorePlan plan, std::string config, std::size_t uploads,
               std::vector<Role> roles)
        : session_(session),
          restart_(restart),
          plan_(std::move(plan)),
          config_(std::move(config)),
          uploads_(uploads),
          roles_(std::move(roles)) {}

    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }

    void apply(const std::function<void(const PlanStep&)>& starting) override {
        for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
            starting(plan_.steps[i]);
            if (i == 0 && uploads_ > 0) upload();  // one file holds all its parts
            if (i < uploads_) continue;
            if (i == uploads_) restart_.wait();  // roles are those of the new file
            set_role(roles_[i - uploads_]);
        }
    }

private:
    void upload() {
        DeviceRequest request;
        request.method = "POST";
        request.path = "/api/config/save?save_option=restart";
        request.content_type = "text/plain";
        request.body = as_bytes(config_);
        request.seconds = 60;
        const auto up = uptime(session_);
        auto& http = session_.http();
        const bool answered = http.sent_once([&] { check(request.path, http.send(request)); });
        restart_.begins(up);
        if (answered) return;
        restart_.wait();
        if (raw_config(session_) != config_)
            throw Error(Errc::unreachable,
                        say<Msg::device_says>(session_.context().equipment, config_file, "?"));
    }

    void set_role(const Role& role) {
        const auto body = Json{{"role", role.role}}.dump();
        DeviceRequest request;
        request.method = "PUT";
        request.path = "/api/users/" + url_encoded(role.user) + "/role";
        request.content_type = "application/json";
        request.body = as_bytes(body);
        check(request.path, session_.http().send(request));
    }

    // What it says about a file that it does not take quotes the file: that stays here.
    void check(const std::string& path, const HttpResponse& response) {
        const auto place = path.substr(0, path.find('?'));
        if (response.status != 200)
            throw Error(Errc::unreachable, say<Msg::device_status>(session_.context().equipment, place,
                                                                   std::to_string(response.status)));
        try {
            const auto json = model::parse_json(as_text(response.body));
            if (model::text_of(json, "success") != "false") return;
        } catch (const model::Malformed&) {
            fail_answer(session_.context(), place, "JSON");
        }
        throw Error(Errc::unreachable,
                    say<Msg::device_says>(session_.context().equipment, place, "success: false"));
    }

    Session& session_;
    Restart& restart_;
    RestorePlan plan_;
    std::string config_;
    std::size_t uploads_;  // steps that the one file stands for, at the front
    std::vector<Role> roles_;
};

class FrigateDriver final : public EquipmentDriver {
public:
    explicit FrigateDriver(const DriverContext& context) : session_(context), restart_(session_) {}

    [[nodiscard]] std::string id() const override { return "frigate 1"; }

    DeviceIdentity identify() override { return {"Frigate", "Frigate", "", version(), ""}; }

    void capture(CaptureSink& sink) override {
        const auto told = version();
        const auto config = raw_config(session_);
        sink.file({version_file}, false, as_bytes(told + "\n"));
        sink.file({config_file}, false, as_bytes(config));
        const auto response = ask("/api/users");
        const auto problem = [&](const std::string& why) {
            sink.failed({users_file}, say<Msg::device_section_missing>(why));
        };
        if (response.status != 200)
            return problem("/api/users (HTTP " + std::to_string(response.status) + ")");
        try {
            Model model;
            read_frigate_users(model::parse_json(as_text(response.body)), model);
        } catch (const model::Malformed&) {
            return problem("/api/users");
        }
        sink.file({users_file}, false, response.body);
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        const auto config = text_of_file(wanted, config_file);
        if (config.empty()) throw Error(Errc::failed, say<Msg::snapshot_lacks>(config_file));
        RestorePlan plan;
        std::string upload;
        plan_config(config, text_of_file(now, config_file), options, plan, upload);
        const auto uploads = plan.steps.size();
        std::vector<Role> roles;
        if (options.wants(Category::users)) plan_users(wanted, now, plan, roles);
        if (options.wants(Category::identity) &&
            text_of_file(wanted, version_file) != text_of_file(now, version_file))
            plan.gaps.push_back({Category::identity, "Frigate", say<Msg::gap_firmware>()});
        return std::make_unique<FrigateJob>(session_, restart_, std::move(plan), std::move(upload), uploads,
                                            std::move(roles));
    }

    void wait_until_ready() override { restart_.wait(); }

private:
    HttpResponse ask(const std::string& path) {
        DeviceRequest request;
        request.path = path;
        return session_.http().send(request);
    }

    std::string version() {
        const auto answer = session_.http().get("/api/version", 4096);
        const auto text = std::string(model::trimmed(answer));
        // 0.17.0-f0d69f7, in newer versions perhaps as a JSON text.
        const auto plain = text.size() > 1 && text.front() == '"' && text.back() == '"'
                               ? text.substr(1, text.size() - 2)
                               : text;
        const bool fits =
            !plain.empty() && plain.size() < 100 &&
            std::all_of(plain.begin(), plain.end(), [](char c) { return c > ' ' && c < 0x7f; }) &&
            plain.find_first_of("<>{}\"") == std::string::npos;
        if (!fits)
            throw Error(Errc::unreachable, say<Msg::device_other_kind>(session_.context().equipment,
                                                                       session_.http().place(), "Frigate"));
        return plain;
    }

    // Puts a step for each category that differs in front: all of them are one file.
    static void plan_config(const std::string& wanted, const std::string& now, const RestoreOptions& options,
                            RestorePlan& plan, std::string& upload) {
        if (wanted == now) return;
        Json there, here;
        try {
            there = model::parse_yaml(wanted);
            here = model::parse_yaml(now);
        } catch (const model::Malformed&) {
            throw Error(Errc::failed, say<Msg::snapshot_lacks>(config_file));
        }
        if (!there.is_object() || !here.is_object())
            throw Error(Errc::failed, say<Msg::snapshot_lacks>(config_file));
        std::set<Category> parts;
        for (std::size_t i = 0; i < category_count; ++i) {
            const auto part = static_cast<Category>(i);
            const auto only_that = [part](Category category) { return category == part; };
            if (merged_frigate(there, here, only_that) != here) parts.insert(part);
        }
        const bool whole =
            std::all_of(parts.begin(), parts.end(), [&](auto part) { return options.wants(part); });
        if (whole && parts.empty() && options.wants(Category::other)) parts.insert(Category::other);
        for (const auto part : parts)
            if (options.wants(part))
                plan.steps.push_back({part, PlanAction::upload,
                                      std::string(config_file) + ": " + std::string(category_name(part))});
        plan.reboots = !plan.steps.empty();
        // Of some of its parts it is written anew: JSON is YAML, and comments are lost.
        upload =
            whole ? wanted
                  : merged_frigate(there, here, [&](Category part) { return options.wants(part); }).dump(2) +
                        "\n";
    }

    void plan_users(const FileSource& wanted, const FileSource& now, RestorePlan& plan,
                    std::vector<Role>& roles) const {
        const auto there = roles_of(wanted);
        const auto here = roles_of(now);
        if (here.empty()) return;
        const auto own = session_.context().setting("user");
        for (const auto& [user, role] : there) {
            const auto found = here.find(user);
            if (found == here.end()) {
                plan.gaps.push_back({Category::users, user, say<Msg::gap_secret>()});
            } else if (found->second != role) {
                if (user == own) {
                    plan.gaps.push_back({Category::users, user, say<Msg::gap_own_account>()});
                } else {
                    plan.steps.push_back({Category::users, PlanAction::change, user});
                    roles.push_back({user, role});
                }
            }
        }
        for (const auto& [user, role] : here)
            if (!there.contains(user))
                plan.gaps.push_back({Category::users, user, say<Msg::gap_not_by_driver>()});
    }

    static std::map<std::string, std::string> roles_of(const FileSource& files) {
        std::map<std::string, std::string> roles;
        try {
            const auto users = model::parse_json(text_of_file(files, users_file));
            if (users.is_array())
                for (const auto& user : users)
                    roles[model::text_of(user, "username")] = model::text_of(user, "role");
        } catch (const model::Malformed&) {
        }
        roles.erase("");
        return roles;
    }

    Session session_;
    Restart restart_;
};

}  // namespace

DriverInfo frigate_driver_info() {
    DriverInfo info;
    info.name = "frigate";
    info.evidence = Evidence::documents;
    info.settings = device_http_settings();
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<FrigateDriver>(context);
    };
    info.model = read_files;
    info.first_pin = first_certificate;
    return info;
}

}  // namespace coffre::drivers
