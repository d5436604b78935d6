#pragma once
// Work on many items by a few threads at once.

#include <cstddef>
#include <cstdint>
#include <functional>

namespace coffre {

// Calls work(i) for each i below `count`, at most `jobs` at a time and in no order (one after the other, in
// order, with one job). `weight(i)`: bytes that the call holds; together at most `budget`, but for one alone.
// The first exception ends it: what has begun ends, nothing else begins, and it is thrown on.
void for_each_in_parallel(std::size_t count, int jobs, std::uint64_t budget,
                          const std::function<std::uint64_t(std::size_t)>& weight,
                          const std::function<void(std::size_t)>& work);

}  // namespace coffre
