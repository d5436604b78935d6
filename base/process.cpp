#include "base/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace coffre {

namespace {

constexpr std::size_t line_max = 64 << 10;

constexpr std::size_t command_output_max = 64 << 10;

// What a signal handler has to put back: its one argument is the signal's number.
struct QuietTerminal {
    int fd = -1;
    termios before{};
};
QuietTerminal quiet_terminal;

// The handler was taken away as it was called (SA_RESETHAND): raised again, the signal does what it would
// have done.
extern "C" void put_echo_back(int signal) {
    ::tcsetattr(quiet_terminal.fd, TCSANOW, &quiet_terminal.before);
    ::raise(signal);
}

// Restores the terminal's echo, also when reading is interrupted by an exception, or ended by a signal: the
// shell that is left may not do it. One at a time.
class EchoOff {
public:
    explicit EchoOff(int fd) {
        if (::tcgetattr(fd, &quiet_terminal.before) != 0) return;
        quiet_terminal.fd = fd;
        struct sigaction caught {};
        caught.sa_handler = put_echo_back;
        caught.sa_flags = SA_RESETHAND;
        for (std::size_t i = 0; i < signals.size(); ++i) {
            ::sigaction(signals[i], nullptr, &before_[i]);
            if (before_[i].sa_handler == SIG_DFL) ::sigaction(signals[i], &caught, nullptr);
        }
        termios quiet = quiet_terminal.before;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed_ = ::tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
    }
    ~EchoOff() {
        if (quiet_terminal.fd < 0) return;
        if (changed_) ::tcsetattr(quiet_terminal.fd, TCSAFLUSH, &quiet_terminal.before);
        for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before_[i], nullptr);
        quiet_terminal.fd = -1;
    }
    EchoOff(const EchoOff&) = delete;
    EchoOff& operator=(const EchoOff&) = delete;

private:
    static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    std::array<struct sigaction, signals.size()> before_{};
    bool changed_ = false;
};

// The file whose mapping holds `address`; "" where none does.
std::string mapped_file(std::uintptr_t address) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words(line);
        std::uintptr_t from = 0, to = 0;
        char dash = 0;
        words >> std::hex >> from >> dash >> to;
        if (address < from || address >= to) continue;
        const auto path = line.find('/');
        return path == std::string::npos ? "" : line.substr(path);
    }
    return "";
}

std::string last_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

int add_loaded(dl_phdr_info* info, std::size_t, void* out) {
    auto& program = *static_cast<LoadedProgram*>(out);
    const std::string name = info->dlpi_name;
    std::uintptr_t first = 0;
    for (int i = info->dlpi_phnum; i-- > 0;) {
        const auto& part = info->dlpi_phdr[i];
        const std::uintptr_t at = info->dlpi_addr + part.p_vaddr;
        if (part.p_type == PT_LOAD) first = at;
        if (part.p_type == PT_INTERP && name.empty())
            program.loader.name = last_name(reinterpret_cast<const char*>(at));
    }
    const auto path = mapped_file(first);
    if (path.empty()) return 0;  // what the kernel puts there is no file
    if (name.empty())
        program.executable = path;
    else
        program.libraries.push_back({last_name(name), path});
    return 0;
}

[[noreturn]] void run_child(const std::string& command, int output) {
    std::vector<std::string> kept;
    for (const char* name : {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TERM", "TZ", "DISPLAY",
                             "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK", "GPG_TTY", "DBUS_SESSION_BUS_ADDRESS"})
        if (const char* value = std::getenv(name)) kept.push_back(std::string(name) + "=" + value);
    std::vector<char*> environment;
    for (auto& entry : kept) environment.push_back(entry.data());
    environment.push_back(nullptr);
    std::string shell = "sh", flag = "-c", text = command;
    char* const argv[] = {shell.data(), flag.data(), text.data(), nullptr};
    ::dup2(output, STDOUT_FILENO);
    ::execve("/bin/sh", argv, environment.data());
    ::_exit(127);
}

}  // namespace

std::uint64_t process_id() { return static_cast<std::uint64_t>(::getpid()); }

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 && name[0] != 0 ? name : "localhost";
}

std::string user_name() {
    const passwd* entry = ::getpwuid(::geteuid());
    return entry != nullptr && entry->pw_name[0] != 0 ? entry->pw_name : "unknown";
}

LoadedProgram loaded_program() {
    LoadedProgram program;
    ::dl_iterate_phdr(add_loaded, &program);
    const auto is_loader = [&](const LoadedFile& file) { return file.name == program.loader.name; };
    const auto loader = std::find_if(program.libraries.begin(), program.libraries.end(), is_loader);
    if (program.executable.empty() || (!program.loader.name.empty() && loader == program.libraries.end()))
        throw Error(Errc::failed, say<Msg::file_error>("/proc/self/maps", tr<Msg::os_not_found>()));
    if (loader != program.libraries.end()) {
        program.loader = *loader;
        program.libraries.erase(loader);
    }
    return program;
}

void harden_process() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void keep_freed_memory() {
    constexpr int kept = 64 << 20;  // bytes
    ::mallopt(M_MMAP_THRESHOLD, kept);
    ::mallopt(M_TRIM_THRESHOLD, kept);
}

std::optional<std::string> environment_variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == 0) return std::nullopt;
    return value;
}

std::optional<std::string> take_environment_variable(const char* name) {
    char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    std::optional<std::string> out;
    if (*value != 0) out = value;
    ::explicit_bzero(value, std::strlen(value));
    ::unsetenv(name);
    return out;
}

bool standard_output_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool standard_error_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }
bool standard_input_is_terminal() { return ::isatty(STDIN_FILENO) == 1; }

int terminal_width() {
    winsize size{};
    constexpr int usual = 80, most = 100;
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual;
    return std::min<int>(size.ws_col, most);
}

std::optional<std::string> read_input_line() {
    std::string line;
    char c = 0;
    for (;;) {
        const auto got = ::read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return line.empty() ? std::nullopt : std::optional(line);
        if (c == '\n') return line;
        if (line.size() < line_max) line += c;
    }
}

std::optional<std::string> ask_secret(const std::string& prompt) {
    const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (terminal.get() < 0) return std::nullopt;
    const auto say_there = [&](const std::string& text) {
        return ::write(terminal.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    };
    std::string answer;
    const EchoOff quiet(terminal.get());
    if (!say_there(prompt)) return std::nullopt;
    for (char c = 0;;) {
        const auto got = ::read(terminal.get(), &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || c == '\n') break;
        answer += c;
    }
    say_there("\n");
    return answer;
}

std::optional<std::string> output_of_command(const std::string& command) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
    const Descriptor reader(ends[0]);
    Descriptor writer(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) return std::nullopt;
    if (child == 0) run_child(command, writer.get());
    writer.reset();
    std::string output;
    output.reserve(command_output_max);  // never moved: no copy of it stays behind
    char buffer[4096];
    for (;;) {
        const auto got = ::read(reader.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        output.append(buffer, std::min(static_cast<std::size_t>(got), command_output_max - output.size()));
    }
    ::explicit_bzero(buffer, sizeof buffer);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
    ::explicit_bzero(output.data(), output.size());
    return std::nullopt;
}

std::string first_line_of_command(const std::string& command) {
    auto output = output_of_command(command);
    std::string line = output ? output->substr(0, output->find('\n')) : "";
    if (output) ::explicit_bzero(output->data(), output->size());
    if (line.empty())
        throw Error(Errc::failed, say<Msg::password_command_failed>(), say<Msg::hint_password_command>());
    return line;
}

}  // namespace coffre
