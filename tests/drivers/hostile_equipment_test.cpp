// Equipments that mean harm, on real sockets over TLS: whatever they do, a capture ends within its limits of
// time and memory, with one clear error, and sends nothing that it should not.

#include <fstream>

#include <gtest/gtest.h>

#include "base/message.hpp"
#include "tests/support/probed_capture.hpp"
#include "tests/support/scoped_temp_dir.hpp"
#include "tests/support/simulator.hpp"

namespace coffre::test {
namespace {

constexpr long peak_max_kib = 256 << 10;
constexpr int unreachable = 15;
constexpr int refused = 16;

class HostileEquipment : public ::testing::Test {
protected:
    // The equipment, with limits of three seconds and eight mebibytes.
    void start(std::vector<std::string> arguments) {
        hostile_ = std::make_unique<Simulator>(COFFRE_SIMULATORS "/hostile.py", arguments);
    }
    // One that is good but for `at`.
    void start_before_sample(std::vector<std::string> arguments, const std::string& at) {
        sample_ = std::make_unique<Simulator>(COFFRE_SIMULATORS "/sample.py");
        arguments.insert(arguments.end(), {"--behind", sample_->url(), "--at", at});
        start(std::move(arguments));
    }

    ProbedCapture capture() {
        auto outcome = probed_capture("sample", {{"url", hostile_->url()},
                                                 {"certificate-sha256", hostile_->certificate_sha256()},
                                                 {"user", "coffre"},
                                                 {"password", "sample-Pass-1"},
                                                 {"time-limit", "3"},
                                                 {"size-limit", "8"}});
        EXPECT_GT(outcome.peak_kib, 0) << outcome.whole;
        EXPECT_LT(outcome.peak_kib, peak_max_kib);
        EXPECT_EQ(outcome.whole.find("sample-Pass-1"), std::string::npos);
        return outcome;
    }

    std::unique_ptr<Simulator> sample_, hostile_;
};

TEST_F(HostileEquipment, a_body_without_end) {
    start({"endless"});
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, unreachable);
    EXPECT_TRUE(outcome.says("4194304 bytes")) << outcome.whole;
}

TEST_F(HostileEquipment, one_byte_a_second) {
    start({"slow"});
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, unreachable);
    EXPECT_TRUE(outcome.says("no answer in time")) << outcome.whole;
}

TEST_F(HostileEquipment, ten_gigabytes_of_zeros_compressed) {
    start({"zeros"});
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, unreachable);
    EXPECT_TRUE(outcome.says("compressed")) << outcome.whole;
}

TEST_F(HostileEquipment, an_xml_entity_bomb) {
    start_before_sample({"entities"}, "^/cameras");
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, unreachable);
    EXPECT_TRUE(outcome.says("is not XML")) << outcome.whole;
}

TEST_F(HostileEquipment, json_nested_a_hundred_thousand_deep) {
    start_before_sample({"nested"}, "^/(users|device)");
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, unreachable);
    EXPECT_TRUE(outcome.says("is not JSON")) << outcome.whole;
}

TEST_F(HostileEquipment, names_that_are_paths) {
    start_before_sample({"traversal", "--text", "QUAI-1"}, "");
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, 0) << outcome.whole;
    EXPECT_EQ(outcome.files,
              (std::vector<std::string>{"cameras.xml", "device.json", "network.json", "users.json"}));
    ASSERT_EQ(outcome.cameras.size(), 2U);
    EXPECT_NE(outcome.cameras[0].find("../../../../etc/cron.d/x"), std::string::npos);  // a name as any other
}

TEST_F(HostileEquipment, names_that_drive_a_terminal) {
    start_before_sample({"escapes", "--text", "QUAI-1"}, "");
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, 0) << outcome.whole;
    ASSERT_EQ(outcome.cameras.size(), 2U);
    EXPECT_NE(outcome.cameras[0].find("\\x1b]0;owned\\x07"), std::string::npos) << outcome.cameras[0];
    EXPECT_NE(outcome.cameras[0].find("\\u202e"), std::string::npos);
    for (const char c : outcome.whole) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
}

TEST_F(HostileEquipment, headers_without_end) {
    start({"headers"});
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, unreachable);
    EXPECT_TRUE(outcome.says("more than 65536 bytes")) << outcome.whole;
}

TEST_F(HostileEquipment, a_redirect_to_another_host) {
    const Simulator elsewhere(COFFRE_SIMULATORS "/hostile.py", {"html"});
    start({"redirect", "--text", elsewhere.url() + "/"});
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, unreachable);
    EXPECT_TRUE(outcome.says("points to another address")) << outcome.whole;
    EXPECT_EQ(hostile_->tell("count"), "requests 1 logins 0");
    EXPECT_EQ(const_cast<Simulator&>(elsewhere).tell("count"), "requests 0 logins 0");
}

TEST_F(HostileEquipment, another_certificate_from_the_second_request_on) {
    const ScopedTempDir folder;
    const auto other = make_certificate();
    std::ofstream(folder / "cert.pem") << other.certificate;
    std::ofstream(folder / "key.pem") << other.key;
    start_before_sample(
        {"swap", "--good", "1", "--other-cert", folder / "cert.pem", "--other-key", folder / "key.pem"}, "");
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, refused);
    EXPECT_TRUE(outcome.says(other.sha256)) << outcome.whole;
    EXPECT_EQ(hostile_->tell("count"), "requests 1 logins 0");  // the login stayed here
}

TEST_F(HostileEquipment, a_401_for_ever) {
    start({"refuse"});
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, unreachable);
    EXPECT_TRUE(outcome.says("does not let coffre in")) << outcome.whole;
    EXPECT_EQ(hostile_->tell("count"), "requests 2 logins 1");
}

TEST_F(HostileEquipment, a_nonce_that_is_stale_for_ever) {
    start({"stale"});
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, unreachable);
    EXPECT_EQ(hostile_->tell("count"), "requests 3 logins 2");
}

TEST_F(HostileEquipment, silence) {
    start({"silent"});
    EXPECT_EQ(capture().code, unreachable);
}

TEST_F(HostileEquipment, a_connection_that_breaks_off) {
    start({"break"});
    EXPECT_EQ(capture().code, unreachable);
}

TEST_F(HostileEquipment, a_page_for_people) {
    start({"html"});
    const auto outcome = capture();
    EXPECT_EQ(outcome.code, unreachable);
    EXPECT_TRUE(outcome.says("is not JSON")) << outcome.whole;
}

}  // namespace
}  // namespace coffre::test
