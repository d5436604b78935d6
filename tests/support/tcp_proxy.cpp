#include "tests/support/tcp_proxy.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace coffre::test {

namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool send_all(int to, const char* bytes, std::size_t size) {
    while (size > 0) {
        const ssize_t sent = ::send(to, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace

TcpProxy::TcpProxy(int server_port) : server_port_(server_port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &size) != 0 || ::pipe(wake_) != 0)
        throw std::runtime_error("the proxy cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
    ::close(wake_[1]);
    thread_.join();
    for (auto& link : links_) close(link);
    ::close(listener_);
    ::close(wake_[0]);
}

void TcpProxy::break_after(Fault fault, Direction direction, std::uint64_t bytes) {
    const std::scoped_lock guard(mutex_);
    fault_ = fault;
    direction_ = direction;
    left_ = bytes;
    broke_ = false;
}

std::uint64_t TcpProxy::passed(Direction direction) const {
    const std::scoped_lock guard(mutex_);
    return passed_[static_cast<int>(direction)];
}

std::string TcpProxy::sent_to_server() const {
    const std::scoped_lock guard(mutex_);
    return recorded_;
}

void TcpProxy::close(Link& link) {
    ::close(link.client);
    ::close(link.server);
    link = {};
}

// False: this connection is at its end.
bool TcpProxy::forward(Link& link, Direction direction) {
    std::array<char, 16384> buffer{};
    const bool up = direction == Direction::to_server;
    const ssize_t got = ::recv(up ? link.client : link.server, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    auto size = static_cast<std::size_t>(got);
    Fault now = Fault::none;
    {
        const std::scoped_lock guard(mutex_);
        if (fault_ != Fault::none && direction == direction_) {
            if (left_ <= size) {
                size = static_cast<std::size_t>(left_);
                now = std::exchange(fault_, Fault::none);
            }
            left_ -= size;
        }
        passed_[static_cast<int>(direction)] += size;
        if (up)
            recorded_.append(buffer.data(),
                             std::min(size, 65536 - std::min<std::size_t>(65536, recorded_.size())));
    }
    const bool sent = send_all(up ? link.server : link.client, buffer.data(), size);
    if (now == Fault::none) return sent;
    broke_ = true;  // before the client can see it
    if (now == Fault::freeze) {
        frozen_ = true;
    } else {
        refusing_ = now == Fault::cut_for_good;
        for (auto& each : links_) close(each);
    }
    return true;
}

void TcpProxy::run() {
    for (;;) {
        std::vector<pollfd> waiting{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
        if (!frozen_)
            for (const auto& link : links_) {
                waiting.push_back({link.client, POLLIN, 0});
                waiting.push_back({link.server, POLLIN, 0});
            }
        if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
        if (waiting[0].revents != 0) return;
        for (std::size_t i = 0; !frozen_ && 2 * i + 3 < waiting.size(); ++i) {
            auto& link = links_[i];
            for (const auto direction : {Direction::to_server, Direction::to_client}) {
                const auto& event = waiting[2 * i + 2 + static_cast<std::size_t>(direction)];
                if (link.client >= 0 && event.revents != 0 && !forward(link, direction)) close(link);
                if (frozen_) break;
            }
        }
        std::erase_if(links_, [](const Link& link) { return link.client < 0; });
        if (waiting[1].revents == 0) continue;
        Link link{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC),
                  ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const auto address = loopback(server_port_);
        if (refusing_ || link.client < 0 ||
            ::connect(link.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            close(link);
            continue;
        }
        const int on = 1;
        for (const int end : {link.client, link.server})
            ::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        links_.push_back(link);
    }
}

}  // namespace coffre::test
