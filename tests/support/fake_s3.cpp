#include "tests/support/fake_s3.hpp"

#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace coffre::test {

FakeS3::FakeS3(const std::vector<std::string>& arguments) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    std::vector<std::string> words{"python3",           "-B",    COFFRE_FAKE_S3, "--until-eof", "--directory",
                                   folder_ / "objects", "--log", folder_ / "log"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("fork");
    if (child_ == 0) {
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        ::execv("/usr/bin/python3", argv.data());
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    std::string line;
    char c = 0;
    while (::read(out[0], &c, 1) == 1 && c != '\n') line += c;
    ::close(out[0]);
    if (line.empty()) throw std::runtime_error("fake_s3.py does not start");
    port_ = std::stoi(line);
    const std::string path = folder_ / "credentials";
    std::ofstream(path) << "user=FAKEACCESSKEY\npassword=fake/secret+key\n";
    ::chmod(path.c_str(), 0600);
}

FakeS3::~FakeS3() {
    ::close(input_);
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
}

remote::RemoteSpec FakeS3::spec() const {
    return {"cloud",
            "s3+http://127.0.0.1:" + std::to_string(port_) + "/bucket/site",
            {{"credentials-file", folder_ / "credentials"}, {"region", "test-1"}}};
}

std::optional<Bytes> FakeS3::object(const std::string& name) const {
    std::string file = "site/" + name;
    for (std::size_t at = 0; (at = file.find('/', at)) != std::string::npos;) file.replace(at, 1, "%2F");
    std::ifstream in(folder_ / "objects/" + file, std::ios::binary);
    if (!in) return std::nullopt;
    return Bytes{std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> FakeS3::log() const {
    std::ifstream in(folder_ / "log");
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

}  // namespace coffre::test
