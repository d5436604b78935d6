#pragma once
// A TCP proxy on loopback between a client under test and its server, which breaks what passes through it as
// a bad network would. Thread-safe; ends its connections and its threads when destroyed.

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace coffre::test {

class TcpProxy {
public:
    enum class Fault : std::uint8_t {
        none,
        cut,           // both sides are closed; later connections work
        cut_for_good,  // both sides are closed, and later connections are at once
        freeze,        // nothing more is passed on, and nothing is closed
    };
    enum class Direction : std::uint8_t { to_server, to_client };

    explicit TcpProxy(int server_port);
    ~TcpProxy();
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;

    [[nodiscard]] int port() const { return port_; }

    // The fault comes once `bytes` more have passed in that direction, over all connections together; what
    // is beyond them is not passed on.
    void break_after(Fault fault, Direction direction, std::uint64_t bytes);

    [[nodiscard]] std::uint64_t passed(Direction direction) const;
    [[nodiscard]] bool broke() const { return broke_; }
    [[nodiscard]] std::string sent_to_server() const;  // the first 64 KiB of it

private:
    struct Link {
        int client = -1;
        int server = -1;
    };

    void run();
    bool forward(Link& link, Direction direction);
    void close(Link& link);

    int server_port_;
    int listener_ = -1;
    int wake_[2] = {-1, -1};
    int port_ = 0;

    mutable std::mutex mutex_;
    Fault fault_ = Fault::none;
    Direction direction_ = Direction::to_server;
    std::uint64_t left_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t passed_[2] = {0, 0};
    std::string recorded_;
    std::atomic<bool> broke_ = false;
    bool refusing_ = false;
    bool frozen_ = false;

    std::vector<Link> links_;  // of the thread alone
    std::thread thread_;
};

}  // namespace coffre::test
