// Events for the user's own programs: what they are told, and what comes of it.

#include "hooks/hooks.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/scoped_temp_dir.hpp"

namespace coffre::hooks {
namespace {

std::string starred(const std::string& name) { return "*" + std::to_string(name.size()); }

Event some_event() {
    return {"anomaly-opened",
            "ANO-1a2b3c4d-0",
            Timestamp::from_seconds(1'795'662'000),
            {{"client", "CLIEXEMP"},
             {"site", "SIEGEPARIS"},
             {"equipment", Json::array({"NVR-HALL", ""})},
             {"kind", "backup_missing"},
             {"hours", 12},
             {"breached", true},
             {"novel", {{"kind", "x"}, {"person", "Anne"}}}}};
}

Hook script(const std::string& name, const std::string& text) {
    Hook hook;
    hook.name = name;
    hook.command = {"/bin/sh", "-c", text};
    return hook;
}

TEST(Hooks, an_event_bears_no_name_unless_allowed) {
    const auto json = event_json(some_event(), false, starred);
    EXPECT_EQ(json.at("event"), "anomaly-opened");
    EXPECT_EQ(json.at("id"), "ANO-1a2b3c4d-0");
    EXPECT_EQ(json.at("time"), "2026-11-26T03:00:00Z");
    EXPECT_EQ(json.at("client"), "*8");
    EXPECT_EQ(json.at("site"), "*10");
    EXPECT_EQ(json.at("equipment"), Json::array({"*8", ""}));
    EXPECT_EQ(json.at("kind"), "backup_missing");
    EXPECT_EQ(json.at("hours"), 12);
    EXPECT_EQ(json.at("breached"), true);
    EXPECT_EQ(json.at("novel").at("person"), "*4") << "what nobody thought of tells nothing either";
    EXPECT_EQ(json.dump().find("SIEGEPARIS"), std::string::npos);
}

TEST(Hooks, with_names_allowed_they_are_there) {
    const auto json = event_json(some_event(), true, starred);
    EXPECT_EQ(json.at("site"), "SIEGEPARIS");
    EXPECT_EQ(json.at("equipment"), Json::array({"NVR-HALL", ""}));
}

TEST(Hooks, a_hook_reads_one_line_of_json_and_knows_the_event) {
    test::ScopedTempDir scratch;
    const auto out = scratch.path() + "/out";
    auto hook = script("first", "cat > " + out + "; echo \"$COFFRE_EVENT $COFFRE_EVENT_ID\" >> " + out);
    const auto outcomes = run_hooks({hook}, some_event(), starred);
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_TRUE(outcomes[0].ok);
    EXPECT_EQ(outcomes[0].hook, "first");
    std::ifstream file(out);
    std::string line, words;
    std::getline(file, line);
    std::getline(file, words);
    EXPECT_EQ(Json::parse(line).at("id"), "ANO-1a2b3c4d-0");
    EXPECT_EQ(words, "anomaly-opened ANO-1a2b3c4d-0");
}

TEST(Hooks, only_those_run_that_want_the_event) {
    auto some = script("some", "exit 0"), others = script("others", "exit 0"), all = script("all", "exit 0");
    some.events = {"run-done", "anomaly-opened"};
    others.events = {"run-done"};
    const auto outcomes = run_hooks({some, others, all}, some_event(), starred);
    ASSERT_EQ(outcomes.size(), 2u);
    EXPECT_EQ(outcomes[0].hook, "some");
    EXPECT_EQ(outcomes[1].hook, "all");
}

TEST(Hooks, a_failure_is_an_answer_and_the_next_one_runs) {
    auto slow = script("slow", "sleep 60");
    slow.time_limit_s = 1;
    Hook absent;
    absent.name = "absent";
    absent.command = {"/nowhere/at/all"};
    const auto outcomes = run_hooks({script("three", "exit 3"), script("killed", "kill -9 $$"),
                                     script("loud", "yes"), slow, absent, script("fine", "exit 0")},
                                    some_event(), starred);
    ASSERT_EQ(outcomes.size(), 6u);
    EXPECT_EQ(outcomes[0].code, "status");
    EXPECT_EQ(outcomes[0].number, 3);
    EXPECT_EQ(outcomes[1].code, "signal");
    EXPECT_EQ(outcomes[1].number, 9);
    EXPECT_EQ(outcomes[2].code, "output");
    EXPECT_EQ(outcomes[3].code, "time");
    EXPECT_EQ(outcomes[3].number, 1);
    EXPECT_EQ(outcomes[4].code, "start");
    EXPECT_TRUE(outcomes[5].ok);
    EXPECT_EQ(outcomes[5].code, "");
}

TEST(Hooks, the_callers_environment_is_not_theirs) {
    ::setenv("COFFRE_PASSWORD", "word", 1);
    const auto outcomes = run_hooks({script("looks", "test -z \"$COFFRE_PASSWORD\"")}, some_event(), starred);
    ::unsetenv("COFFRE_PASSWORD");
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_TRUE(outcomes[0].ok);
}

}  // namespace
}  // namespace coffre::hooks
