#include "drivers/equipment/axis.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "drivers/equipment/device_http.hpp"
#include "drivers/model/compare.hpp"

namespace coffre::drivers {

namespace {

using axis::Parameters;
using model::Json;

constexpr const char* device_info_path = "/axis-cgi/basicdeviceinfo.cgi";
constexpr const char* parameters_path = "/axis-cgi/param.cgi";
constexpr const char* users_path = "/axis-cgi/pwdgrp.cgi";
constexpr const char* ready_path = "/axis-cgi/systemready.cgi";
constexpr const char* export_path = "/config/rest/$export";
constexpr const char* import_path = "/config/rest/$import";
constexpr std::size_t chunk_max = 1500;  // bytes of one update: more was seen to be refused
constexpr int restart_seconds = 300;
constexpr int settled = 3;  // answers of the same start that say that there is no restart

std::string text_of_file(const FileSource& files, const std::string& path) {
    const auto content = files.read(path, model_file_max);
    return content ? std::string(as_text(*content)) : std::string();
}

// It says "Error" with the status of a success.
bool is_error_text(std::string_view body) {
    const auto text = model::trimmed(body);
    return text.starts_with("# Error") || text.starts_with("# Request failed") || text.starts_with("Error");
}

std::string form(const std::string& name, const std::string& value) {
    return "&" + url_encoded(name) + "=" + url_encoded(value);
}

class Vapix {
public:
    explicit Vapix(const DriverContext& context) : context_(context), http_(context, login_of(context)) {}

    HttpResponse get(const std::string& path, std::uint64_t limit = 4 << 20) {
        DeviceRequest request;
        request.path = path;
        request.limit = limit;
        return http_.send(request);
    }

    HttpResponse post(const std::string& path, const std::string& type, std::string_view body,
                      const std::string& method = "POST") {
        DeviceRequest request;
        request.method = method;
        request.path = path;
        request.content_type = type;
        request.body = as_bytes(body);
        return http_.send(request);
    }

    // "action=update…" in the body: nothing of it in an address, which servers log.
    HttpResponse post_form(const std::string& path, std::string_view body) {
        return post(path, "application/x-www-form-urlencoded", body);
    }

    HttpResponse device_info() {
        return post(device_info_path, "application/json",
                    R"({"apiVersion":"1.0","method":"getAllProperties"})");
    }

    struct Ready {
        bool answers = false, ready = false;
        std::string boot;  // another one after each start; "": it does not tell
    };
    Ready ready() {
        const auto response = post(ready_path, "application/json",
                                   R"({"apiVersion":"1.0","method":"systemready","params":{"timeout":5}})");
        Ready state;
        state.answers = response.status < 500;
        state.ready = response.status == 404 || response.status == 405;  // older than this question
        if (response.status != 200) return state;
        try {
            const auto json = model::parse_json(as_text(response.body));
            const auto data = json.is_object() ? json.value("data", Json()) : Json();
            state.ready = model::text_of(data, "systemready") == "yes";
            state.boot = model::text_of(data, "bootid");
        } catch (const model::Malformed&) {
        }
        return state;
    }

    // The start that a restore finds it in.
    void note_start() { boot_ = ready().boot; }

    // It may restart, at once or in a moment, or not at all: another start is the proof of the first, several
    // answers of the same one that of the last.
    void wait_until_ready() {
        int same = 0;
        http_.wait_until(
            [&] {
                Ready state;
                try {
                    state = ready();
                } catch (const Error&) {
                    same = 0;
                    throw;
                }
                if (!state.ready) {
                    same = 0;
                    return false;
                }
                if (!state.boot.empty() && !boot_.empty() && state.boot != boot_) {
                    boot_ = state.boot;
                    return true;
                }
                return ++same >= settled;
            },
            restart_seconds);
    }

    [[noreturn]] void fail_status(const std::string& path, int status) const {
        throw Error(Errc::unreachable,
                    say<Msg::device_status>(context_.equipment, path, std::to_string(status)));
    }

    [[noreturn]] void fail_refusal(const std::string& what, const std::string& how) const {
        throw Error(Errc::unreachable, say<Msg::device_says>(context_.equipment, what, how));
    }

