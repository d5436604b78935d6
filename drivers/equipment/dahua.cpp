#include "drivers/equipment/dahua.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "drivers/equipment/dahua_sections.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

using namespace dahua;

constexpr std::uint64_t section_max = 4ull << 20;  // bytes
constexpr std::uint64_t backup_max = 16ull << 20;  // likewise
constexpr std::size_t backup_min = 200;
constexpr int slow_seconds = 120;  // all of a configuration takes a device several seconds
constexpr int restart_seconds = 300;

struct Question {
    std::string_view file, path;
    bool required = false;
};
constexpr std::array<Question, 6> questions{{
    {system_info_file, "/cgi-bin/magicBox.cgi?action=getSystemInfo", true},
    {version_file, "/cgi-bin/magicBox.cgi?action=getSoftwareVersion", true},
    {"device-type.txt", "/cgi-bin/magicBox.cgi?action=getDeviceType"},
    {"machine-name.txt", "/cgi-bin/magicBox.cgi?action=getMachineName"},
    {"hardware-version.txt", "/cgi-bin/magicBox.cgi?action=getHardwareVersion"},
    {"vendor.txt", "/cgi-bin/magicBox.cgi?action=getVendor"},
}};

class DahuaDriver final : public EquipmentDriver {
public:
    explicit DahuaDriver(const DriverContext& context)
        : context_(context), http_(context, DeviceLogin::digest) {}

    [[nodiscard]] std::string id() const override { return dahua_driver_info().id(); }

    DeviceIdentity identify() override {
        std::map<std::string, std::string> answers;
        for (const auto& question : questions) {
            const auto response = send(std::string(question.path), section_max, 30);
            const auto body = as_text(response.body);
            if (response.status == 200 && !is_error(body) && body.find('=') != std::string_view::npos)
                answers[std::string(question.file)] = std::string(body);
            else if (question.required)
                throw Error(Errc::unreachable,
                            say<Msg::device_other_kind>(context_.equipment, http_.place(), "Dahua (CGI)"));
        }
        return identity_of(answers);
    }

    void capture(CaptureSink& sink) override {
        // Whether it is such a device at all, before thirty questions.
        const auto first = send(std::string(questions[0].path), section_max, 30);
        if (first.status != 200 || is_error(as_text(first.body)) ||
            as_text(first.body).find('=') == std::string_view::npos)
            throw Error(Errc::unreachable,
                        say<Msg::device_other_kind>(context_.equipment, http_.place(), "Dahua (CGI)"));
        sink.file({std::string(questions[0].file)}, false, first.body);
        for (const auto& question : questions)
            if (question.file != questions[0].file)
                take(sink, {std::string(question.file)}, question.required, std::string(question.path), "");
        bool has_cameras = false;
        for (const auto& section : sections()) {
            const std::string name(section.name);
            const bool taken = take(sink, {"config", name + ".txt"}, section.required,
                                    "/cgi-bin/configManager.cgi?action=getConfig&name=" + name, "table.");
            has_cameras =
                has_cameras || (taken && (section.name == "ChannelTitle" || section.name == "RemoteDevice"));
        }
        if (!has_cameras)
            sink.failed({"config", "ChannelTitle.txt"}, say<Msg::device_section_missing>("ChannelTitle"));
        take(sink, {std::string(users_file)}, true, "/cgi-bin/userManager.cgi?action=getUserInfoAll",
             "users[");
        take(sink, {std::string(groups_file)}, false, "/cgi-bin/userManager.cgi?action=getGroupInfoAll",
             "group[");
        take_backup(sink);
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        return prepare(context_, http_, wanted, now, options);
    }

    void wait_until_ready() override {
        http_.wait_until(
            [&] {
                const auto response = send(std::string(questions[0].path), section_max, 10);
                return response.status == 200 && !is_error(as_text(response.body));
            },
            restart_seconds, 1000);
    }

private:
    HttpResponse send(const std::string& path, std::uint64_t limit, int seconds) {
        DeviceRequest request;
        request.path = path;
        request.limit = limit;
        request.seconds = seconds;
        return http_.send(request);
    }

    // Empty: told to the sink. What ends the capture is thrown.
    std::optional<HttpResponse> ask(CaptureSink& sink, const CaptureSink::Path& file, bool required,
                                    const std::string& path, std::uint64_t limit) {
        HttpResponse response;
        try {
            response = send(path, limit, slow_seconds);
        } catch (const Error& error) {
            // One section may be too slow or too large; a login or a limit that is used up ends it all.
            if (error.code() != Errc::unreachable || error.message().id != Msg::remote_unreachable) throw;
            if (++broken_ > 2) throw;
            sink.failed(file, error.message());
            return std::nullopt;
        }
        broken_ = 0;
        if (response.status == 200 && !is_error(as_text(response.body))) return response;
        const bool absent = response.status == 200 || response.status == 400 || response.status == 403 ||
                            response.status == 404 || response.status == 501;
        if (!absent)
            sink.failed(file, say<Msg::device_status>(context_.equipment, path.substr(0, path.find('?')),
                                                      std::to_string(response.status)));
        else if (required)
            sink.failed(file, say<Msg::device_section_missing>(file.back()));
        else
            sink.skipped(file, say<Msg::device_section_absent>(file.back()));
        return std::nullopt;
    }

    bool take(CaptureSink& sink, const CaptureSink::Path& file, bool required, const std::string& path,
              std::string_view begins) {
        const auto response = ask(sink, file, required, path, section_max);
        if (!response) return false;
        const auto text = model::trimmed(as_text(response->body));
        if (!text.starts_with(begins) || text.find('=') == std::string_view::npos) {
            sink.failed(file, say<Msg::device_answer>(context_.equipment, path.substr(0, path.find('?')),
                                                      std::string(begins.empty() ? "name=value" : begins)));
            return false;
        }
        sink.file(file, false, response->body);
        return true;
    }

    // All of the configuration as JSON, with passwords in clear. Not on every device.
    void take_backup(CaptureSink& sink) {
        const CaptureSink::Path file{std::string(backup_file)};
        const std::string path = "/cgi-bin/Config.backup?action=All";
        const auto response = ask(sink, file, false, path, backup_max);
        if (!response) return;
        bool good = response->body.size() >= backup_min;
        try {
            if (good) parse_backup(as_text(response->body));
        } catch (const model::Malformed&) {
            good = false;
        }
        if (good)
            sink.file(file, false, response->body);
        else
            sink.failed(file, say<Msg::device_answer>(context_.equipment, "/cgi-bin/Config.backup", "JSON"));
    }

    const DriverContext& context_;
    DeviceHttp http_;
    int broken_ = 0;  // sections in a row that broke off
};

}  // namespace

DriverInfo dahua_driver_info() {
    DriverInfo info;
    info.name = "dahua";
    info.evidence = Evidence::documents;
    info.settings = device_http_settings();
    info.settings.push_back({"initial-password", false, false, true});
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<DahuaDriver>(context);
    };
    info.model = dahua::read_captured;
    info.first_pin = first_certificate;
    return info;
}

}  // namespace coffre::drivers
