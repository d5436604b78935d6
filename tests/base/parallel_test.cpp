// Work on many items at once.

#include "base/parallel.hpp"

#include <atomic>
#include <numeric>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

namespace coffre {
namespace {

TEST(Parallel, does_each_item_once) {
    for (const int jobs : {1, 4, 16}) {
        std::vector<std::atomic<int>> done(100);
        for_each_in_parallel(
            done.size(), jobs, 1000, [](std::size_t i) { return i; }, [&](std::size_t i) { ++done[i]; });
        for (const auto& count : done) EXPECT_EQ(count, 1);
    }
}

TEST(Parallel, holds_no_more_than_the_budget_but_for_one_alone) {
    std::atomic<std::uint64_t> held = 0, most = 0;
    const auto weight = [](std::size_t i) -> std::uint64_t { return i % 7 == 0 ? 500 : 40; };
    for_each_in_parallel(200, 8, 100, weight, [&](std::size_t i) {
        const auto now = held += weight(i);
        if (weight(i) < 100) EXPECT_LE(now, 100U);
        std::uint64_t before = most;
        while (before < now && !most.compare_exchange_weak(before, now)) {
        }
        held -= weight(i);
    });
    EXPECT_EQ(most, 500U);
}

TEST(Parallel, ends_with_the_first_failure_and_begins_nothing_more) {
    for (const int jobs : {1, 4}) {
        std::atomic<int> begun = 0;
        EXPECT_THROW(for_each_in_parallel(
                         100'000, jobs, 1000, [](std::size_t) { return 1; },
                         [&](std::size_t i) {
                             ++begun;
                             if (i == 3) throw std::runtime_error("three");
                         }),
                     std::runtime_error);
        EXPECT_LT(begun, 100'000);
    }
}

}  // namespace
}  // namespace coffre
