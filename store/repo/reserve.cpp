#include "store/repo/reserve.hpp"

#include "base/error.hpp"

namespace coffre::repo {

namespace {

constexpr std::size_t reserve_size = 64 << 10;  // bytes

}  // namespace

void keep_reserve(BlobStore& store, Random& random) {
    if (store.size(reserve_name)) return;
    Bytes filling(reserve_size);
    random.fill(filling);
    try {
        store.put(reserve_name, filling);
    } catch (const Error& error) {
        if (error.code() != Errc::no_space) throw;
    }
}

}  // namespace coffre::repo
