#include "tests/support/probed_capture.hpp"

#include <cerrno>
#include <stdexcept>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace coffre::test {

ProbedCapture probed_capture(const std::string& driver, const drivers::DriverSettings& settings) {
    std::vector<std::string> words{COFFRE_CAPTURE_PROBE, driver, ""};
    for (const auto& [name, value] : settings)
        if (name == "url")
            words[2] = value;
        else
            words.push_back(name + "=" + value);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    const pid_t process = ::fork();
    if (process == 0) {
        ::dup2(out[1], STDOUT_FILENO);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    ::close(out[1]);
    ProbedCapture outcome;
    char block[4096];
    for (ssize_t got = 0; (got = ::read(out[0], block, sizeof block)) > 0;)
        outcome.whole.append(block, static_cast<std::size_t>(got));
    ::close(out[0]);
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    for (std::size_t at = 0; at < outcome.whole.size();) {
        const auto end = std::min(outcome.whole.find('\n', at), outcome.whole.size());
        const auto line = outcome.whole.substr(at, end - at);
        const auto blank = std::min(line.find(' '), line.size() - 1);
        const auto name = line.substr(0, blank);
        const auto value = line.substr(blank + 1);
        if (name == "code") outcome.code = std::stoi(value);
        if (name == "peak-kib") outcome.peak_kib = std::stol(value);
        if (name == "complete") outcome.complete = value == "yes";
        if (name == "message") outcome.message = value;
        if (name == "file") outcome.files.push_back(value);
        if (name == "camera") outcome.cameras.push_back(value);
        at = end + 1;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) outcome.code = -1;
    return outcome;
}

}  // namespace coffre::test
