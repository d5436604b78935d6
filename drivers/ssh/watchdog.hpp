#pragma once
// Ends what takes too long, where a library waits for its peer without end: the socket is shut down, so that
// whoever reads or writes it gets an error at once. One thread, started with the first watch. Thread-safe.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "base/clock.hpp"

namespace coffre::ssh {

class Watchdog {
public:
    explicit Watchdog(Clock& clock) : clock_(clock) {}
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    // While it lives, `socket` is shut down once `ms` milliseconds are over; the descriptor stays the
    // caller's and outlives this.
    class Watch {
    public:
        Watch(Watchdog& dog, int socket, int ms);
        ~Watch();
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;
        [[nodiscard]] bool fired() const;

    private:
        Watchdog& dog_;
        std::uint64_t id_;
    };

private:
    struct Entry {
        int socket = -1;
        std::int64_t deadline_ns = 0;
        bool fired = false;
    };

    void run();

    Clock& clock_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint64_t, Entry> entries_;
    std::uint64_t next_id_ = 0;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace coffre::ssh
