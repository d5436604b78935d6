// Ways in: adding and removing key slots of an opened repository.

#include <algorithm>

#include "base/error.hpp"
#include "store/crypto/recovery.hpp"
#include "store/repo/repository.hpp"
#include "store/repo/retired_list.hpp"
#include "store/repo/slot_file.hpp"

namespace coffre::repo {

journal::Slot Repository::publish_slot(ByteView file) {
    const auto slot = slot_of(file, put_slot(store_, file), environment_.clock.now());
    try {
        record({journal::slot_record(slot)});
    } catch (const Error&) {
        // Unlisted it would be taken for an intruder's.
        store_.remove(slot_blob_name(slot.file));
        throw;
    }
    return slot;
}

journal::Slot Repository::add_passphrase(std::string_view passphrase, const crypto::PassphraseCost& cost) {
    return publish_slot(crypto::make_passphrase_slot(ring_, hedge_, passphrase, cost));
}

journal::Slot Repository::add_key_file(const std::function<void(std::string_view)>& write) {
    auto made = crypto::make_key_file_slot(ring_, hedge_);
    write(made.key_file);
    crypto::wipe({reinterpret_cast<std::uint8_t*>(made.key_file.data()), made.key_file.size()});
    return publish_slot(made.slot);
}

std::optional<journal::Slot> Repository::add_recovery_words(
    const std::function<bool(std::string_view)>& confirm) {
    auto made = crypto::make_recovery_words_slot(ring_, hedge_);
    const bool confirmed = confirm(made.words);
    crypto::wipe({reinterpret_cast<std::uint8_t*>(made.words.data()), made.words.size()});
    if (!confirmed) return std::nullopt;
    return publish_slot(made.slot);
}

void Repository::remove_slot(const SlotId& id) {
    journal::Slot removed;
    change([&](const journal::State& newest) {
        const auto ways = newest.ways_in();
        const auto found =
            std::find_if(ways.begin(), ways.end(), [&](const auto* slot) { return slot->id == id; });
        if (found == ways.end())
            throw Error(Errc::failed, say<Msg::slot_unknown>(id.hex()), say<Msg::hint_key_list>());
        if (ways.size() == 1)
            throw Error(Errc::refused, say<Msg::last_way_in>(), say<Msg::hint_last_way_in>());
        removed = **found;
        removed.removed = true;
        removed.removed_at = environment_.clock.now();
        return journal::Json::array({journal::slot_record(removed)});
    });
    // So that no mirror brings it back.
    if (state().actors.at(last_signer().id()).may("gc"))
        publish_retired_list(store_, ring_.repository, last_signer(), state(),
                             {{slot_blob_name(removed.file), 0, {}}});
    store_.remove(slot_blob_name(removed.file));
}

}  // namespace coffre::repo
