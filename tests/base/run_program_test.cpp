// Programs that are run by their list of arguments.

#include "base/run_program.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/error_of.hpp"

namespace coffre {
namespace {

struct Ran {
    ProgramResult result;
    std::string output;
};

Ran run(const Program& program) {
    Ran ran;
    ran.result = run_program(program, [&](ByteView piece) { ran.output += as_text(piece); });
    return ran;
}

// A test's program may be a script: what is tested is that coffre itself uses no shell.
Program script(const std::string& text) {
    Program program;
    program.arguments = {"/bin/sh", "-c", text};
    program.time_limit_s = 60;
    return program;
}

bool runs(pid_t id) { return ::kill(id, 0) == 0; }

// A killed process that is somebody else's child goes when init looks at it.
bool ends(pid_t id) {
    for (int i = 0; i < 500 && runs(id); ++i) ::usleep(10'000);
    return !runs(id);
}

TEST(RunProgram, gives_the_arguments_as_they_are) {
    Program program;
    program.arguments = {"printf", "%s|", "a b", "$HOME", "*", "; echo x", ""};
    const auto ran = run(program);
    EXPECT_TRUE(ran.result.succeeded());
    EXPECT_EQ(ran.output, "a b|$HOME|*|; echo x||");
}

TEST(RunProgram, tells_how_it_ended) {
    EXPECT_EQ(run(script("exit 7")).result.number, 7);
    EXPECT_FALSE(run(script("exit 7")).result.succeeded());
    const auto killed = run(script("kill -TERM $$")).result;
    EXPECT_EQ(killed.end, ProgramEnd::signalled);
    EXPECT_EQ(killed.number, SIGTERM);
}

TEST(RunProgram, refuses_what_is_no_program) {
    for (const char* name :
         {"", "no-such-program-here", "/no/such/program", "/etc/passwd", "/usr/bin", "bin/sh", "../bin/sh"}) {
        Program program;
        program.arguments = {name};
        EXPECT_EQ(test::message_of([&] { run(program); }), Msg::program_missing) << name;
    }
}

TEST(RunProgram, looks_in_fixed_folders_only) {
    const std::string before = ::getenv("PATH") ? ::getenv("PATH") : "";
    ::setenv("PATH", "/nowhere", 1);
    const auto ran = run(script("echo $PATH"));
    ::setenv("PATH", before.c_str(), 1);
    EXPECT_EQ(ran.output, std::string(program_folders) + "\n");
}

TEST(RunProgram, passes_on_no_variable_but_the_allowed_ones) {
    ::setenv("COFFRE_TEST_SECRET", "hush", 1);
    Program program;
    program.arguments = {"env"};
    program.environment = {{"PGTZ", "UTC"}};
    const auto ran = run(program);
    ::unsetenv("COFFRE_TEST_SECRET");
    EXPECT_EQ(ran.output.find("hush"), std::string::npos);
    EXPECT_NE(ran.output.find("LC_ALL=C\n"), std::string::npos);
    EXPECT_NE(ran.output.find("PGTZ=UTC\n"), std::string::npos);
}

TEST(RunProgram, feeds_standard_input_and_ends_it) {
    const std::string text(3 << 20, 'x');
    Program program;
    program.arguments = {"cat"};
    program.input = as_bytes(text);
    EXPECT_EQ(run(program).output, text);
    program.input = {};
    EXPECT_EQ(run(program).output, "");
    program.arguments = {"true"};  // reads none of it
    program.input = as_bytes(text);
    EXPECT_TRUE(run(program).result.succeeded());
}

TEST(RunProgram, hands_a_secret_over_as_a_file_in_memory) {
    auto program = script(
        "cat $1; cat $1; stat -L -c '%a %s' $1; readlink $1; (echo x >> $1) 2>/dev/null || echo sealed");
    program.arguments.insert(program.arguments.end(), {"sh", "{secret:password}"});
    program.secrets["password"] = SecretText("hush");
    const auto ran = run(program);
    EXPECT_EQ(ran.output, "hushhush600 4\n/memfd:coffre (deleted)\nsealed\n");
}

TEST(RunProgram, puts_a_secrets_path_in_the_middle_of_an_argument_and_into_a_variable) {
    auto program = script("echo $1; cat $FILE ${1#--from=}");
    program.arguments.insert(program.arguments.end(), {"sh", "--from={secret:one}"});
    program.environment["FILE"] = "{secret:two}";
    program.secrets["one"] = SecretText("1");
    program.secrets["two"] = SecretText("2");
    const auto ran = run(program);
    EXPECT_EQ(ran.output.substr(0, 22), "--from=/proc/self/fd/" + ran.output.substr(21, 1));
    EXPECT_EQ(ran.output.substr(ran.output.size() - 2), "21");
}

TEST(RunProgram, shows_no_secret_among_arguments_and_variables) {
    auto program = script("cat /proc/$$/cmdline /proc/$$/environ");
    program.arguments.insert(program.arguments.end(), {"sh", "{secret:password}"});
    program.environment["FILE"] = "{secret:password}";
    program.secrets["password"] = SecretText("hush-hush");
    const auto ran = run(program);
    EXPECT_EQ(ran.output.find("hush-hush"), std::string::npos);
    EXPECT_NE(ran.output.find("FILE=/proc/self/fd/"), std::string::npos);
}

TEST(RunProgram, leaves_open_what_it_must_and_nothing_else) {
    const int stray = ::dup(STDERR_FILENO);  // a library's, without close-on-exec
    auto program = script("for each in /proc/$$/fd/*; do readlink $each; done");
    program.secrets["password"] = SecretText("hush");
    const auto ran = run(program);
    ::close(stray);
    EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 4) << ran.output;
}

TEST(RunProgram, keeps_the_end_of_standard_error_for_those_who_ask) {
    const auto ran = run(script("seq 100000 >&2; echo done >&2; echo out"));
    EXPECT_EQ(ran.output, "out\n");
    const auto& words = ran.result.last_words.text();
    EXPECT_EQ(words.size(), 4096U);
    EXPECT_TRUE(words.ends_with("\n100000\ndone\n"));
}

TEST(RunProgram, ends_at_the_time_limit_with_all_that_it_started) {
    auto program = script("sleep 300 & echo $!; exec sleep 300");
    program.time_limit_s = 1;
    const auto ran = run(program);
    EXPECT_EQ(ran.result.end, ProgramEnd::too_long);
    EXPECT_TRUE(ends(std::stoi(ran.output)));
}

TEST(RunProgram, ends_at_the_output_limit) {
    auto program = script("exec yes");
    program.output_limit = 1 << 20;
    const auto ran = run(program);
    EXPECT_EQ(ran.result.end, ProgramEnd::too_much);
    EXPECT_LE(ran.output.size(), 1U << 20);
    program = script("printf 12345");
    program.output_limit = 5;
    EXPECT_TRUE(run(program).result.succeeded());
}

TEST(RunProgram, does_not_wait_for_what_a_program_leaves_behind) {
    const auto ran = run(script("sleep 300 & echo $!"));
    EXPECT_TRUE(ran.result.succeeded());
    EXPECT_TRUE(ends(std::stoi(ran.output)));
}

TEST(RunProgram, ends_the_program_when_its_reader_fails) {
    pid_t id = 0;
    const auto take = [&](ByteView piece) {
        id = std::stoi(std::string(as_text(piece)));
        throw std::runtime_error("enough");
    };
    EXPECT_THROW(run_program(script("echo $$; exec sleep 300"), take), std::runtime_error);
    EXPECT_FALSE(runs(id));
}

TEST(RunProgram, has_no_terminal_and_a_session_of_its_own) {
    const auto ran =
        run(script("(echo x > /dev/tty) 2>/dev/null || echo none; cut -d' ' -f6 /proc/$$/stat; echo $$"));
    EXPECT_EQ(ran.output.substr(0, 5), "none\n");
    const auto rest = ran.output.substr(5);
    EXPECT_EQ(rest.substr(0, rest.size() / 2), rest.substr(rest.size() / 2));
}

TEST(RunProgram, gives_back_signals_that_this_process_ignores) {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    const auto ran = run(script("kill -PIPE $$; echo ignored"));
    std::signal(SIGPIPE, before);
    EXPECT_EQ(ran.result.end, ProgramEnd::signalled);
}

TEST(RunProgram, leaves_no_zombie) {
    run(script("exit 0"));
    auto slow = script("sleep 300");
    slow.time_limit_s = 1;
    run(slow);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
}

TEST(RunProgram, works_in_several_threads_at_once) {
    std::vector<std::thread> threads;
    std::vector<std::string> outputs(8);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        threads.emplace_back([&, i] {
            const std::string text(200'000, static_cast<char>('a' + i));
            Program program;
            program.arguments = {"cat", "-", "{secret:end}"};
            program.secrets["end"] = SecretText(std::to_string(i));
            program.input = as_bytes(text);
            for (int k = 0; k < 5; ++k) outputs[i] = run(program).output;
        });
    }
    for (auto& thread : threads) thread.join();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        EXPECT_EQ(outputs[i].size(), 200'001U);
        EXPECT_EQ(outputs[i].back(), static_cast<char>('0' + i));
    }
}

}  // namespace
}  // namespace coffre
