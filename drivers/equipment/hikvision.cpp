#include "drivers/equipment/hikvision.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "drivers/equipment/hikvision_sections.hpp"

namespace coffre::drivers {

namespace {

using namespace hikvision;

constexpr std::uint64_t section_max = 4ull << 20;         // bytes
constexpr std::uint64_t configuration_max = 64ull << 20;  // likewise
// A camera exports most of a megabyte, a recorder more than 100 kB: less is no configuration.
constexpr std::size_t configuration_min = 16 << 10;
constexpr int configuration_seconds = 240;
constexpr int restart_seconds = 300;
constexpr int restart_begins_seconds = 20;
constexpr std::size_t channels_max = 256;

// Detections of one channel; `{}` is its number.
struct Detection {
    std::string_view name, before, after;
};
constexpr std::array<Detection, 4> detections{{
    {"FieldDetection", "/ISAPI/Smart/FieldDetection/", ""},
    {"LineDetection", "/ISAPI/Smart/LineDetection/", ""},
    {"RegionEntrance", "/ISAPI/Smart/regionEntrance/", ""},
    {"RegionExiting", "/ISAPI/Smart/regionExiting/", ""},
}};

bool is_number(const std::string& text) {
    return !text.empty() && text.size() <= 5 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The answer is the error in words, whatever the status is.
bool says_absent(const HttpResponse& response) {
    const auto status = status_of(as_text(response.body));
    if (!status)
        return response.status == 403 || response.status == 404 || response.status == 405 ||
               response.status == 501;
    // "Device Busy" and "Device Error" pass; what is no part of this model stays so.
    return response.status == 404 || response.status == 501 || status->sub == "notSupport" ||
           status->sub == "methodNotAllowed" || status->sub == "invalidOperation" ||
           (response.status == 403 && status->code == 4);
}

class HikvisionDriver final : public EquipmentDriver {
public:
    explicit HikvisionDriver(const DriverContext& context)
        : context_(context), http_(context, DeviceLogin::digest) {}

    [[nodiscard]] std::string id() const override { return hikvision_driver_info().id(); }

    DeviceIdentity identify() override {
        const auto body = http_.get(std::string(device_path), section_max);
        try {
            const model::Xml xml(body);
            if (model::local_name(xml.root()) == "DeviceInfo") return identity_of(xml.root());
        } catch (const model::Malformed&) {  // told below
        }
        throw Error(Errc::unreachable,
                    say<Msg::device_other_kind>(context_.equipment, http_.place(), "Hikvision (ISAPI)"));
    }

    void capture(CaptureSink& sink) override {
        identify();
        std::vector<std::string> channels;
        bool has_cameras = false;
        for (const auto& section : sections()) {
            const auto body = take(sink, section);
            if (!body || section.part != Category::cameras || section.file == "streams.xml") continue;
            has_cameras = true;
            const model::Xml xml(*body);
            for (const auto channel : model::children(xml.root()))
                if (auto number = model::text_at(channel, "id"); is_number(number))
                    channels.push_back(std::move(number));
        }
        if (!has_cameras) sink.failed({"channels.xml"}, say<Msg::device_section_missing>("channels"));
        if (channels.size() > channels_max) channels.resize(channels_max);
        for (const auto& detection : detections)
            for (const auto& channel : channels) take_detection(sink, detection, channel);
        take_configuration(sink);
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        return prepare({context_, http_, [this] { await_restart(); }}, wanted, now, options);
    }

    void wait_until_ready() override {
        http_.wait_until([&] { return answers(); }, restart_seconds, 1000);
    }

private:
    bool answers() {
        DeviceRequest request;
        request.path = device_path;
        request.seconds = 10;
        const auto response = http_.send(request);
        return response.status == 200 && !status_of(as_text(response.body));
    }

    // A device answers for some seconds after it said that it restarts: first it must be gone, if it goes.
    void await_restart() {
        auto& clock = context_.environment.clock;
        const auto end = clock.monotonic_ns() + std::int64_t{restart_begins_seconds} * 1'000'000'000;
        try {
            while (clock.monotonic_ns() < end && answers()) clock.sleep_ms(200);
        } catch (const Error& error) {
            if (error.code() != Errc::unreachable || error.message().id == Msg::device_login_refused) throw;
        }
        wait_until_ready();
    }

    // What it answers to `path`; empty: told to the sink. What ends the capture is thrown.
    std::optional<HttpResponse> ask(CaptureSink& sink, const CaptureSink::Path& file, bool required,
                                    const DeviceRequest& request, std::string_view name) {
        HttpResponse response;
        try {
            response = http_.send(request);
        } catch (const Error& error) {
            // The one section may be too slow or too large; a login or a limit that is used up ends it all.
            if (error.code() != Errc::unreachable || error.message().id != Msg::remote_unreachable) throw;
            if (++broken_ > 2) throw;
            sink.failed(file, error.message());
            return std::nullopt;
        }
        broken_ = 0;
        const auto status = status_of(as_text(response.body).substr(0, section_max));
        if (response.status == 200 && !status) return response;
        if (says_absent(response)) {
            if (required)
                sink.failed(file, say<Msg::device_section_missing>(std::string(name)));
            else
                sink.skipped(file, say<Msg::device_section_absent>(std::string(name)));
        } else if (status) {
            sink.failed(file,
                        say<Msg::device_says>(context_.equipment, request.path, printable(status->sub)));
        } else {
            sink.failed(file, say<Msg::device_status>(context_.equipment, request.path,
                                                      std::to_string(response.status)));
        }
        return std::nullopt;
    }

    std::optional<std::string> take_xml(CaptureSink& sink, const CaptureSink::Path& file, bool required,
                                        const std::string& path, std::string_view root,
                                        std::string_view other_root = "") {
        DeviceRequest request;
        request.path = path;
        request.limit = section_max;
        const auto response = ask(sink, file, required, request, file.back());
        if (!response) return std::nullopt;
        std::string body(as_text(response->body));
        bool good = false;
        try {
            const model::Xml xml(body);
            const auto name = model::local_name(xml.root());
            good = name == root || (!other_root.empty() && name == other_root);
        } catch (const model::Malformed&) {  // told below
        }
        if (!good) {
            sink.failed(file, say<Msg::device_answer>(context_.equipment, path, std::string(root)));
            return std::nullopt;
        }
        sink.file(file, false, response->body);
        return body;
    }

    std::optional<std::string> take(CaptureSink& sink, const Section& section) {
        const bool permissions = section.file == "user-permissions.xml";
        return take_xml(sink, {std::string(section.file)}, section.required, std::string(section.path),
                        section.root, permissions ? "PermissionList" : "");
    }

    void take_detection(CaptureSink& sink, const Detection& detection, const std::string& channel) {
        take_xml(sink, {"detections", std::string(detection.name) + "-" + channel + ".xml"}, false,
                 std::string(detection.before) + channel + std::string(detection.after), detection.name);
    }

    // The device's own export, in which all passwords are: newer ones give it against a secret key alone.
    void take_configuration(CaptureSink& sink) {
        const CaptureSink::Path file{std::string(configuration_file)};
        DeviceRequest request;
        request.path = configuration_path;
        request.limit = configuration_max;
        request.seconds = configuration_seconds;
        const auto response = ask(sink, file, false, request, file.back());
        if (!response) return;
        const auto text = as_text(response->body);
        if (model::trimmed(text.substr(0, 512)).starts_with('<') ||
            text.substr(0, 512).find("<ResponseStatus") != std::string_view::npos ||
            response->body.size() < configuration_min) {
            sink.failed(file, say<Msg::device_answer>(context_.equipment, request.path,
                                                      std::string(configuration_file)));
            return;
        }
        sink.file(file, false, response->body);
    }

    const DriverContext& context_;
    DeviceHttp http_;
    int broken_ = 0;  // sections in a row that broke off
};

}  // namespace

DriverInfo hikvision_driver_info() {
    DriverInfo info;
    info.name = "hikvision";
    info.evidence = Evidence::real_data;
    info.settings = device_http_settings();
    info.settings.push_back({"restore"});
    info.settings.push_back({"initial-password", false, false, true});
    info.settings.push_back({"camera-password", false, false, true});
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<HikvisionDriver>(context);
    };
    info.model = hikvision::read_captured;
    info.first_pin = first_certificate;
    return info;
}

}  // namespace coffre::drivers
