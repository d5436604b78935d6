#pragma once
// What every equipment driver promises, checked against its simulator (or a real server). A driver's own test
// file registers itself in a few lines, and its executable links coffre_equipment_conformance:
//
//     test::Subject hikvision_subject() {
//         test::Subject subject;
//         subject.driver = "hikvision";
//         subject.start = [] {
//             return std::make_unique<test::Simulator>(COFFRE_SIMULATORS "/hikvision.py");
//         };
//         subject.settings = {{"user", "coffre"}};
//         subject.secrets = {{"password", "coffre-Pass-1"}};
//         subject.markers = {"camera-Pass-7", "snmp-Community-9"};  // secrets that the simulator holds
//         subject.change = [](test::RunningEquipment& running) { running.tell("rename-camera 1 QUAI-2"); };
//         return subject;
//     }
//     COFFRE_EQUIPMENT_CONFORMANCE(hikvision, hikvision_subject());
//
//   tests/CMakeLists.txt:
//     coffre_test(hikvision_tests SOURCES drivers/hikvision_test.cpp
//       LINKS coffre_drivers coffre_equipment_conformance)
//
// A simulator is a Python program that accepts "--port 0 --cert FILE --key FILE" and prints its URL, flushed,
// as the first line of its standard output (tests/support/simulator.hpp). It is changed by whatever `change`
// does: tell("a line") to its standard input, answered by one line, or ask("POST", "/path", "body") by HTTP.
// The driver is told the simulator's url and certificate-sha256 by itself. It is asked through a proxy that
// counts, so its answers must not depend on the port that its clients name.
//
// The promises:
//   identity        identify() and the model tell model, serial number and firmware
//   capture         is complete; has cameras and accounts; two of an unchanged equipment have equal models
//                   and equal files, but for `changing_files`; stored names are no paths
//   login           a wrong password: Error{unreachable} after exactly one login, and nothing more is sent,
//                   also when the same driver is asked again
//   certificate     another one than the pinned: Error{refused}, and not one request arrives
//   dead port       Error{unreachable}
//   secrecy         no secret in any message, step or gap; in the model, secrets are flagged
//   hostile         whatever it answers (no end, too slow, bombs, another host…) on its first requests or on
//                   later ones, a capture ends within its limits of time and memory
//   restore         of a changed equipment leads back to an equal model; then a second plan has no steps; a
//                   plan that keeps the network has no network step; a plan changes nothing

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "drivers/equipment/drivers.hpp"
#include "tests/support/recording_proxy.hpp"
#include "tests/support/simulator.hpp"

namespace coffre::test {

struct Subject {
    std::string driver;
    // Of a driver that is not among the known ones.
    const drivers::DriverInfo* info = nullptr;
    // Starts it in its first state; each test starts its own.
    std::function<std::unique_ptr<RunningEquipment>()> start;

    // Where it is, as settings: url and certificate-sha256 where this is empty.
    std::function<drivers::DriverSettings(const RunningEquipment&)> address{};
    // HTTP by DeviceHttp, with all of device_http_settings(). Others prove by their own tests what is checked
    // through a proxy here: one login, another certificate or host key, hostile answers.
    bool speaks_http = true;

    // Beside those.
    drivers::DriverSettings settings{};
    std::map<std::string, std::string> secrets{};
    // The one that is made wrong to see what a refused login leads to. "": the driver knows no login.
    std::string login_secret = "password";
    // Whether a request is a login attempt: one that carries the secret or what is made of it. By default
    // those with "Authorization: Digest" or "Basic". Of a login by tokens: the request for the token.
    std::function<bool(const ProxiedRequest&)> is_login{};

    // Secrets that the equipment itself holds (passwords of its cameras, communities): nowhere in messages,
    // and flagged wherever the model has them.
    std::vector<std::string> markers{};

    bool identifies = true;  // identify() tells model, serial and firmware
    bool has_serial = true;  // software has none
    bool has_cameras = true;
    bool has_users = true;
    // Stored files that differ each time, though nothing changed: exports that are encrypted anew.
    std::set<std::string> changing_files{};

    // Changes something that the driver can restore (a camera's name, a recording rule, a user's right…).
    // Empty: the driver restores nothing.
    std::function<void(RunningEquipment&)> change{};
    // Changes an address, a gateway or a host name in a way that leaves it reachable. Empty: it has none.
    std::function<void(RunningEquipment&)> change_network{};
    // Model paths that a restore cannot bring back, as patterns ("users/*/password").
    std::vector<std::string> not_restored{};
};

inline void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.driver; }

[[nodiscard]] inline const drivers::DriverInfo& info_of(const Subject& subject) {
    return subject.info != nullptr ? *subject.info : drivers::driver_named(subject.driver);
}

class EquipmentConformance : public ::testing::TestWithParam<Subject> {};

}  // namespace coffre::test

// NAME: letters and digits, one for each subject of an executable.
#define COFFRE_EQUIPMENT_CONFORMANCE(NAME, SUBJECT) \
    INSTANTIATE_TEST_SUITE_P(NAME, EquipmentConformance, ::testing::Values(SUBJECT))