    [[nodiscard]] const DriverContext& context() const { return context_; }
    [[nodiscard]] DeviceHttp& http() { return http_; }

private:
    // Newer ones ask for basic where TLS protects it; without TLS the password never goes in clear.
    static DeviceLogin login_of(const DriverContext& context) {
        return context.setting("url").starts_with("https://") ? DeviceLogin::digest_or_basic
                                                              : DeviceLogin::digest;
    }

    const DriverContext& context_;
    DeviceHttp http_;
    std::string boot_;
};

// One step of a restore, with what it sends.
struct Work {
    Parameters update;                 // sent in pieces
    std::string form_path, form_body;  // sent as they are
    std::string import;                // for import_path
};

class AxisRestore final : public RestoreJob {
public:
    AxisRestore(Vapix& vapix, RestorePlan plan, std::vector<Work> work)
        : vapix_(vapix), plan_(std::move(plan)), work_(std::move(work)) {}
    ~AxisRestore() override = default;
    AxisRestore(const AxisRestore&) = delete;
    AxisRestore& operator=(const AxisRestore&) = delete;

    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }

    // A parameter that is refused does not keep the others back: it is told when all steps are done.
    void apply(const std::function<void(const PlanStep&)>& starting) override {
        for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
            const auto& step = plan_.steps[i];
            starting(step);
            const auto& work = work_[i];
            if (!work.update.empty()) update(step.part, work.update);
            if (!work.form_path.empty()) send_form(step.what, work);
            if (work.import.empty()) continue;
            send_import(step.what, work.import);
            if (i + 1 < plan_.steps.size()) vapix_.wait_until_ready();
        }
        if (rejected_.empty()) return;
        std::string names;
        constexpr std::size_t told_max = 10;
        for (std::size_t i = 0; i < rejected_.size() && i < told_max; ++i)
            names += (i == 0 ? "" : ", ") + rejected_[i];
        if (rejected_.size() > told_max) names += ", …";
        vapix_.fail_refusal(names, "# Error");
    }

private:
    void update(Category part, const Parameters& parameters) {
        Parameters chunk;
        std::size_t size = 0;
        for (const auto& [name, value] : parameters) {
            const auto more = form(name, value).size();
            if (!chunk.empty() && size + more > chunk_max) {
                update_chunk(part, chunk);
                chunk.clear();
                size = 0;
            }
            chunk[name] = value;
            size += more;
        }
        update_chunk(part, chunk);
    }

    // One that is refused fails them all: then each goes alone.
    void update_chunk(Category part, const Parameters& chunk) {
        if (taken(part, chunk)) return;
        if (chunk.size() == 1) {
            rejected_.push_back(chunk.begin()->first);
            return;
        }
        for (const auto& [name, value] : chunk)
            if (!taken(part, {{name, value}})) rejected_.push_back(name);
    }

    bool taken(Category part, const Parameters& chunk) {
        std::string body = "action=update";
        for (const auto& [name, value] : chunk) body += form(name, value);
        HttpResponse response;
        if (!vapix_.http().sent_once([&] { response = vapix_.post_form(parameters_path, body); }))
            return is_there(part, chunk);
        if (response.status >= 500) vapix_.fail_status(parameters_path, response.status);
        return response.status == 200 && model::trimmed(as_text(response.body)) == "OK";
    }

    // After a connection that broke off: what does it hold now? Where an address was written, it may be gone
    // from here: that is what was wanted.
    bool is_there(Category part, const Parameters& chunk) {
        try {
            const auto response = vapix_.get(std::string(parameters_path) + "?action=list");
            const auto now = axis::parse_parameters(as_text(response.body));
            return now && std::all_of(chunk.begin(), chunk.end(), [&](const auto& entry) {
                       const auto found = now->find(entry.first);
                       return found != now->end() && found->second == entry.second;
                   });
        } catch (const Error& error) {
            if (part != Category::network || error.code() != Errc::unreachable) throw;
            return true;
        }
    }

