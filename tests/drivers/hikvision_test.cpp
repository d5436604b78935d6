// The driver `hikvision` beyond what every driver promises: what it makes of odd answers, what it writes
// back.

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"
#include "tests/drivers/equipment_conformance.hpp"
#include "tests/support/error_of.hpp"

namespace coffre::test {
namespace {

using drivers::DriverContext;
using drivers::MemoryFiles;
using Json = nlohmann::json;

constexpr const char* script = COFFRE_SIMULATORS "/hikvision.py";
constexpr const char* password = "sim-Passw0rd";

std::string sim(RunningEquipment& running, const std::string& what, const Json& value) {
    return dynamic_cast<Simulator&>(running).ask("POST", "/__sim/" + what, value.dump());
}

void change(RunningEquipment& running, const std::string& path, const std::string& id,
            const std::string& element, const std::string& text) {
    sim(running, "change", {{"path", path}, {"id", id}, {"element", element}, {"text", text}});
}

Subject subject_of(const std::string& kind) {
    Subject subject;
    subject.driver = "hikvision";
    subject.start = [kind] {
        return std::make_unique<Simulator>(
            script, std::vector<std::string>{"--kind", kind, "--reboot-seconds", "0.5"});
    };
    subject.settings = {{"user", "admin"}};
    subject.secrets = {{"password", password}};
    subject.changing_files = {"configuration.bin", "time.xml"};
    subject.change_network = [](RunningEquipment& running) {
        change(running, "/ISAPI/System/Network/interfaces", "1", "IPAddress/PrimaryDNS/ipAddress",
               "192.0.2.99");
    };
    return subject;
}

Subject recorder() {
    auto subject = subject_of("nvr");
    subject.markers = {"track-Pass-3"};
    subject.change = [](RunningEquipment& running) {
        change(running, "/ISAPI/ContentMgmt/InputProxy/channels", "1", "name", "QUAI-2");
        change(running, "/ISAPI/ContentMgmt/record/tracks", "101", "DefaultRecordingMode", "MOTION");
        change(running, "/ISAPI/Security/users", "2", "userLevel", "Operator");
        change(running, "/ISAPI/Security/UserPermission", "2", "remotePermission/playBack", "true");
        change(running, "/ISAPI/System/time/ntpServers", "1", "hostName", "elsewhere.example");
        change(running, "/ISAPI/System/Holidays", "", "holiday/holidayName", "Other");
        change(running, "/ISAPI/Event/notification/httpHosts", "", "HttpHostNotification/portNo", "9");
    };
    return subject;
}

Subject camera() {
    auto subject = subject_of("camera");
    subject.change = [](RunningEquipment& running) {
        change(running, "/ISAPI/Streaming/channels", "101", "Video/videoCodecType", "H.264");
        change(running, "/ISAPI/System/Video/inputs/channels", "1", "name", "Elsewhere");
    };
    return subject;
}

COFFRE_EQUIPMENT_CONFORMANCE(recorder, recorder());
COFFRE_EQUIPMENT_CONFORMANCE(camera, camera());

}  // namespace
}  // namespace coffre::test
