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

// The slots of one repository, tried one after the other.
class Slots {
public:
    Slots(BlobStore& store, const RepositoryId& repository) : store_(store), repository_(repository) {}

    using Try = std::function<std::optional<crypto::KeyRing>(const crypto::SlotHeader& header, ByteView slot,
                                                             const std::string& name)>;
    // The first that `open` gives the secrets of. What is damaged is passed over, and kept for `check`.
    std::optional<OpenedSlot> first(const Try& open) {
        for (const auto& file : store_.list("keys")) {
            const std::string name = "keys/" + file.name;
            try {
                const auto bytes = store_.get(name, slot_file_max);
                if (!bytes) continue;
                const auto digest = crypto::sha256(*bytes);
                if (digest.hex() + ".slot" != file.name)
                    throw Error(Errc::damaged, say<Msg::name_mismatch>(name), say<Msg::hint_verify>());
                const auto header = crypto::parse_slot(*bytes, name);
                if (header.repository != repository_)
                    throw Error(Errc::damaged, say<Msg::foreign_slot>(name));
                if (auto ring = open(header, *bytes, name))
                    return OpenedSlot{header, digest, std::move(*ring)};
            } catch (const Error& error) {
                if (error.code() != Errc::damaged) throw;
                damage_ = error.message();
            }
        }
        return std::nullopt;
    }

    // A damaged slot may have been the right one: that is told before "wrong passphrase" is.
    void check() const {
        if (damage_) throw Error(Errc::damaged, *damage_, say<Msg::hint_other_slot>());
    }

private:
    BlobStore& store_;
    RepositoryId repository_;
    std::optional<Message> damage_;
};

OpenedSlot open_with_key_file(Slots& slots, const std::string& text, const std::string& path) {
    const auto key_file = crypto::parse_key_file(text, path);
    bool tried = false;
    auto opened = slots.first([&](const auto& header, ByteView slot, const auto& name) {
        const bool named = header.id == key_file.slot;
        tried = tried || named;
        return named ? crypto::open_slot(slot, key_file, name) : std::nullopt;
    });
    if (opened) return std::move(*opened);
    slots.check();
    if (!tried) throw Error(Errc::no_key, say<Msg::key_file_unlisted>(path), say<Msg::hint_key_file>());
    throw Error(Errc::no_key, say<Msg::wrong_passphrase>(), say<Msg::hint_passphrase>());
}

// Empty: it is not required, and does not open.
std::optional<OpenedSlot> open_with_identity(Slots& slots, const RepositoryId& repository,
                                             const IdentityCredential& identity, bool passphrase_too) {
    const auto id = crypto::recipient_slot_id(identity.recipient, repository);
    try {
        auto opened = slots.first([&](const auto& header, ByteView slot, const auto& name) {
            std::optional<crypto::KeyRing> ring;
            if (header.type != crypto::SlotType::recipient || header.id != id) return ring;
            ring = crypto::open_slot(slot, identity.open(), name);
            // Its id says that it is this one's.
            if (!ring) throw Error(Errc::damaged, say<Msg::seal_broken>(name));
            return ring;
        });
        if (opened) return opened;
    } catch (const Error& error) {
        if (error.code() != Errc::no_key || identity.required || !passphrase_too) throw;
        return std::nullopt;
    }
    if (!identity.required) return std::nullopt;
    slots.check();
    throw Error(Errc::no_key, identity.unlisted, identity.hint);
}

}  // namespace

OpenedSlot open_slots(BlobStore& store, const RepositoryId& repository, const Credentials& credentials) {
    Slots slots(store, repository);
    if (credentials.key_file)
        return open_with_key_file(slots, *credentials.key_file, credentials.key_file_path);
    if (credentials.identity)
        if (auto opened = open_with_identity(slots, repository, *credentials.identity,
                                             credentials.passphrase != nullptr))
            return std::move(*opened);
    std::optional<Typed> typed;
    auto opened = slots.first([&](const auto& header, ByteView slot, const auto& name) {
        if (!credentials.passphrase || !is_typed(header.type)) return std::optional<crypto::KeyRing>();
        if (!typed) typed.emplace(credentials.passphrase());
        return typed->open(header.type, slot, name);
    });
    if (opened) return std::move(*opened);
    slots.check();
    if (!credentials.passphrase)
        throw Error(Errc::no_key, say<Msg::no_key_given>(), say<Msg::hint_give_key>());
    throw Error(Errc::no_key, say<Msg::wrong_passphrase>(), say<Msg::hint_passphrase>());
}

}  // namespace coffre::repo
