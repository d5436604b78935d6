#include "drivers/ssh/watchdog.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include <sys/socket.h>

namespace coffre::ssh {

Watchdog::~Watchdog() {
    {
        const std::scoped_lock guard(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Watchdog::run() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        const std::int64_t now = clock_.monotonic_ns();
        std::optional<std::int64_t> next;
        for (auto& [id, entry] : entries_) {
            if (entry.fired) continue;
            if (entry.deadline_ns <= now) {
                entry.fired = true;
                ::shutdown(entry.socket, SHUT_RDWR);
            } else {
                next = std::min(next.value_or(entry.deadline_ns), entry.deadline_ns);
            }
        }
        if (next) {
            changed_.wait_for(lock, std::chrono::nanoseconds(*next - now));
        } else {
            changed_.wait(lock);
        }
    }
}

Watchdog::Watch::Watch(Watchdog& dog, int socket, int ms) : dog_(dog) {
    const std::scoped_lock guard(dog_.mutex_);
    if (!dog_.thread_.joinable()) dog_.thread_ = std::thread([&watchdog = dog_] { watchdog.run(); });
    const std::int64_t deadline = dog_.clock_.monotonic_ns() + std::int64_t{ms} * 1'000'000;
    // The thread sleeps until the earliest deadline that it knows: a later one does not wake it.
    const bool earliest = std::all_of(dog_.entries_.begin(), dog_.entries_.end(), [&](const auto& other) {
        return other.second.fired || other.second.deadline_ns > deadline;
    });
    id_ = dog_.next_id_++;
    dog_.entries_[id_] = {socket, deadline, false};
    if (earliest) dog_.changed_.notify_all();
}

Watchdog::Watch::~Watch() {
    const std::scoped_lock guard(dog_.mutex_);
    dog_.entries_.erase(id_);
}

bool Watchdog::Watch::fired() const {
    const std::scoped_lock guard(dog_.mutex_);
    return dog_.entries_.at(id_).fired;
}

}  // namespace coffre::ssh
