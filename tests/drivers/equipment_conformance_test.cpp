// The suite of all drivers on the driver of no make: what it asks can be kept.

#include "tests/drivers/equipment_conformance.hpp"

#include "tests/support/sample_driver.hpp"

namespace coffre::test {
namespace {

Subject sample_subject(const std::vector<std::string>& arguments) {
    Subject subject;
    subject.driver = "sample";
    subject.info = &sample_driver();
    subject.start = [arguments] {
        return std::make_unique<Simulator>(COFFRE_SIMULATORS "/sample.py", arguments);
    };
    subject.settings = {{"user", "coffre"}};
    subject.secrets = {{"password", "sample-Pass-1"}};
    subject.markers = {"sample-Camera-7"};
    subject.change = [](RunningEquipment& running) {
        EXPECT_EQ(running.tell("rename-camera 1 QUAI-NORD"), "ok");
    };
    subject.change_network = [](RunningEquipment& running) {
        EXPECT_EQ(running.tell("hostname NVR-COUR"), "ok");
    };
    return subject;
}

COFFRE_EQUIPMENT_CONFORMANCE(digest, sample_subject({}));
COFFRE_EQUIPMENT_CONFORMANCE(digest_sha256, sample_subject({"--algorithm", "SHA-256"}));
COFFRE_EQUIPMENT_CONFORMANCE(stale_nonces, sample_subject({"--nonce-uses", "3"}));
COFFRE_EQUIPMENT_CONFORMANCE(basic, sample_subject({"--login", "basic"}));

}  // namespace
}  // namespace coffre::test
