#pragma once
// A BlobStore that is elsewhere: a cloud, another machine, a disk that is carried away. What mirrors and
// checks want to know of it beyond the bytes.
//
// Errors: Error{unreachable} when it cannot be reached, refuses, or answers what makes no sense;
// Error{no_space} when it is full; Error{refused} when a safety rule does not let it be used; Error{damaged}
// when what it gives is not what was asked for. Messages hold no credentials. Thread-safe, like every
// BlobStore.

#include <map>
#include <optional>
#include <string>

#include "base/blob_store.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"

namespace coffre {

class RemoteStore : public BlobStore {
public:
    // The SHA-256 that the server itself took of the bytes that it received and holds under that name. Empty
    // where this kind of server makes none that counts: then only reading tells.
    virtual std::optional<Sha256Digest> server_checksum(const std::string& name) {
        (void)name;
        return std::nullopt;
    }

    // Object lock: nobody removes the file before then. Never shortened. False: this store has none.
    virtual bool protect(const std::string& name, Timestamp until) {
        (void)name;
        (void)until;
        return false;
    }
    // Until when it is protected; empty: it is not, or this store has no object lock.
    virtual std::optional<Timestamp> protected_until(const std::string& name) {
        (void)name;
        return std::nullopt;
    }

    // What the other side's clock said last; empty: nothing was heard from it yet, or it has none.
    virtual std::optional<Timestamp> server_time() { return std::nullopt; }
    // Bytes that still fit; empty: it does not say.
    virtual std::optional<std::uint64_t> free_bytes() { return std::nullopt; }

    // What `remote test` and `remote show` tell: lower-case words ("object_lock", "conditional_put",
    // "medium", "checksum") and what was found by trying, now. Never credentials.
    virtual std::map<std::string, std::string> facts() { return {}; }
};

}  // namespace coffre
