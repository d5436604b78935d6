#include "base/run_program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/descriptor.hpp"
#include "base/os_error.hpp"

namespace coffre {

namespace {

constexpr std::size_t piece_size = 64 << 10;
constexpr std::size_t last_words_max = 4 << 10;
constexpr int exec_failed = 127;
// Where the system cannot tell of the program's end by a descriptor, it is asked this often.
constexpr int ask_again_ms = 20;

// Never one of the three standard ones, which the program gets others for.
Descriptor above_standard(int number, const std::string& what) {
    Descriptor given(number);
    if (given.valid() && number > STDERR_FILENO) return given;
    if (!given.valid()) throw os_error(what, errno);
    Descriptor moved(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!moved.valid()) throw os_error(what, errno);
    return moved;
}

struct Pipe {
    Descriptor reader, writer;

    explicit Pipe(const std::string& what) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw os_error(what, errno);
        writer = Descriptor(ends[1]);
        reader = above_standard(ends[0], what);
        writer = above_standard(writer.release(), what);
    }
};

// A file without a name, of this user alone, that nobody can change any more; its next read begins it.
Descriptor memory_file(ByteView content, const std::string& what) {
    constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    constexpr unsigned not_executable = 0x8;  // MFD_NOEXEC_SEAL, which a system may insist on since Linux 6.3
    int number = ::memfd_create("coffre", flags | not_executable);
    if (number < 0 && errno == EINVAL) number = ::memfd_create("coffre", flags);
    Descriptor file = above_standard(number, what);
    if (::fchmod(file.get(), 0600) != 0) throw os_error(what, errno);
    for (std::size_t at = 0; at < content.size();) {
        const auto put =
            ::pwrite(file.get(), content.data() + at, content.size() - at, static_cast<off_t>(at));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) throw os_error(what, errno);
        at += static_cast<std::size_t>(put);
    }
    constexpr int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) throw os_error(what, errno);
    return file;
}

