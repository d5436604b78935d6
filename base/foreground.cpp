#include "base/foreground.hpp"

#include <array>
#include <cerrno>
#include <csignal>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os_error.hpp"

namespace coffre {

namespace {

// Passes over what the terminal sends to everybody who stands on it, until destroyed.
class InterruptsIgnored {
public:
    InterruptsIgnored() {
        struct sigaction ignore {};
        ignore.sa_handler = SIG_IGN;
        for (std::size_t i = 0; i < numbers.size(); ++i) ::sigaction(numbers.at(i), &ignore, &before_.at(i));
    }
    ~InterruptsIgnored() {
        for (std::size_t i = 0; i < numbers.size(); ++i) ::sigaction(numbers[i], &before_[i], nullptr);
    }
    InterruptsIgnored(const InterruptsIgnored&) = delete;
    InterruptsIgnored& operator=(const InterruptsIgnored&) = delete;

private:
    static constexpr std::array<int, 2> numbers{SIGINT, SIGQUIT};
    std::array<struct sigaction, 2> before_{};
};

class SpawnSettings {
public:
    explicit SpawnSettings(bool output_to_error) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        if (output_to_error) ::posix_spawn_file_actions_adddup2(&actions_, STDERR_FILENO, STDOUT_FILENO);
        // What this process passes over, the program may want.
        sigset_t usual;
        ::sigemptyset(&usual);
        for (const int number : {SIGINT, SIGQUIT, SIGPIPE}) ::sigaddset(&usual, number);
        ::posix_spawnattr_setsigdefault(&attributes_, &usual);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnSettings() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
    [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

}  // namespace

ForegroundEnd run_in_foreground(const std::vector<std::string>& arguments, bool output_to_error) {
    if (arguments.empty()) throw os_error("", ENOENT);
    std::vector<std::string> texts = arguments;
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);

    const InterruptsIgnored ignored;
    const SpawnSettings settings(output_to_error);
    pid_t child = -1;
    const int failed = ::posix_spawnp(&child, pointers.front(), settings.actions(), settings.attributes(),
                                      pointers.data(), environ);
    if (failed != 0) throw os_error(arguments.front(), failed);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) throw os_error(arguments.front(), errno);
    }
    return {WIFSIGNALED(status), WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)};
}

}  // namespace coffre
