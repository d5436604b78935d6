#pragma once
// A site's secrets for tests of what needs no repository: repeatable, and another set for another number.

#include "store/crypto/key_ring.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_random.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coffre::test {

class TestKeys {
public:
    explicit TestKeys(std::uint64_t number = 1)
        : random(number),
          environment{files, clock, random, 1},
          ring(draw(random)),
          hedge(ring.site, environment) {}

    MemoryFileSystem files;
    FakeClock clock;
    FakeRandom random;
    Environment environment;
    crypto::KeyRing ring;
    crypto::Hedge hedge;

private:
    static crypto::KeyRing draw(Random& random) {
        crypto::start();
        crypto::KeyRing ring;
        random.fill(ring.repository.bytes);
        random.fill(ring.site.writable());
        random.fill(ring.access.emplace().writable());
        random.fill(ring.meta.emplace().writable());
        random.fill(ring.content.emplace().writable());
        random.fill(ring.admission.emplace().writable());
        crypto::x25519_public(ring.access->view(), ring.access_public.bytes);
        crypto::x25519_public(ring.meta->view(), ring.meta_public.bytes);
        crypto::x25519_public(ring.content->view(), ring.content_public.bytes);
        return ring;
    }
};

// The same secrets again: rings do not copy by themselves.
inline crypto::KeyRing copy_of(const crypto::KeyRing& ring) {
    crypto::KeyRing copy;
    copy.repository = ring.repository;
    copy.epoch = ring.epoch;
    copy.site = ring.site.clone();
    if (ring.access) copy.access = ring.access->clone();
    if (ring.meta) copy.meta = ring.meta->clone();
    if (ring.content) copy.content = ring.content->clone();
    if (ring.admission) copy.admission = ring.admission->clone();
    copy.access_public = ring.access_public;
    copy.meta_public = ring.meta_public;
    copy.content_public = ring.content_public;
    return copy;
}

}  // namespace coffre::test