bool is_program(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

std::string path_of_program(const std::string& name) {
    if (name.starts_with('/') && is_program(name)) return name;
    if (!name.empty() && name.find('/') == std::string::npos) {
        const std::string folders = program_folders;
        for (std::size_t at = 0; at < folders.size();) {
            const auto end = std::min(folders.find(':', at), folders.size());
            auto path = folders.substr(at, end - at) + "/" + name;
            if (is_program(path)) return path;
            at = end + 1;
        }
    }
    throw Error(Errc::failed, say<Msg::program_missing>(name), say<Msg::hint_program>(program_folders));
}

// Argument and environment lists as the system takes them.
class TextList {
public:
    explicit TextList(std::vector<std::string> texts) : texts_(std::move(texts)) {
        for (auto& text : texts_) pointers_.push_back(text.data());
        pointers_.push_back(nullptr);
    }
    [[nodiscard]] char* const* get() const { return pointers_.data(); }

private:
    std::vector<std::string> texts_;
    std::vector<char*> pointers_;
};

// All that the child needs, made before it is: between fork and exec only calls that are safe after the fork
// of a process with several threads.
struct Start {
    const char* path;
    char* const* arguments;
    char* const* environment;
    int input, output, diagnostics, failure;
    const int* kept;  // descriptors beside these
    std::size_t kept_count;
    pid_t parent;
};

[[noreturn]] void run_child(const Start& start) {
    const auto fail = [&] {
        const int number = errno;
        [[maybe_unused]] const auto told = ::write(start.failure, &number, sizeof number);
        ::_exit(exec_failed);
    };
    ::setsid();
    // Its parent's end is its own, also a sudden one.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != start.parent) fail();
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    for (int number = 1; number < SIGRTMIN; ++number) ::sigaction(number, &usual, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::dup2(start.input, STDIN_FILENO) < 0 || ::dup2(start.output, STDOUT_FILENO) < 0 ||
        ::dup2(start.diagnostics, STDERR_FILENO) < 0)
        fail();
    // Whatever a library opened without this flag; an older system has only those that have it.
    ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    for (std::size_t i = 0; i < start.kept_count; ++i)
        if (::fcntl(start.kept[i], F_SETFD, 0) != 0) fail();
    if (::chdir("/") != 0) fail();
    ::execve(start.path, start.arguments, start.environment);
    fail();
    ::_exit(exec_failed);
}

// The running program; killed with its group and waited for at the end, whatever the end is.
class Child {
public:
    explicit Child(const Start& start) : id_(::fork()) {
        if (id_ == 0) run_child(start);
        if (id_ < 0) throw os_error(start.path, errno);
        watch_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
    }
    ~Child() { end(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // Readable once it ended; -1: the system has no such thing.
    [[nodiscard]] int watch() const { return watch_.get(); }
    [[nodiscard]] bool ended() const {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               info.si_pid == id_;
    }
    // As long as its leader was not waited for, the group's number is nobody else's.
    void kill_group() const {
        ::kill(-id_, SIGKILL);
        ::kill(id_, SIGKILL);  // it may not have its group yet
    }
    int end() {
        if (id_ <= 0) return status_;
        kill_group();
        while (::waitpid(id_, &status_, 0) < 0 && errno == EINTR) {
        }
        id_ = -1;
        return status_;
    }

private:
    pid_t id_;
    Descriptor watch_;
    int status_ = 0;
};

class Buffer {
public:
    Buffer() : bytes_(piece_size) {}
    ~Buffer() { ::explicit_bzero(bytes_.data(), bytes_.size()); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    // Empty: nothing comes any more. Called when there is something to read, or its writers are gone.
    ByteView read(int from) {
        for (;;) {
            const auto got = ::read(from, bytes_.data(), bytes_.size());
            if (got < 0 && errno == EINTR) continue;
            return ByteView(bytes_).first(got < 0 ? 0 : static_cast<std::size_t>(got));
        }
    }

private:
    Bytes bytes_;
};

class Tail {
public:
    Tail() { text_.reserve(2 * last_words_max); }  // never moved: no copy stays behind
    ~Tail() { wipe_text(text_); }
    Tail(const Tail&) = delete;
    Tail& operator=(const Tail&) = delete;

    void add(ByteView piece) {
        piece = piece.last(std::min(piece.size(), last_words_max));
        const auto kept = std::min(text_.size(), last_words_max - piece.size());
        text_.erase(0, text_.size() - kept);
        text_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
    [[nodiscard]] SecretText text() const { return SecretText(text_); }

private:
    std::string text_;
};

// Reads what the program says until it ended. Empty: it ended by itself.
std::optional<ProgramEnd> listen(const Program& program, const Child& child, Pipe& output, Pipe& diagnostics,
                                 Tail& tail, const std::function<void(ByteView)>& take) {
    const auto deadline = system_clock().monotonic_ns() + std::int64_t{program.time_limit_s} * 1'000'000'000;
    std::uint64_t taken = 0;
    Buffer buffer;
    bool ended = false;  // what is in the pipes is still read
    for (;;) {
        const auto left_ns = deadline - system_clock().monotonic_ns();
        if (left_ns <= 0) return ProgramEnd::too_long;
        int wait_ms = static_cast<int>(std::min<std::int64_t>(left_ns / 1'000'000 + 1, 1'000'000));
        if (child.watch() < 0) wait_ms = std::min(wait_ms, ask_again_ms);
        if (ended) wait_ms = 0;
        std::array<pollfd, 3> waiting{{{output.reader.get(), POLLIN, 0},
                                       {diagnostics.reader.get(), POLLIN, 0},
                                       {ended ? -1 : child.watch(), POLLIN, 0}}};
        if (::poll(waiting.data(), waiting.size(), wait_ms) < 0 && errno != EINTR)
            throw os_error(program.arguments.front(), errno);
        bool any = false;
        if (waiting[0].revents != 0) {
            any = true;
            const auto piece = buffer.read(output.reader.get());
            if (piece.empty()) output.reader.reset();
            if (piece.size() > program.output_limit - taken) return ProgramEnd::too_much;
            taken += piece.size();
            if (!piece.empty()) take(piece);
        }
        if (waiting[1].revents != 0) {
            any = true;
            const auto piece = buffer.read(diagnostics.reader.get());
            if (piece.empty()) diagnostics.reader.reset();
            tail.add(piece);
        }
        if (ended && !any) return std::nullopt;
        if (!ended && (child.watch() < 0 || waiting[2].revents != 0)) ended = child.ended();
        if (ended) child.kill_group();  // what it left behind writes no more
    }
}

std::string with_paths(std::string text, const std::map<std::string, std::string>& paths) {
    for (const auto& [mark, path] : paths)
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + path.size()))
            text.replace(at, mark.size(), path);
    return text;
}

}  // namespace

ProgramResult run_program(const Program& program, const std::function<void(ByteView)>& output) {
    if (program.arguments.empty()) throw Error(Errc::failed, say<Msg::program_missing>(""));
    const std::string path = path_of_program(program.arguments.front());

    std::vector<Descriptor> secrets;
    std::vector<int> kept;
    std::map<std::string, std::string> paths;
    for (const auto& [name, content] : program.secrets) {
        secrets.push_back(memory_file(as_bytes(content.text()), path));
        kept.push_back(secrets.back().get());
        std::string mark = "{secret:";
        mark.append(name).append("}");
        paths[mark] = "/proc/self/fd/" + std::to_string(kept.back());
    }
    std::vector<std::string> arguments;
    for (const auto& argument : program.arguments) arguments.push_back(with_paths(argument, paths));
    std::map<std::string, std::string> variables = {{"PATH", program_folders}, {"LC_ALL", "C"}};
    for (const char* name : {"HOME", "USER", "LOGNAME"})
        if (const char* value = std::getenv(name)) variables[name] = value;
    for (const auto& [name, value] : program.environment) variables[name] = with_paths(value, paths);
    std::vector<std::string> environment;
    environment.reserve(variables.size());
    for (const auto& [name, value] : variables) environment.emplace_back(name).append("=").append(value);
    const TextList argument_list(std::move(arguments)), environment_list(std::move(environment));

    Descriptor input = memory_file(program.input, path);
    Pipe written(path), diagnostics(path), failure(path);
    Child child({path.c_str(), argument_list.get(), environment_list.get(), input.get(), written.writer.get(),
                 diagnostics.writer.get(), failure.writer.get(), kept.data(), kept.size(), ::getpid()});
    for (Pipe* pipe : {&written, &diagnostics, &failure}) pipe->writer.reset();
    secrets.clear();
    input.reset();
    int number = 0;
    ssize_t told = 0;
    while ((told = ::read(failure.reader.get(), &number, sizeof number)) < 0 && errno == EINTR) {
    }
    if (told == static_cast<ssize_t>(sizeof number)) throw os_error(path, number);

    Tail tail;
    const auto cut = listen(program, child, written, diagnostics, tail, output);
    const int status = child.end();
    ProgramResult result;
    result.last_words = tail.text();
    if (cut)
        result.end = *cut;
    else if (WIFSIGNALED(status))
        result.end = ProgramEnd::signalled;
    result.number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return result;
}

}  // namespace coffre