    void send_form(const std::string& what, const Work& work) {
        HttpResponse response;
        if (!vapix_.http().sent_once([&] { response = vapix_.post_form(work.form_path, work.form_body); }))
            vapix_.fail_refusal(what, tr<Msg::http_broke_off>());
        if (response.status != 200) vapix_.fail_status(work.form_path, response.status);
        if (is_error_text(as_text(response.body))) vapix_.fail_refusal(what, "Error");
    }

    void send_import(const std::string& what, const std::string& body) {
        HttpResponse response;
        // A restart ends connections: what it took in is compared when it is back.
        if (!vapix_.http().sent_once(
                [&] { response = vapix_.post(import_path, "application/json", body, "PATCH"); }))
            return;
        if (response.status >= 500 || response.status < 200) vapix_.fail_status(import_path, response.status);
        try {
            const auto json = model::parse_json(as_text(response.body));
            if (response.status < 300 && model::text_of(json, "status") == "success") return;
        } catch (const model::Malformed&) {
        }
        vapix_.fail_refusal(what, "$import");
    }

    Vapix& vapix_;
    RestorePlan plan_;
    std::vector<Work> work_;  // of each step
    std::vector<std::string> rejected_;
};

// Compares two captures and lists what would have to be sent.
class Planner {
public:
    Planner(const FileSource& wanted, const FileSource& now, const RestoreOptions& options, std::string own)
        : options_(options),
          own_(std::move(own)),
          wanted_(parameters(wanted)),
          now_(parameters(now)),
          other_device_(value(wanted_, "Properties.System.SerialNumber") !=
                        value(now_, "Properties.System.SerialNumber")) {
        if (value(wanted_, "Properties.Firmware.Version") != value(now_, "Properties.Firmware.Version"))
            gap(Category::identity, value(wanted_, "Properties.Firmware.Version"), say<Msg::gap_firmware>());
        stream_profiles();
        plain_parameters();
        users(wanted, now);
        configuration(wanted, now);
        order();
    }

    RestorePlan plan;
    std::vector<Work> work;

private:
    struct Step {
        PlanStep step;
        Work work;
    };

    static Parameters parameters(const FileSource& files) {
        auto parsed = axis::parse_parameters(text_of_file(files, axis::parameters_file));
        if (!parsed) throw Error(Errc::failed, say<Msg::snapshot_lacks>(axis::parameters_file));
        return std::move(*parsed);
    }

    static std::string value(const Parameters& all, const std::string& name) {
        const auto found = all.find(name);
        return found == all.end() ? std::string() : found->second;
    }

    void gap(Category part, const std::string& what, const Message& why) {
        const bool known = std::any_of(plan.gaps.begin(), plan.gaps.end(), [&](const PlanGap& other) {
            return other.part == part && other.what == what && other.why.id == why.id;
        });
        if (!known) plan.gaps.push_back({part, what, why});
    }

    // "StreamProfile.S0" by the name that it bears.
    static std::map<std::string, std::string> profiles_of(const Parameters& all) {
        std::map<std::string, std::string> found;
        for (const auto& [name, value] : all)
            if (name.starts_with("StreamProfile.S") && name.ends_with(".Name") && !value.empty())
                found[value] = name.substr(0, name.size() - 5);
        return found;
    }

    void stream_profiles() {
        if (!options_.wants(Category::cameras)) return;
        const auto before = profiles_of(wanted_);
        const auto after = profiles_of(now_);
        for (const auto& [name, group] : after) {
            if (before.contains(name)) continue;
            Step step;
            step.step = {Category::cameras, PlanAction::remove, name};
            step.work.form_path = parameters_path;
            step.work.form_body = "action=remove" + form("group", group);
            steps_.push_back(std::move(step));
        }
        for (const auto& [name, group] : before) {
            const auto known = after.find(name);
            if (known != after.end()) {
                for (const auto& [parameter, value] : of_group(wanted_, group)) {
                    const auto there = known->second + parameter.substr(group.size());
                    if (this->value(now_, there) == value || !now_.contains(there)) continue;
                    updates_[{Category::cameras, "profile " + name}][there] = value;
                }
                continue;
            }
            Step step;
            step.step = {Category::cameras, PlanAction::add, name};
            step.work.form_path = parameters_path;
            step.work.form_body =
                "action=add" + form("template", "streamprofile") + form("group", "StreamProfile");
            for (const auto& [parameter, value] : of_group(wanted_, group))
                step.work.form_body += form("StreamProfile.S" + parameter.substr(group.size()), value);
            steps_.push_back(std::move(step));
        }
    }

