// Ways in: adding and removing key slots of an opened repository.

#include <algorithm>

#include "base/error.hpp"
#include "store/crypto/recovery.hpp"
#include "store/crypto/text_seal.hpp"
#include "store/repo/repository.hpp"
#include "store/repo/retired_list.hpp"
#include "store/repo/slot_file.hpp"

namespace coffre::repo {

journal::Slot Repository::publish_slot(ByteView file, const RecordsOf& also) {
    const auto slot = slot_of(file, put_slot(store_, file), environment_.clock.now());
    try {
        change([&](const journal::State& newest) {
            auto records = also ? also(newest) : journal::Json::array();
            records.push_back(journal::slot_record(slot));
            return records;
        });
    } catch (...) {
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

journal::Slot Repository::add_recipient(const crypto::RecipientPublic& recipient, const RecordsOf& also) {
    return publish_slot(crypto::make_recipient_slot(ring_, hedge_, recipient), also);
}

void Repository::remove_slot(const SlotId& id, const RecordsOf& also) {
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
        auto records = also ? also(newest) : journal::Json::array();
        records.push_back(journal::slot_record(removed));
        return records;
    });
    // So that no mirror brings it back.
    if (state().actors.at(last_signer().id()).may("gc"))
        publish_retired_list(store_, ring_.repository, last_signer(), state(),
                             {{slot_blob_name(removed.file), 0, {}}});
    store_.remove(slot_blob_name(removed.file));
}

namespace {

std::string secret_label(const std::string& equipment, const std::string& name) {
    return "equipment" + std::string(1, '\0') + equipment + std::string(1, '\0') + name;
}

}  // namespace

std::string Repository::seal_secret(const std::string& equipment, const std::string& name,
                                    std::string_view text) {
    return to_hex(crypto::seal_text(ring_, hedge_, secret_label(equipment, name), text));
}

SecretText Repository::open_secret(const journal::Equipment& equipment, const std::string& name) const {
    const auto sealed = from_hex(equipment.secrets.at(name));
    const auto what = equipment.name + ": " + name;
    if (!ring_.access) throw Error(Errc::no_key, say<Msg::secrets_cannot_be_opened>());
    if (!sealed) throw Error(Errc::damaged, say<Msg::seal_broken>(what), say<Msg::hint_verify>());
    SecretText opened;
    crypto::open_text(ring_, secret_label(equipment.name, name), *sealed, what,
                      [&](std::string_view text) { opened = SecretText(text); });
    return opened;
}

std::string Repository::text_fingerprint(std::string_view category, std::string_view text) const {
    constexpr std::size_t size = 8;  // of 16: chance alone must not make two equal, and nobody can try
    const auto key = ring_.subkey("model-fingerprint");
    const std::uint8_t end = 0;
    const auto whole =
        crypto::keyed_fingerprint(key, {as_bytes(category), ByteView(&end, 1), as_bytes(text)});
    return to_hex(whole.view().first(size));
}

}  // namespace coffre::repo
