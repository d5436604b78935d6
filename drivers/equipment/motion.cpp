#include "drivers/equipment/motion.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.hpp"
#include "drivers/equipment/device_http.hpp"
#include "drivers/equipment/recognise.hpp"
#include "drivers/equipment/url_credentials.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

constexpr const char* overview_file = "overview.conf";
constexpr const char* all_cameras = "0";  // the parameters that hold where a camera has none of its own
constexpr int gone_seconds = 5;
constexpr int ready_seconds = 60;
constexpr int probe_ms = 200;

using Parameters = std::map<std::string, std::string>;

// ---- what it answers

struct Overview {
    std::string version;
    std::set<std::string> cameras;  // their ids
};

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(model::trimmed(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() < 10 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "Motion 4.5.1 Running [2] Cameras" and a line for each of them.
Overview parse_overview(std::string_view text) {
    const auto lines = lines_of(text);
    constexpr std::string_view start = "Motion ";
    if (lines.empty() || !lines[0].starts_with(start) || lines[0].find(" Running ") == std::string_view::npos)
        throw model::Malformed{"text"};
    Overview overview;
    overview.version = lines[0].substr(start.size(), lines[0].find(' ', start.size()) - start.size());
    for (const auto line : lines)
        if (is_number(line) && line != all_cameras) overview.cameras.insert(std::string(line));
    return overview;
}

// "  name = value " lines. What was not set is "(null)", and what was taken away again is blank.
Parameters parse_parameters(std::string_view text) {
    Parameters parameters;
    for (const auto line : lines_of(text)) {
        if (line.empty()) continue;
        const auto mark = line.find('=');
        if (mark == std::string_view::npos) throw model::Malformed{"text"};
        const auto name = model::trimmed(line.substr(0, mark));
        const auto value = model::trimmed(line.substr(mark + 1));
        if (name.empty() || name.find_first_of(" <>\"") != std::string_view::npos)
            throw model::Malformed{"text"};
        parameters[std::string(name)] = value == "(null)" ? "" : std::string(value);
    }
    if (!parameters.contains("camera_name")) throw model::Malformed{"text"};
    return parameters;
}

std::string file_of(const std::string& camera) {
    return camera == all_cameras ? "default.conf" : "camera-" + camera + ".conf";
}

// A stored capture, by camera; what cannot be read is not there.
struct Stored {
    std::string version;
    std::map<std::string, Parameters> cameras;
    std::vector<std::string> files;
};

Stored read_stored(const FileSource& files) {
    Stored stored;
    for (const auto& file : files.files()) {
        std::string camera;
        if (file.path == file_of(all_cameras))
            camera = all_cameras;
        else if (file.path.starts_with("camera-") && file.path.ends_with(".conf"))
            camera = file.path.substr(7, file.path.size() - 12);
        if (file.path != overview_file && !is_number(camera)) continue;
        const auto content = files.read(file.path, model_file_max);
        if (!content) continue;
        try {
            if (file.path == overview_file)
                stored.version = parse_overview(as_text(*content)).version;
            else
                stored.cameras[camera] = parse_parameters(as_text(*content));
            stored.files.push_back(file.path);
        } catch (const model::Malformed&) {
            continue;
        }
    }
    return stored;
}

// ---- what it means

bool starts_with_one_of(std::string_view name, std::initializer_list<std::string_view> starts) {
    return std::any_of(starts.begin(), starts.end(), [&](auto start) { return name.starts_with(start); });
}

Category category_of(const std::string& camera, std::string_view name) {
    if (starts_with_one_of(name, {"movie_", "ffmpeg_", "picture_", "snapshot_", "timelapse_", "pre_capture",
                                  "post_capture", "event_gap", "target_dir", "extpipe"}))
        return Category::recording;
    if (starts_with_one_of(name,
                           {"on_", "threshold", "noise_", "despeckle", "area_detect", "mask_", "smart_mask",
                            "lightswitch", "minimum_motion", "emulate_motion", "locate_motion", "pause"}))
        return Category::events;
    if (name == "webcontrol_authentication" || (name == "stream_authentication" && camera == all_cameras))
        return Category::users;
    if (camera != all_cameras)
        return starts_with_one_of(name, {"database_", "sql_"}) ? Category::other : Category::cameras;
    return starts_with_one_of(name, {"webcontrol_", "stream_"}) ? Category::network : Category::other;
}

std::string key_of(const std::string& camera, Category category, std::string_view name) {
    if (category == Category::users) return std::string(name.substr(0, name.find('_')));
    return camera == all_cameras ? "default" : camera;
}

// "user:password"
void set_login(Item& item, const std::string& user_field, const std::string& login) {
    const auto colon = login.find(':');
    item.set(user_field, login.substr(0, colon));
    item.set_secret("password", colon == std::string::npos ? "" : login.substr(colon + 1));
}

void set_parameter(Item& item, const std::string& name, const std::string& value) {
    static const std::map<std::string, std::string> neutral{
        {"camera_name", "name"},       {"framerate", "frame_rate"},     {"netcam_url", "address"},
        {"pre_capture", "pre_record"}, {"post_capture", "post_record"}, {"movie_output", "enabled"},
        {"movie_codec", "codec"},      {"movie_quality", "quality"},    {"movie_bps", "bitrate"}};
    const auto known = neutral.find(name);
    const auto& field = known == neutral.end() ? name : known->second;
    if (name == "webcontrol_authentication" || name == "stream_authentication") {
        set_login(item, "name", value);
    } else if (name == "netcam_userpass") {
        set_login(item, "user", value);
    } else if (name == "netcam_url" || name == "netcam_high_url") {
        const auto split = split_url(value);
        item.set(field, split.address);
        if (!split.user.empty()) item.set(name + "_user", split.user);
        if (!split.password.empty()) item.set_secret(name + "_password", split.password);
        if (!split.query.empty()) item.set_secret(name + "_query", split.query);
    } else if (name.find("password") != std::string::npos) {
        item.set_secret(field, value);
    } else {
        item.set(field, value);
    }
}

void read_camera(const std::string& camera, const Parameters& parameters, Model& model) {
    const auto name = parameters.find("camera_name");
    for (const auto& [parameter, value] : parameters) {
        if (parameter == "camera_id" || parameter == "width" || parameter == "height") continue;
        const auto category = category_of(camera, parameter);
        auto& item = model.item(category, key_of(camera, category, parameter));
        if (camera != all_cameras && name != parameters.end()) item.label = name->second;
        set_parameter(item, parameter, value);
    }
    const auto width = parameters.find("width"), height = parameters.find("height");
    if (width == parameters.end() || height == parameters.end()) return;
    const auto category = category_of(camera, "width");
    model.item(category, key_of(camera, category, "width"))
        .set("resolution", width->second + "x" + height->second);
}

void read_model(const FileSource& files, Model& model) {
    const auto stored = read_stored(files);
    if (!stored.version.empty())
        model.device().set("manufacturer", "Motion").set("model", "motion").set("firmware", stored.version);
    for (const auto& [camera, parameters] : stored.cameras) read_camera(camera, parameters, model);
    for (const auto& file : stored.files) model.explains(file);
}

// ---- back into it

struct Setting {
    std::string camera, name, value;
};

// The settings of one camera in one part of the configuration.
struct MotionStep {
    PlanStep step;
    std::vector<Setting> settings;
};

class MotionRestore final : public RestoreJob {
public:
    MotionRestore(const DriverContext& context, DeviceHttp& http, const Stored& wanted, const Stored& now,
                  const RestoreOptions& options)
        : context_(context), http_(http) {
        if (wanted.cameras.empty())
            throw Error(Errc::failed, say<Msg::device_section_missing>(file_of(all_cameras)));
        for (const auto& [camera, parameters] : wanted.cameras) {
            const auto there = now.cameras.find(camera);
            if (there == now.cameras.end())
                missing(camera, parameters, options);
            else
                compare(camera, parameters, there->second, options);
        }
        for (const auto& [camera, parameters] : now.cameras)
            if (!wanted.cameras.contains(camera)) missing(camera, parameters, options);
        // The network last.
        std::stable_sort(steps_.begin(), steps_.end(), [](const MotionStep& a, const MotionStep& b) {
            return (a.step.part == Category::network) < (b.step.part == Category::network);
        });
        for (const auto& step : steps_) plan_.steps.push_back(step.step);
        if (steps_.empty()) return;
        plan_.steps.push_back({Category::other, PlanAction::command, "write"});
        plan_.steps.push_back({Category::other, PlanAction::command, "restart"});
        plan_.reboots = true;
    }

    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }

    void apply(const std::function<void(const PlanStep&)>& starting) override {
        if (steps_.empty()) return;
        for (const auto& step : steps_) {
            starting(step.step);
            for (const auto& setting : step.settings) {
                // An empty value is a question to it; a blank is none when it has read its files again.
                const auto& value = setting.value.empty() ? std::string(" ") : setting.value;
                command("/" + setting.camera + "/config/set?" + url_encoded(setting.name) + "=" +
                            url_encoded(value),
                        setting.name);
            }
        }
        starting(plan_.steps[plan_.steps.size() - 2]);
        command("/0/config/write", "write");
        starting(plan_.steps.back());
        command("/0/action/restart", "restart");
    }

private:
    // How it is reached is not changed by way of what reaches it, and its files name its cameras.
    static bool by_hand(std::string_view name) {
        constexpr std::array<std::string_view, 4> names{"camera", "camera_dir", "daemon", "setup_mode"};
        return name.starts_with("webcontrol_") || std::find(names.begin(), names.end(), name) != names.end();
    }

    static std::string label_of(const std::string& camera, const Parameters& parameters) {
        const auto name = parameters.find("camera_name");
        if (camera == all_cameras) return "default";
        return name == parameters.end() || name->second.empty() ? camera : name->second;
    }

    void missing(const std::string& camera, const Parameters& parameters, const RestoreOptions& options) {
        if (camera != all_cameras && options.wants(Category::cameras))
            plan_.gaps.push_back(
                {Category::cameras, label_of(camera, parameters), say<Msg::gap_motion_camera>()});
    }

    void compare(const std::string& camera, const Parameters& wanted, const Parameters& now,
                 const RestoreOptions& options) {
        std::map<Category, std::vector<Setting>> parts;
        for (const auto& [name, value] : wanted) {
            const auto there = now.find(name);
            const auto part = category_of(camera, name);
            if (name == "camera_id" || !options.wants(part)) continue;
            if (there == now.end())
                plan_.gaps.push_back({part, name, say<Msg::gap_not_in_device>()});
            else if (there->second == value)
                continue;
            else if (name == "webcontrol_authentication")
                plan_.gaps.push_back({part, name, say<Msg::gap_own_account>()});
            else if (by_hand(name))
                plan_.gaps.push_back({part, name, say<Msg::gap_by_hand>("motion.conf")});
            else
                parts[part].push_back({camera, name, value});
        }
        for (auto& [part, settings] : parts)
            steps_.push_back({{part, PlanAction::change, label_of(camera, wanted)}, std::move(settings)});
    }

    // A GET, as all of its commands are. It says "Done", whatever the status.
    void command(std::string path, const std::string& what) {
        DeviceRequest request;
        request.path = std::move(path);
        HttpResponse response;
        const bool answered = http_.sent_once([&] { response = http_.send(request); });
        wipe_text(request.path);
        if (!answered) return;
        const auto text = as_text(response.body);
        if (response.status != 200 || text.find("Done") == std::string_view::npos)
            throw Error(Errc::unreachable, say<Msg::device_says>(context_.equipment, what,
                                                                 "HTTP " + std::to_string(response.status)));
    }

    const DriverContext& context_;
    DeviceHttp& http_;
    RestorePlan plan_;
    std::vector<MotionStep> steps_;
};

// ---- the driver

class MotionDriver final : public EquipmentDriver {
public:
    explicit MotionDriver(const DriverContext& context)
        : context_(context), http_(context, DeviceLogin::digest_or_basic) {}

    [[nodiscard]] std::string id() const override { return "motion 1"; }

    DeviceIdentity identify() override {
        return {"Motion", "motion", "", read_overview().second.version, ""};
    }

    void capture(CaptureSink& sink) override {
        const auto [text, overview] = read_overview();
        sink.file({overview_file}, false, as_bytes(text));
        std::optional<Message> gone;
        capture_camera(all_cameras, sink, gone);
        for (const auto& camera : overview.cameras) capture_camera(camera, sink, gone);
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        return std::make_unique<MotionRestore>(context_, http_, read_stored(wanted), read_stored(now),
                                               options);
    }

    // It answers to the restart first, and stops answering after.
    void wait_until_ready() override {
        auto& clock = context_.environment.clock;
        const auto answers = [&] {
            read_overview();
            return true;
        };
        try {
            for (int i = 0; i < gone_seconds * 1000 / probe_ms && answers(); ++i) clock.sleep_ms(probe_ms);
        } catch (const Error& error) {
            if (error.code() != Errc::unreachable || error.message().id == Msg::device_login_refused) throw;
        }
        http_.wait_until(answers, ready_seconds, probe_ms);
    }

private:
    std::pair<std::string, Overview> read_overview() {
        auto text = http_.get("/");
        try {
            auto overview = parse_overview(text);
            return {std::move(text), std::move(overview)};
        } catch (const model::Malformed&) {
            // A page for people, too, where webcontrol_interface is 0.
            throw Error(Errc::unreachable, say<Msg::device_other_kind>(context_.equipment, http_.place(),
                                                                       "motion (webcontrol_interface 1)"));
        }
    }

    void capture_camera(const std::string& camera, CaptureSink& sink, std::optional<Message>& gone) {
        const auto file = file_of(camera);
        if (gone) {
            sink.failed({file}, *gone);
            return;
        }
        const auto path = "/" + camera + "/config/list";
        try {
            const auto text = http_.get(path);
            const auto parameters = parse_parameters(text);
            sink.file({file}, false, as_bytes(text));
            if (camera == all_cameras && !parameters.contains("webcontrol_authentication"))
                sink.failed({"restricted.conf"}, say<Msg::motion_hides>());
        } catch (const model::Malformed&) {
            sink.failed({file}, say<Msg::device_answer>(context_.equipment, path, "text"));
        } catch (const Error& error) {
            if (error.code() != Errc::unreachable) throw;
            sink.failed({file}, error.message());
            if (error.message().id != Msg::device_status) gone = error.message();
        }
    }

    const DriverContext& context_;
    DeviceHttp http_;
};

}  // namespace

DriverInfo motion_driver_info() {
    DriverInfo info;
    info.name = "motion";
    info.evidence = Evidence::real_product;
    info.settings = device_http_settings();
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<MotionDriver>(context);
    };
    info.model = read_model;
    info.first_pin = first_certificate;
    return info;
}

}  // namespace coffre::drivers
