#include "base/parallel.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace coffre {

namespace {

struct Shared {
    std::mutex mutex;
    std::condition_variable room;
    std::size_t next = 0;
    std::uint64_t held = 0;
    std::exception_ptr failure;
};

}  // namespace

void for_each_in_parallel(std::size_t count, int jobs, std::uint64_t budget,
                          const std::function<std::uint64_t(std::size_t)>& weight,
                          const std::function<void(std::size_t)>& work) {
    if (jobs <= 1 || count <= 1) {
        for (std::size_t i = 0; i < count; ++i) work(i);
        return;
    }
    Shared shared;
    const auto run = [&] {
        std::unique_lock guard(shared.mutex);
        while (shared.next < count && !shared.failure) {
            const auto i = shared.next;
            const auto bytes = weight(i);
            if (shared.held > 0 && shared.held + bytes > budget) {
                shared.room.wait(guard);
                continue;
            }
            ++shared.next;
            shared.held += bytes;
            guard.unlock();
            std::exception_ptr failure;
            try {
                work(i);
            } catch (...) {
                failure = std::current_exception();
            }
            guard.lock();
            shared.held -= bytes;
            if (failure && !shared.failure) shared.failure = failure;
            shared.room.notify_all();
        }
    };
    std::vector<std::thread> threads;
    const auto wanted = std::min<std::size_t>(static_cast<std::size_t>(jobs), count);
    for (std::size_t i = 0; i < wanted; ++i) threads.emplace_back(run);
    for (auto& thread : threads) thread.join();
    if (shared.failure) std::rethrow_exception(shared.failure);
}

}  // namespace coffre
