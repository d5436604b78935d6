#include "tests/drivers/servers.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/clock.hpp"
#include "base/process.hpp"
#include "base/random.hpp"

namespace coffre::test {

namespace {

class HastyClock final : public Clock {
public:
    Timestamp now() override { return system_clock().now(); }
    std::int64_t monotonic_ns() override { return system_clock().monotonic_ns(); }
    void sleep_ms(int ms) override { system_clock().sleep_ms(1 + ms / 20); }
};

}  // namespace

std::string text_of_file(const std::string& path) {
    const auto [folder_path, name] = split_path(path);
    const auto folder = system_files().open_directory(folder_path);
    const auto bytes = folder ? read_file(*folder, name, 64 << 20) : std::nullopt;
    return bytes ? std::string(as_text(*bytes)) : "";
}

void write_text_file(const std::string& path, const std::string& text, std::uint32_t mode) {
    const auto [folder_path, name] = split_path(path);
    const auto folder = system_files().make_directories(folder_path);
    write_file_durably(*folder, name + ".new", *folder, name, as_bytes(text), mode);
}

const std::map<std::string, std::string>& servers() {
    static const auto told = [] {
        std::map<std::string, std::string> found;
        const std::string text = text_of_file(COFFRE_SERVERS_FILE);
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const std::string line = text.substr(at, end - at);
            if (const auto mark = line.find('='); mark != std::string::npos)
                found[line.substr(0, mark)] = line.substr(mark + 1);
            at = end + 1;
        }
        if (found.empty()) {
            std::fprintf(stderr, "no servers run: tests/servers/servers.py start %s\n", COFFRE_SERVERS_FILE);
            std::exit(1);
        }
        return found;
    }();
    return told;
}

const std::string& server_value(const std::string& name) {
    const auto found = servers().find(name);
    if (found == servers().end()) {
        std::fprintf(stderr, "the servers' file says nothing of %s\n", name.c_str());
        std::exit(1);
    }
    return found->second;
}

std::string fresh_name() {
    std::array<std::uint8_t, 8> draw{};
    system_random().fill(draw);
    return "t" + to_hex(draw);
}

std::string with_port(const std::string& url, int port) {
    const auto host = url.rfind(':', url.find('/', url.find("://") + 3));
    const auto path = url.find('/', host);
    return url.substr(0, host + 1) + std::to_string(port) +
           (path == std::string::npos ? "" : url.substr(path));
}

remote::RemoteHost host_of_tests(const std::string& state_folder) {
    static HastyClock clock;
    return {{system_files(), clock, system_random(), process_id()}, {}, state_folder};
}

}  // namespace coffre::test