    static Parameters of_group(const Parameters& all, const std::string& group) {
        Parameters found;
        for (auto i = all.lower_bound(group + "."); i != all.end() && i->first.starts_with(group + "."); ++i)
            found.insert(*i);
        return found;
    }

    void plain_parameters() {
        for (const auto& [name, value] : wanted_) {
            if (name.starts_with("StreamProfile.S")) continue;
            const auto place = axis::place_of(name, wanted_);
            if (!options_.wants(place.part)) continue;
            if (axis::is_volatile(name, wanted_) || axis::is_volatile(name, now_)) continue;
            const auto there = now_.find(name);
            const bool same = there != now_.end() && there->second == value;
            if (axis::is_masked(value)) {
                if (!same || other_device_) gap(place.part, name, say<Msg::gap_secret>());
            } else if (same) {
                continue;
            } else if (axis::is_read_only(name)) {
                gap(place.part, name, say<Msg::gap_read_only>());
            } else if (there == now_.end()) {
                missing_[name] = value;
            } else {
                updates_[{place.part, place.key}][name] = value;
            }
        }
    }

    void users(const FileSource& wanted, const FileSource& now) {
        if (!options_.wants(Category::users)) return;
        const auto before = axis::parse_users(text_of_file(wanted, axis::users_file));
        const auto after = axis::parse_users(text_of_file(now, axis::users_file));
        if (!before || !after) return;
        for (const auto& [name, groups] : *before) {
            const auto known = after->find(name);
            if (known == after->end()) {
                gap(Category::users, name, say<Msg::gap_secret>());
                continue;
            }
            if (known->second == groups) continue;
            if (name == own_) {
                gap(Category::users, name, say<Msg::gap_own_account>());
                continue;
            }
            std::string list;
            for (const char* group : {"admin", "operator", "viewer", "ptz"})
                if (groups.contains(group)) list += (list.empty() ? "" : ":") + std::string(group);
            if (list.empty()) {
                gap(Category::users, name, say<Msg::gap_not_by_driver>());
                continue;
            }
            Step step;
            step.step = {Category::users, PlanAction::change, name};
            step.work.form_path = users_path;
            step.work.form_body =
                "action=update" + form("user", name) + form("grp", "users") + form("sgrp", list);
            steps_.push_back(std::move(step));
        }
        for (const auto& [name, groups] : *after) {
            if (before->contains(name)) continue;
            if (name == own_) {
                gap(Category::users, name, say<Msg::gap_own_account>());
                continue;
            }
            Step step;
            step.step = {Category::users, PlanAction::remove, name};
            step.work.form_path = users_path;
            step.work.form_body = "action=remove" + form("user", name);
            steps_.push_back(std::move(step));
        }
    }

    static std::optional<Json> interfaces(const FileSource& files) {
        const auto text = text_of_file(files, axis::configuration_file);
        if (text.empty()) return std::nullopt;
        try {
            return axis::exported_interfaces(text);
        } catch (const model::Malformed&) {
            return std::nullopt;
        }
    }

    // What was masked or left out is not written; empty where nothing is left.
    static Json without_masked(const Json& json) {
        if (json.is_object()) {
            auto out = Json::object();
            for (const auto& [name, value] : json.items())
                if (!value.is_string() || !axis::is_masked(value.get_ref<const std::string&>()))
                    out[name] = without_masked(value);
            return out;
        }
        if (!json.is_array()) return json;
        auto out = Json::array();
        for (const auto& value : json) out.push_back(without_masked(value));
        return out;
    }

