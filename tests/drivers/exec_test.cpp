// What a program prints, captured; and given back to another.

#include "drivers/equipment/exec.hpp"

#include <gtest/gtest.h>

#include "tests/drivers/equipment_fixture.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/scoped_temp_dir.hpp"

namespace coffre {
namespace {

using test::Equipment;
using test::error_of;
using test::message_of;

std::string shell(const std::string& text, const std::string& more = "") {
    return R"(["/bin/sh","-c",")" + text + "\"" + more + "]";
}

TEST(Exec, captures_what_a_program_prints) {
    Equipment equipment("exec", {{"command", R"(["/usr/bin/printf","%s","a b;$HOME"])"}});
    EXPECT_EQ(equipment.captured().held, (std::map<std::string, std::string>{{"output.txt", "a b;$HOME"}}));
    Equipment named("exec", {{"command", R"(["printf","x"])"}, {"output", "switch.cfg"}});
    EXPECT_EQ(named.captured().held.begin()->first, "switch.cfg");
}

TEST(Exec, hands_large_output_over_in_pieces) {
    Equipment equipment("exec", {{"command", R"(["head","-c","6000000","/dev/zero"])"}});
    const auto captured = equipment.captured();
    EXPECT_EQ(captured.in_pieces, 1);
    EXPECT_EQ(captured.held.at("output.txt").size(), 6'000'000U);
}

TEST(Exec, refuses_a_command_that_is_no_list_of_words) {
    for (const char* command : {"/usr/bin/tool --export", "[]", "[1]", "{}", "[\"\"]", "\"tool\"",
                                R"(["tool","a\u0000b"])", "[[\"tool\"]]"}) {
        Equipment equipment("exec", {{"command", command}});
        EXPECT_EQ(error_of([&] { equipment.driver(); }), Errc::usage) << command;
        Equipment other("exec", {{"command", R"(["true"])"}, {"restore-command", command}});
        EXPECT_EQ(error_of([&] { other.driver(); }), Errc::usage) << command;
    }
}

TEST(Exec, refuses_a_stored_name_that_is_a_way) {
    for (const char* name : {"../x", "a/b", ".", "..", "a\nb"}) {
        Equipment equipment("exec", {{"command", R"(["true"])"}, {"output", name}});
        EXPECT_EQ(message_of([&] { equipment.driver(); }), Msg::device_setting_name) << name;
    }
}

TEST(Exec, tells_a_failing_program_by_its_status_and_not_by_its_words) {
    Equipment equipment("exec", {{"command", shell("echo QUITE-PRIVATE; echo QUITE-PRIVATE >&2; exit 3")}});
    try {
        equipment.captured();
        ADD_FAILURE() << "captured";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::unreachable);
        EXPECT_EQ(error.message().id, Msg::program_status);
        EXPECT_EQ(error.message().args.back(), "3");
        EXPECT_EQ(text(error.message()).find("QUITE"), std::string::npos);
    }
    Equipment killed("exec", {{"command", shell("kill -9 $$")}});
    EXPECT_EQ(message_of([&] { killed.captured(); }), Msg::program_signal);
    Equipment missing("exec", {{"command", R"(["/no/such/tool"])"}});
    EXPECT_EQ(error_of([&] { missing.captured(); }), Errc::unreachable);
    EXPECT_EQ(message_of([&] { missing.captured(); }), Msg::program_missing);
}

TEST(Exec, keeps_to_its_limits) {
    Equipment slow("exec", {{"command", R"(["sleep","300"])"}, {"time-limit", "1"}});
    EXPECT_EQ(message_of([&] { slow.captured(); }), Msg::device_too_long);
    Equipment large("exec", {{"command", R"(["yes"])"}, {"size-limit", "1"}});
    EXPECT_EQ(message_of([&] { large.captured(); }), Msg::device_too_much);
    Equipment small("exec", {{"command", R"(["printf","12345"])"}, {"expect", "6"}});
    EXPECT_EQ(message_of([&] { small.captured(); }), Msg::program_too_little);
    Equipment empty("exec", {{"command", R"(["true"])"}});
    EXPECT_EQ(message_of([&] { empty.captured(); }), Msg::program_too_little);
    Equipment enough("exec", {{"command", R"(["printf","12345"])"}, {"expect", "5"}});
    EXPECT_EQ(enough.captured().held.size(), 1U);
}

