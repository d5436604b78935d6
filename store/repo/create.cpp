// Making a repository. The order is the promise: everything else first, coffre.json last.

#include "base/error.hpp"
#include "store/repo/format_file.hpp"
#include "store/repo/machine.hpp"
#include "store/repo/repository.hpp"
#include "store/repo/reserve.hpp"
#include "store/repo/slot_file.hpp"

namespace coffre::repo {

namespace {

constexpr int init_lock_timeout_ms = 10'000;
// There while an init is under way, and after one that was interrupted: what lies beside it may be cleared.
const std::string init_marker = "tmp/init";

void clear_remains(BlobStore& store) {
    const auto refuse = [&] {
        return Error(Errc::failed, say<Msg::place_not_empty>(store.location()), say<Msg::hint_empty_place>());
    };
    bool remains = false;
    for (const auto* folder : {"keys", "journal", "packs", "index"})
        remains = remains || !store.list(folder).empty();
    if (!remains) return;
    if (!store.size(init_marker) || !store.list("packs").empty() || !store.list("index").empty())
        throw refuse();
    for (const std::string folder : {"keys", "journal"})
        for (const auto& file : store.list(folder)) store.remove(folder + "/" + file.name);
}

crypto::KeyRing new_ring(Environment environment) {
    crypto::KeyRing ring;
    // The site key is drawn bare, everything after it is hedged with it.
    environment.random.fill(ring.site.writable());
    crypto::Hedge hedge(ring.site, environment);
    ring.access.emplace(hedge.seed().view());
    ring.meta.emplace(hedge.seed().view());
    ring.content.emplace(hedge.seed().view());
    ring.admission.emplace(hedge.seed().view());
    crypto::x25519_public(ring.access->view(), ring.access_public.bytes);
    crypto::x25519_public(ring.meta->view(), ring.meta_public.bytes);
    crypto::x25519_public(ring.content->view(), ring.content_public.bytes);
    return ring;
}

}  // namespace

RepositoryId create(BlobStore& store, Environment environment, const LocalFolders& folders,
                    const CreateOptions& options) {
    const auto guard = store.lock("lock", LockMode::exclusive, init_lock_timeout_ms);
    if (store.size(std::string(format_file_name)))
        throw Error(Errc::failed, say<Msg::repository_exists>(store.location()),
                    say<Msg::hint_other_place>());
    clear_remains(store);
    store.put(init_marker, {});

    crypto::KeyRing ring = new_ring(environment);
    crypto::Hedge hedge(ring.site, environment);
    const auto now = environment.clock.now();
    const crypto::Key machine_seed = hedge.seed();
    const crypto::SigningKey founder(machine_seed.view());
    const crypto::SigningKey admission(ring.admission->view());

    journal::Batch genesis;
    genesis.time = now;
    const journal::PublicKeys keys{ring.access_public.hex(), ring.meta_public.hex(),
                                   ring.content_public.hex(), ring.epoch};
    const crypto::Key nonce = hedge.seed();
    genesis.records.push_back(journal::genesis_record(options.site, journal::Policy::standard(), keys,
                                                      admission.id(), nonce.view()));
    genesis.records.push_back(journal::actor_record(
        {founder.id(), options.actor_name, {"admit", "gc", "write"}}, std::nullopt, std::nullopt));
    journal::sign_batch(genesis, founder, std::nullopt);
    ring.repository = RepositoryId::from(genesis.id.view());
    hedge.set_actor(founder.id(), 1);
    journal::Journal::publish(store, ring, hedge, genesis);

    journal::Batch slots;
    slots.number = 2;
    slots.previous = genesis.id;
    slots.time = Timestamp{now.ns + 1};
    const Bytes passphrase_slot = crypto::make_passphrase_slot(ring, hedge, options.passphrase, options.cost);
    slots.records.push_back(
        journal::slot_record(slot_of(passphrase_slot, put_slot(store, passphrase_slot), now)));
    if (options.write_key_file) {
        auto made = crypto::make_key_file_slot(ring, hedge);
        slots.records.push_back(journal::slot_record(slot_of(made.slot, put_slot(store, made.slot), now)));
        options.write_key_file(made.key_file);
        crypto::wipe({reinterpret_cast<std::uint8_t*>(made.key_file.data()), made.key_file.size()});
    }
    journal::sign_batch(slots, founder, ring.repository);
    journal::Journal::publish(store, ring, hedge, slots);

    save_machine_seed(environment.files, folders, ring, hedge, machine_seed.view());
    const auto format = encode_format_file({ring.repository, options.site.simulated});
    store.put(std::string(format_file_name), as_bytes(format));
    try {
        store.remove(init_marker);
        keep_reserve(store, environment.random);
    } catch (const Error&) {
        // The repository is there: a marker that stays beside it says nothing any more, and gc makes a
        // reserve.
    }
    return ring.repository;
}

}  // namespace coffre::repo
