#pragma once
// The signed lists, in clear, of files that gc put out of use: whoever mirrors the repository without a key
// learns from them what not to copy any more (docs/format.md, "Retired lists").

#include "base/blob_store.hpp"
#include "store/journal/state.hpp"

namespace coffre::repo {

// Held exclusively by gc. It only saves work: of two runs one would be overtaken.
inline constexpr std::string_view gc_lock_name = "gc.lock";
// Held shared by a capture from its beginning to its batch, exclusively by gc while it removes what captures
// left behind.
inline constexpr std::string_view captures_lock_name = "captures.lock";

// Publishes the list of what the last gc put out of use, or of a key slot that was removed; it names the list
// before it. `key` is of an actor with the right "gc".
void publish_retired_list(BlobStore& store, const RepositoryId& repository, const crypto::SigningKey& key,
                          const journal::State& state, const std::vector<journal::Retired>& retired);

inline constexpr std::uint64_t retired_list_max = 64 << 20;  // bytes of one

struct RetiredList {
    ActorId actor;  // who signed it, and whose right to do so is for the caller to judge
    std::uint64_t generation = 0;
    std::vector<std::string> names;
};
// What anybody can check: Error{damaged} for what is no such list of this repository, or not signed as it
// says.
RetiredList parse_retired_list(ByteView file, const RepositoryId& repository, std::string_view what);

// Its generation. Error{damaged} for what is no such list of this repository, or not signed by an actor that
// may retire.
std::uint64_t check_retired_list(ByteView file, const RepositoryId& repository, const journal::State& state,
                                 std::string_view what);

}  // namespace coffre::repo
