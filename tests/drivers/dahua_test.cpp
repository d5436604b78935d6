// The driver `dahua` beyond what every driver promises: answers that say "OK" and "Error", and what is read
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

constexpr const char* script = COFFRE_SIMULATORS "/dahua.py";
constexpr const char* password = "sim-Passw0rd";

std::string sim(RunningEquipment& running, const std::string& what, const Json& value) {
    return dynamic_cast<Simulator&>(running).ask("POST", "/__sim/" + what, value.dump());
}

Subject recorder(const std::vector<std::string>& arguments) {
    Subject subject;
    subject.driver = "dahua";
    subject.start = [arguments] { return std::make_unique<Simulator>(script, arguments); };
    subject.settings = {{"user", "admin"}};
    subject.secrets = {{"password", password}};
    subject.markers = {"mail-Pass-5", "camera-Pass-7"};
    subject.change = [](RunningEquipment& running) {
        sim(running, "set",
            {{"ChannelTitle[0].Name", "QUAI-2"},
             {"Record[1].TimeSection[1][0]", "0 00:00:00-23:59:59"},
             {"Record[1].PreRecord", "0"},
             {"RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_1.Address", "192.0.2.77"},
             {"Email.Password", "another-Pass"},
             {"NTP.Address", "elsewhere.example"}});
        sim(running, "user", {{"name", "garde"}, {"Group", "admin"}});
        sim(running, "user", {{"name", "intrus"}, {"Group", "admin"}});
    };
    subject.change_network = [](RunningEquipment& running) {
        sim(running, "set", {{"Network.eth0.MTU", "1400"}, {"Network.Hostname", "OTHER"}});
    };
    return subject;
}

COFFRE_EQUIPMENT_CONFORMANCE(recorder, recorder({}));
COFFRE_EQUIPMENT_CONFORMANCE(without_backup, recorder({"--no-backup", "--bad-request"}));

}  // namespace
}  // namespace coffre::test
