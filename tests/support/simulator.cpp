#include "tests/support/simulator.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "drivers/http/curl_client.hpp"

namespace coffre::test {

namespace {

constexpr int start_ms = 20'000;
constexpr int answer_ms = 20'000;

}  // namespace

Simulator::Simulator(const std::string& script, const std::vector<std::string>& arguments,
                     const TestCertificate* certificate)
    : certificate_(certificate != nullptr ? *certificate : make_certificate()) {
    std::ofstream(folder_ / "cert.pem") << certificate_.certificate;
    std::ofstream(folder_ / "key.pem") << certificate_.key;
    std::vector<std::string> words{
        "/usr/bin/python3", "-B", script, "--port", "0", "--cert", folder_ / "cert.pem", "--key",
        folder_ / "key.pem"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    const pid_t parent = ::getpid();
    process_ = ::fork();
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127);
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    from_ = out[0];
    url_ = process_ > 0 ? read_line(start_ms) : std::string();
    if (!url_.starts_with("http")) {
        stop();
        throw std::runtime_error(script + " did not start: " + url_);
    }
    while (url_.ends_with('/')) url_.pop_back();
}

Simulator::~Simulator() {
    stop();
    ::close(to_);
    ::close(from_);
}

void Simulator::stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
}

std::string Simulator::read_line(int milliseconds) {
    for (;;) {
        if (const auto end = read_.find('\n'); end != std::string::npos) {
            auto line = read_.substr(0, end);
            read_.erase(0, end + 1);
            if (line.ends_with('\r')) line.pop_back();
            return line;
        }
        pollfd waiting{from_, POLLIN, 0};
        if (::poll(&waiting, 1, milliseconds) <= 0) return "";
        char block[4096];
        const auto got = ::read(from_, block, sizeof block);
        if (got <= 0) return "";
        read_.append(block, static_cast<std::size_t>(got));
    }
}

std::string Simulator::tell(const std::string& line) {
    const std::string whole = line + "\n";
    if (::write(to_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size()))
        throw std::runtime_error("the simulator takes no line");
    return read_line(answer_ms);
}

std::string Simulator::ask(const std::string& method, const std::string& path,
                           const std::string& body) const {
    http::ClientOptions options;
    options.certificate_sha256 = certificate_sha256();
    HttpRequest request;
    request.method = method;
    request.url = url_ + path;
    request.body = as_bytes(body);
    request.response_limit = 64 << 20;
    const auto response = http::curl_client(std::move(options))->send(request);
    if (response.status < 200 || response.status > 299)
        throw std::runtime_error(method + " " + path + ": " + std::to_string(response.status));
    return std::string(as_text(response.body));
}

}  // namespace coffre::test