    void configuration(const FileSource& wanted, const FileSource& now) {
        const auto before = interfaces(wanted);
        const auto after = interfaces(now);
        std::string parameters_name;
        if (after)
            for (const auto& [name, data] : after->items())
                if (name.starts_with("param.")) parameters_name = name;
        missing(parameters_name);
        if (!before) return;
        for (const auto& [name, data] : before->items()) {
            const auto part = axis::category_of_interface(name);
            if (name.starts_with("param.") || part == Category::users || !options_.wants(part)) continue;
            if (!after || !after->contains(name)) {
                gap(part, name, say<Msg::gap_not_in_device>());
                continue;
            }
            Model old, current;
            axis::put_interface(name, data, old);
            axis::put_interface(name, (*after)[name], current);
            bool differs = false;
            for (const auto& change : model::compare(current, old)) {
                // A merge takes nothing away.
                if (change.kind == model::ChangeKind::removed)
                    gap(part, change.label.empty() ? change.key : change.label,
                        say<Msg::gap_not_by_driver>());
                else
                    differs = true;
            }
            if (!differs) continue;
            Step step;
            step.step = {part, PlanAction::upload, name};
            step.work.import = import_body({{name, without_masked(data)}});
            steps_.push_back(std::move(step));
            plan.reboots = true;
        }
    }

    static std::string import_body(const Json& data) {
        return Json{{"data", data}, {"options", {{"importType", "merge"}}}}.dump();
    }

    // Groups that the equipment has not (any more). Its newer interface makes them by itself.
    void missing(const std::string& interface_name) {
        std::map<Category, Parameters> makeable;
        for (const auto& [name, value] : missing_) {
            const auto place = axis::place_of(name, wanted_);
            if (interface_name.empty() || place.key.find('.') == std::string::npos)
                gap(place.part, place.key, say<Msg::gap_not_in_device>());
            else
                makeable[place.part][name] = value;
        }
        for (const auto& [part, parameters] : makeable) {
            Step step;
            step.step = {part, PlanAction::add, interface_name};
            step.work.import = import_body({{interface_name, axis::nested(parameters)}});
            steps_.push_back(std::move(step));
            plan.reboots = true;
        }
    }

    // Network last: what else is to be done needs the way that is there. Imports may end in a restart.
    void order() {
        for (auto& [place, parameters] : updates_) {
            Step step;
            auto what = place.second;
            const auto address = parameters.find("Network.IPAddress");
            if (address != parameters.end())
                what += " (" + value(now_, "Network.IPAddress") + " → " + address->second + ")";
            step.step = {place.first, PlanAction::change, what};
            step.work.update = parameters;
            steps_.push_back(std::move(step));
        }
        const auto rank = [](const Step& step) {
            return (step.step.part == Category::network ? 2 : 0) + (step.work.import.empty() ? 0 : 1);
        };
        std::stable_sort(steps_.begin(), steps_.end(),
                         [&](const Step& a, const Step& b) { return rank(a) < rank(b); });
        for (auto& step : steps_) {
            plan.steps.push_back(std::move(step.step));
            work.push_back(std::move(step.work));
        }
    }

    const RestoreOptions& options_;
    std::string own_;
    Parameters wanted_, now_;
    bool other_device_ = false;
    std::vector<Step> steps_;
    std::map<std::pair<Category, std::string>, Parameters> updates_;  // by item
    Parameters missing_;
};

class AxisDriver final : public EquipmentDriver {
public:
    explicit AxisDriver(const DriverContext& context) : context_(context), vapix_(context) {}
    ~AxisDriver() override = default;
    AxisDriver(const AxisDriver&) = delete;
    AxisDriver& operator=(const AxisDriver&) = delete;

    [[nodiscard]] std::string id() const override { return axis_driver_info().id(); }

    DeviceIdentity identify() override {
        const auto response = vapix_.device_info();
        DeviceIdentity identity;
        if (response.status == 200) {
            const auto list = properties(as_text(response.body));
            identity.manufacturer = model::text_of(list, "Brand");
            identity.model = model::text_of(list, "ProdNbr");
            identity.serial = model::text_of(list, "SerialNumber");
            identity.firmware = model::text_of(list, "Version");
        } else {
            // Firmware before 8.40 has the parameters alone.
            const auto text = vapix_.http().get(std::string(parameters_path) +
                                                "?action=list&group=root.Brand,root.Properties.Firmware,"
                                                "root.Properties.System");
            auto parameters = axis::parse_parameters(text).value_or(Parameters());
            identity.manufacturer = parameters["Brand.Brand"];
            identity.model = parameters["Brand.ProdNbr"];
            identity.serial = parameters["Properties.System.SerialNumber"];
            identity.firmware = parameters["Properties.Firmware.Version"];
        }
        if (identity.model.empty() && identity.serial.empty())
            throw Error(Errc::unreachable,
                        say<Msg::device_other_kind>(context_.equipment, vapix_.http().place(), "Axis"));
        return identity;
    }