TEST(Exec, gives_the_secret_as_a_file_in_memory_and_nowhere_else) {
    Equipment equipment(
        "exec",
        {{"command", shell("cat $1 /proc/$$/cmdline /proc/$$/environ", R"(,"sh","{secret:password}")")}},
        {{"password", "hush-hush"}});
    const auto output = equipment.captured().held.at("output.txt");
    EXPECT_TRUE(output.starts_with("hush-hush/bin/sh"));
    EXPECT_EQ(output.find("hush-hush", 1), std::string::npos);
}

TEST(Exec, refuses_a_secret_that_it_does_not_have) {
    Equipment none("exec", {{"command", R"(["cat","{secret:password}"])"}});
    EXPECT_EQ(message_of([&] { none.driver(); }), Msg::driver_secret_missing);
    for (const char* mark :
         {"{secret:token}", "{secret:password", "{secret:}", "x{secret:password}{secret:y}"}) {
        Equipment other("exec", {{"command", std::string(R"(["cat",")") + mark + "\"]"}},
                        {{"password", "x"}});
        EXPECT_EQ(message_of([&] { other.driver(); }), Msg::driver_secret_unknown) << mark;
    }
}

TEST(Exec, restores_by_the_command_that_is_set_for_it) {
    const test::ScopedTempDir folder;
    const std::string file = folder / "device.cfg";
    Equipment equipment("exec", {{"command", R"(["cat",")" + file + "\"]"},
                                 {"restore-command", shell("cat > $1", R"(,"sh",")" + file + "\"")}});
    Equipment write("exec", {{"command", shell("echo old > $1; echo x", R"(,"sh",")" + file + "\"")}});
    write.captured();
    const auto before = equipment.held();
    EXPECT_TRUE(equipment.restore(before).steps.empty());
    Equipment change("exec", {{"command", shell("echo new > $1; echo x", R"(,"sh",")" + file + "\"")}});
    change.captured();
    EXPECT_EQ(equipment.captured().held.at("output.txt"), "new\n");

    RestoreOptions cameras;
    cameras.only = {Category::cameras};
    const auto narrowed = equipment.restore(before, cameras);
    EXPECT_TRUE(narrowed.steps.empty());
    EXPECT_EQ(narrowed.gaps.at(0).why.id, Msg::gap_whole_only);
    EXPECT_EQ(equipment.captured().held.at("output.txt"), "new\n");

    const auto plan = equipment.restore(before);
    ASSERT_EQ(plan.steps.size(), 1U);
    EXPECT_EQ(plan.steps[0].action, PlanAction::upload);
    EXPECT_EQ(equipment.captured().held.at("output.txt"), "old\n");
}

TEST(Exec, without_a_restore_command_says_so) {
    drivers::MemoryFiles wanted, now;
    Equipment equipment("exec", {{"command", R"(["true"])"}});
    EXPECT_EQ(message_of([&] { equipment.driver().prepare_restore(wanted, now, {}); }), Msg::snapshot_lacks);
    wanted.put("output.txt", {1});
    now.put("output.txt", {2});
    const auto job = equipment.driver().prepare_restore(wanted, now, {});
    EXPECT_TRUE(job->plan().steps.empty());
    EXPECT_EQ(job->plan().gaps.at(0).why.id, Msg::gap_no_restore_command);
}

TEST(Exec, a_restore_command_that_fails_is_an_error) {
    drivers::MemoryFiles wanted, now;
    wanted.put("output.txt", {1});
    now.put("output.txt", {2});
    Equipment equipment("exec", {{"command", R"(["true"])"}, {"restore-command", R"(["false"])"}});
    const auto job = equipment.driver().prepare_restore(wanted, now, {});
    EXPECT_EQ(error_of([&] { job->apply([](const PlanStep&) {}); }), Errc::unreachable);
}

}  // namespace
}  // namespace coffre
