#pragma once
// Captures of many equipments at once: each thread holds what its equipment answers in memory, and the thread
// that has the repository takes it in when it is whole.

#include <atomic>
#include <functional>
#include <variant>
#include <vector>

#include "base/equipment_driver.hpp"
#include "base/error.hpp"

namespace coffre::cli {

// What all captures under way may hold together.
class MemoryBudget {
public:
    explicit MemoryBudget(std::uint64_t bytes) : left_(static_cast<std::int64_t>(bytes)) {}
    [[nodiscard]] bool take(std::uint64_t bytes) {
        const auto wanted = static_cast<std::int64_t>(bytes);
        if (left_.fetch_sub(wanted) >= wanted) return true;
        left_.fetch_add(wanted);
        return false;
    }
    void give_back(std::uint64_t bytes) { left_.fetch_add(static_cast<std::int64_t>(bytes)); }

private:
    std::atomic<std::int64_t> left_;
};

// A capture that would hold more than is left: to be done again by itself, not held.
struct TooMuchToHold {};

class BufferedCapture final : public CaptureSink {
public:
    explicit BufferedCapture(MemoryBudget& budget) : budget_(budget) {}
    ~BufferedCapture() override { budget_.give_back(held_); }
    BufferedCapture(const BufferedCapture&) = delete;
    BufferedCapture& operator=(const BufferedCapture&) = delete;

    void file(const Path& path, bool executable, ByteView content) override;
    void large_file(const Path& path, bool executable, std::uint64_t size, const Pieces& next) override;
    void link(const Path& path, const std::string& target) override;
    void empty_folder(const Path& path) override;
    void skipped(const Path& path, const Message& why) override;
    void failed(const Path& path, const Message& why) override;

    // The same calls, in the same order.
    void replay(CaptureSink& sink) const;

private:
    struct HeldFile {
        bool executable = false;
        Bytes content;
    };
    struct HeldLink {
        std::string target;
    };
    struct HeldFolder {};
    struct HeldProblem {
        bool failed = false;
        Message why;
    };
    struct Call {
        Path path;
        std::variant<HeldFile, HeldLink, HeldFolder, HeldProblem> what;
    };

    void hold(std::uint64_t bytes);

    MemoryBudget& budget_;
    std::uint64_t held_ = 0;
    std::vector<Call> calls_;
};

}  // namespace coffre::cli
