#include "tests/support/sample_driver.hpp"

#include "base/error.hpp"
#include "drivers/equipment/device_http.hpp"
#include "drivers/equipment/recognise.hpp"
#include "drivers/model/compare.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::test {

namespace {

using drivers::DeviceHttp;
using drivers::DriverContext;

void read_device(std::string_view content, Model& model) {
    const auto json = model::parse_json(content);
    for (const auto* field : {"model", "serial", "firmware", "name"})
        model.device().set(field, model::text_of(json, field));
}

void read_cameras(std::string_view content, Model& model) {
    const model::Xml xml(content);
    for (const auto camera : model::children(xml.root(), "camera")) {
        auto& item = model.item(Category::cameras, model::text_at(camera, "id"));
        item.label = model::text_at(camera, "name");
        item.set("name", item.label).set_secret("password", model::text_at(camera, "password"));
    }
}

void read_users(std::string_view content, Model& model) {
    const auto json = model::parse_json(content);
    if (!json.is_array()) throw model::Malformed{"JSON"};
    for (const auto& user : json)
        model.item(Category::users, model::text_of(user, "name")).set("level", model::text_of(user, "level"));
}

void read_network(std::string_view content, Model& model) {
    for (const auto& [name, value] : model::leaves(model::parse_json(content)))
        model.item(Category::network, "interface").set(name, value);
}

struct Section {
    const char* path;
    const char* file;
    const char* format;
    void (*read)(std::string_view content, Model& model);
};
constexpr Section sections[]{{"/device", "device.json", "JSON", read_device},
                             {"/cameras", "cameras.xml", "XML", read_cameras},
                             {"/users", "users.json", "JSON", read_users},
                             {"/network", "network.json", "JSON", read_network}};

void read_files(const FileSource& files, Model& model) {
    for (const auto& section : sections)
        if (const auto content = files.read(section.file, drivers::model_file_max)) {
            try {
                section.read(as_text(*content), model);
                model.explains(section.file);
            } catch (const model::Malformed&) {
            }
        }
}

class SampleJob final : public RestoreJob {
public:
    SampleJob(DeviceHttp& http, std::vector<std::pair<std::string, std::string>> requests, RestorePlan plan)
        : http_(http), requests_(std::move(requests)), plan_(std::move(plan)) {}
    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }
    void apply(const std::function<void(const PlanStep&)>& starting) override {
        for (std::size_t i = 0; i < requests_.size(); ++i) {
            starting(plan_.steps[i]);
            drivers::DeviceRequest request;
            request.method = "PUT";
            request.path = requests_[i].first;
            request.body = as_bytes(requests_[i].second);
            http_.send(request);
        }
    }

private:
    DeviceHttp& http_;
    std::vector<std::pair<std::string, std::string>> requests_;
    RestorePlan plan_;
};

class SampleDriver final : public EquipmentDriver {
public:
    explicit SampleDriver(const DriverContext& context)
        : context_(context), http_(context, drivers::DeviceLogin::digest_or_basic) {}

    [[nodiscard]] std::string id() const override { return "sample 1"; }

    DeviceIdentity identify() override {
        Model model;
        read(sections[0], http_.get(sections[0].path), model);
        return {"", model.device_field("model"), model.device_field("serial"), model.device_field("firmware"),
                model.device_field("name")};
    }

    void capture(CaptureSink& sink) override {
        for (const auto& section : sections) {
            const auto content = http_.get(section.path);
            Model model;
            read(section, content, model);
            sink.file({section.file}, false, as_bytes(content));
        }
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        Model there, here;
        read_files(wanted, there);
        read_files(now, here);
        RestorePlan plan;
        std::vector<std::pair<std::string, std::string>> requests;
        for (const auto& change : model::compare(here, there)) {
            if (!options.wants(change.category)) continue;
            if (change.category == Category::cameras && change.kind == model::ChangeKind::changed) {
                plan.steps.push_back({Category::cameras, PlanAction::change, change.label});
                requests.emplace_back("/cameras/" + drivers::url_encoded(change.key),
                                      model::Json{{"name", change.label}}.dump());
            } else if (change.category == Category::network) {
                plan.steps.push_back({Category::network, PlanAction::change, "interface"});
                requests.emplace_back(
                    "/network",
                    model::Json{{"hostname", there.find(change.category, change.key)->value("hostname")}}
                        .dump());
            }
        }
        return std::make_unique<SampleJob>(http_, std::move(requests), std::move(plan));
    }

private:
    void read(const Section& section, const std::string& content, Model& model) {
        try {
            section.read(content, model);
        } catch (const model::Malformed&) {
            drivers::fail_answer(context_, section.path, section.format);
        }
    }

    const DriverContext& context_;
    DeviceHttp http_;
};

}  // namespace

const drivers::DriverInfo& sample_driver() {
    static const auto made = [] {
        drivers::DriverInfo info;
        info.name = "sample";
        info.settings = drivers::device_http_settings();
        info.is_remote = true;
        info.restores = true;
        info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
            return std::make_unique<SampleDriver>(context);
        };
        info.model = read_files;
        info.first_pin = drivers::first_certificate;
        return info;
    }();
    return made;
}

}  // namespace coffre::test
