#pragma once
// What an opened slot gives: the site's secrets that its capability allows, and the keys derived from them.

#include <optional>
#include <string_view>

#include "base/environment.hpp"
#include "store/crypto/primitives.hpp"

namespace coffre::crypto {

struct KeyRing {
    RepositoryId repository;
    std::uint32_t epoch = 1;
    SiteKey site;
    std::optional<AccessSecret> access;
    std::optional<MetaSecret> meta;
    std::optional<ContentSecret> content;
    std::optional<AdmissionSeed> admission;
    AccessPublic access_public;
    MetaPublic meta_public;
    ContentPublic content_public;

    // HKDF(site key, salt = repository id, "coffre/1/" ‖ label): "fingerprint", "table", "sealed-file".
    [[nodiscard]] Key subkey(std::string_view label) const;
};

// Key material that does not repeat even where the random generator is stuck:
// HKDF(site key, salt = random32 ‖ actor ‖ stream number ‖ process counter ‖ clock ns ‖ pid,
// "coffre/1/seed"). Thread-safe.
class Hedge {
public:
    Hedge(const SiteKey& site, Environment environment) : site_(site.clone()), environment_(environment) {}

    // Who draws: bound into every later seed.
    void set_actor(const ActorId& actor, std::uint64_t stream_number);
    [[nodiscard]] Key seed();

private:
    SiteKey site_;
    Environment environment_;
    ActorId actor_;
    std::uint64_t stream_number_ = 0;
};

}  // namespace coffre::crypto
