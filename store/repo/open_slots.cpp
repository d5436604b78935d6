#include "store/repo/open_slots.hpp"

#include "base/error.hpp"
#include "store/crypto/recovery.hpp"

namespace coffre::repo {

namespace {

bool is_typed(crypto::SlotType type) {
    return type == crypto::SlotType::passphrase || type == crypto::SlotType::recovery_words;
}

// What a person typed: a passphrase, or recovery words where it is these. Wiped at the end.
class Typed {
public:
    explicit Typed(std::string text) : text_(std::move(text)), words_(crypto::parse_recovery_words(text_)) {}
    ~Typed() { crypto::wipe({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()}); }
    Typed(const Typed&) = delete;
    Typed& operator=(const Typed&) = delete;

    [[nodiscard]] std::optional<crypto::KeyRing> open(crypto::SlotType type, ByteView slot,
                                                      std::string_view what) const {
        if (words_.has_value() != (type == crypto::SlotType::recovery_words)) return std::nullopt;
        return words_ ? crypto::open_slot(slot, *words_, what) : crypto::open_slot(slot, text_, what);
    }

private:
    std::string text_;
    std::optional<crypto::RecoverySecret> words_;
};

}  // namespace

OpenedSlot open_slots(BlobStore& store, const RepositoryId& repository, const Credentials& credentials) {
    std::optional<crypto::KeyFile> key_file;
    if (credentials.key_file)
        key_file = crypto::parse_key_file(*credentials.key_file, credentials.key_file_path);
    std::optional<Typed> typed;
    std::optional<Message> damage;
    bool tried = false;
    for (const auto& file : store.list("keys")) {
        const std::string name = "keys/" + file.name;
        try {
            const auto bytes = store.get(name, slot_file_max);
            if (!bytes) continue;
            const auto digest = crypto::sha256(*bytes);
            if (digest.hex() + ".slot" != file.name)
                throw Error(Errc::damaged, say<Msg::name_mismatch>(name), say<Msg::hint_verify>());
            const auto header = crypto::parse_slot(*bytes, name);
            if (header.repository != repository) throw Error(Errc::damaged, say<Msg::foreign_slot>(name));
            std::optional<crypto::KeyRing> ring;
            if (key_file) {
                if (header.id != key_file->slot) continue;
                ring = crypto::open_slot(*bytes, *key_file, name);
            } else if (credentials.passphrase && is_typed(header.type)) {
                if (!typed) typed.emplace(credentials.passphrase());
                ring = typed->open(header.type, *bytes, name);
            } else {
                continue;
            }
            tried = true;
            if (!ring) continue;
            return {header, digest, std::move(*ring)};
        } catch (const Error& error) {
            if (error.code() != Errc::damaged) throw;
            damage = error.message();
        }
    }
    // A damaged slot may have been the right one: that is told before "wrong passphrase" is.
    if (damage) throw Error(Errc::damaged, *damage, say<Msg::hint_other_slot>());
    if (key_file && !tried)
        throw Error(Errc::no_key, say<Msg::key_file_unlisted>(credentials.key_file_path),
                    say<Msg::hint_key_file>());
    if (!key_file && !credentials.passphrase)
        throw Error(Errc::no_key, say<Msg::no_key_given>(), say<Msg::hint_give_key>());
    throw Error(Errc::no_key, say<Msg::wrong_passphrase>(), say<Msg::hint_passphrase>());
}

}  // namespace coffre::repo
