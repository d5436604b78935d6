#include "store/crypto/key_ring.hpp"

#include <atomic>

namespace coffre::crypto {

Key KeyRing::subkey(std::string_view label) const {
    return hkdf(site.view(), repository.view(), {as_bytes("coffre/1/"), as_bytes(label)});
}

void Hedge::set_actor(const ActorId& actor, std::uint64_t stream_number) {
    actor_ = actor;
    stream_number_ = stream_number;
}

Key Hedge::seed() {
    static std::atomic<std::uint64_t> process_counter = 0;
    Bytes salt(32);
    environment_.random.fill(salt);
    append(salt, actor_.view());
    append_u64(salt, stream_number_);
    append_u64(salt, ++process_counter);
    append_u64(salt, static_cast<std::uint64_t>(environment_.clock.now().ns));
    append_u64(salt, environment_.process_id);
    return hkdf(site_.view(), salt, {as_bytes("coffre/1/seed")});
}

}  // namespace coffre::crypto