    void capture(CaptureSink& sink) override {
        stored_ = false;
        section(sink, axis::device_file, [&] { device_info(sink); });
        section(sink, axis::parameters_file, [&] {
            const auto text = vapix_.http().get(std::string(parameters_path) + "?action=list", 16 << 20);
            if (!axis::parse_parameters(text)) fail_answer(context_, parameters_path, "VAPIX");
            store(sink, axis::parameters_file, text);
        });
        section(sink, axis::users_file, [&] {
            const auto text = vapix_.http().get(std::string(users_path) + "?action=get");
            if (!axis::parse_users(text)) fail_answer(context_, users_path, "VAPIX");
            store(sink, axis::users_file, text);
        });
        section(sink, axis::configuration_file, [&] { configuration(sink); });
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        Planner planner(wanted, now, options, vapix_.http().user());
        vapix_.note_start();
        return std::make_unique<AxisRestore>(vapix_, std::move(planner.plan), std::move(planner.work));
    }

    void wait_until_ready() override { vapix_.wait_until_ready(); }

private:
    static void take(CaptureSink& sink, const char* name, std::string_view text) {
        sink.file({name}, false, as_bytes(text));
    }

    void store(CaptureSink& sink, const char* name, std::string_view text) {
        take(sink, name, text);
        stored_ = true;
    }

    // The first question decides whether there is anything to ask; later ones fail alone.
    template <class Fn>
    void section(CaptureSink& sink, const char* name, Fn&& fn) {
        try {
            fn();
        } catch (const Error& error) {
            if (error.code() != Errc::unreachable || !stored_) throw;
            sink.failed({name}, error.message());
        }
    }

    static Json properties(std::string_view text) {
        try {
            const auto json = model::parse_json(text);
            const auto data = json.is_object() ? json.value("data", Json()) : Json();
            return data.is_object() ? data.value("propertyList", Json()) : Json();
        } catch (const model::Malformed&) {
            return {};
        }
    }

    void device_info(CaptureSink& sink) {
        const auto response = vapix_.device_info();
        if (response.status == 404 || response.status == 405) {
            sink.skipped({axis::device_file}, say<Msg::device_section_absent>("basicdeviceinfo.cgi"));
            return;
        }
        if (response.status != 200) vapix_.fail_status(device_info_path, response.status);
        if (!properties(as_text(response.body)).is_object()) fail_answer(context_, device_info_path, "VAPIX");
        store(sink, axis::device_file, as_text(response.body));
    }

    void configuration(CaptureSink& sink) {
        const auto response = vapix_.get(export_path, model_file_max);
        if (response.status == 404 || response.status == 405 || response.status == 501) {
            sink.skipped({axis::configuration_file}, say<Msg::device_section_absent>("$export"));
            return;
        }
        if (response.status != 200) vapix_.fail_status(export_path, response.status);
        try {
            axis::exported_interfaces(as_text(response.body));
        } catch (const model::Malformed&) {
            fail_answer(context_, export_path, "JSON");
        }
        store(sink, axis::configuration_file, as_text(response.body));
    }

    const DriverContext& context_;
    Vapix vapix_;
    bool stored_ = false;
};

}  // namespace

DriverInfo axis_driver_info() {
    DriverInfo info;
    info.name = "axis";
    info.evidence = Evidence::documents;
    info.settings = device_http_settings();
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<AxisDriver>(context);
    };
    info.model = [](const FileSource& files, Model& model) { read_all(files, axis_reader(), model); };
    info.first_pin = first_certificate;
    return info;
}

}  // namespace coffre::drivers
