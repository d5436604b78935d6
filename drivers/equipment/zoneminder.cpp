#include "drivers/equipment/zoneminder.hpp"

#include "base/error.hpp"
#include "drivers/equipment/zoneminder_api.hpp"
#include "drivers/equipment/zoneminder_database.hpp"
#include "drivers/equipment/zoneminder_restore.hpp"
#include "drivers/equipment/zoneminder_tables.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

constexpr const char* version_path = "/api/host/getVersion.json";
constexpr int pages_max = 1000;
constexpr int ready_seconds = 120;

class ZoneMinderDriver final : public EquipmentDriver {
public:
    explicit ZoneMinderDriver(const DriverContext& context)
        : context_(context), api_(context), database_(context) {}

    [[nodiscard]] std::string id() const override { return "zoneminder 1"; }

    DeviceIdentity identify() override {
        const auto [text, version] = read_version();
        return {"ZoneMinder", "ZoneMinder", "", version, ""};
    }

    void capture(CaptureSink& sink) override {
        const auto [text, version] = read_version();
        sink.file({zoneminder_version_file}, false, as_bytes(text));
        std::optional<Message> gone;  // why nothing more can be read
        for (const auto& section : zoneminder_sections()) {
            if (gone)
                sink.failed({section.file}, *gone);
            else
                capture_section(section, sink, gone);
        }
        if (database_.is_set())
            capture_database(sink);
        else
            sink.skipped({zoneminder_dump_file}, say<Msg::zoneminder_no_database>());
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        return prepare_zoneminder_restore({context_, api_, database_}, wanted, now, options);
    }

    void wait_until_ready() override {
        api_.http().wait_until([&] { return !read_version().second.empty() && api_.is_running(); },
                               ready_seconds);
    }

private:
    // What it answers, and the version that it tells.
    std::pair<std::string, std::string> read_version() {
        auto text = api_.get(version_path);
        std::string version;
        try {
            const auto json = model::parse_json(text);
            if (json.is_object()) version = model::text_of(json, "version");
        } catch (const model::Malformed&) {
            fail_answer(context_, version_path, "JSON");
        }
        if (version.empty())
            throw Error(Errc::unreachable,
                        say<Msg::device_other_kind>(context_.equipment, api_.http().place(), "ZoneMinder"));
        return {std::move(text), std::move(version)};
    }

    void capture_section(const ZoneMinderSection& section, CaptureSink& sink, std::optional<Message>& gone) {
        std::string text;
        for (int page = 1; page <= pages_max; ++page) {
            auto path = section.path;
            if (const auto first = path.find("page:1"); first != std::string::npos)
                path.replace(first, 6, "page:" + std::to_string(page));
            const auto file = zoneminder_page(section, page);
            bool more = false;
            try {
                const auto response = api_.ask(path);
                if (response.status == 404 && !section.required) {
                    sink.skipped({file}, say<Msg::device_section_absent>(section.list));
                    return;
                }
                more = check_section(section, path, response);
                text = as_text(response.body);
            } catch (const Error& error) {
                if (error.code() != Errc::unreachable) throw;
                sink.failed({file}, error.message());
                const auto id = error.message().id;
                if (id != Msg::device_status && id != Msg::device_answer) gone = error.message();
                return;
            }
            sink.file({file}, false, as_bytes(text));
            if (!more) return;
        }
        sink.failed({section.file}, say<Msg::device_section_missing>(section.list));
    }

    // Throws where it is not what was asked for; true where there is another page.
    bool check_section(const ZoneMinderSection& section, const std::string& path,
                       const HttpResponse& response) {
        if (response.status != 200)
            throw Error(Errc::unreachable,
                        say<Msg::device_status>(context_.equipment, path, std::to_string(response.status)));
        try {
            ZoneMinderTables tables;
            read_zoneminder_answer(section, as_text(response.body), tables);
            const auto json = model::parse_json(as_text(response.body));
            const auto pages = json.find("pagination");
            return pages != json.end() && pages->is_object() && pages->value("nextPage", false);
        } catch (const model::Malformed&) {
            fail_answer(context_, path, "JSON");
        } catch (const model::Json::exception&) {
            fail_answer(context_, path, "JSON");
        }
    }

    void capture_database(CaptureSink& sink) {
        std::string text;
        try {
            text = database_.dump();
        } catch (const Error& error) {
            if (error.code() != Errc::unreachable && error.code() != Errc::failed) throw;
            sink.failed({zoneminder_dump_file}, error.message());
            return;
        }
        sink.file({zoneminder_dump_file}, false, as_bytes(text));
        wipe_text(text);
    }

    const DriverContext& context_;
    ZoneMinderApi api_;
    ZoneMinderDatabase database_;
};

void read_tables(const ZoneMinderTables& found, Model& model) {
    for (const auto& [table, rows] : found.tables)
        for (const auto& [key, values] : rows) read_zoneminder_row(table, row_of(values), model);
    for (const auto& file : found.files) model.explains(file);
}

void read_model(const FileSource& files, Model& model) {
    const auto api = api_tables(files);
    if (!api.version.empty())
        model.device()
            .set("manufacturer", "ZoneMinder")
            .set("model", "ZoneMinder")
            .set("firmware", api.version);
    read_tables(api, model);
    if (const auto database = database_tables(files)) read_tables(*database, model);
}

}  // namespace

DriverInfo zoneminder_driver_info() {
    DriverInfo info;
    info.name = "zoneminder";
    info.evidence = Evidence::real_product;
    info.settings = device_http_settings();
    for (auto& setting : zoneminder_database_settings()) info.settings.push_back(std::move(setting));
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<ZoneMinderDriver>(context);
    };
    info.model = read_model;
    info.first_pin = first_certificate;
    return info;
}

}  // namespace coffre::drivers
