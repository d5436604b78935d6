#include "cli/identity_keep.hpp"

#include "cli/texts/people_texts.hpp"

namespace coffre::cli {

namespace {

template <class Fn>
auto with_way_out(Fn fn) {
    try {
        return fn();
    } catch (const Error& error) {
        if (error.code() != Errc::damaged) throw;
        throw error.with_hint(say<texts::hint_identity_damaged>());
    }
}

}  // namespace

std::optional<Bytes> read_identity_file(FileSystem& files, const std::string& path) {
    if (!files.stat(path)) return std::nullopt;
    const auto [parent, name] = split_path(files.resolve(path));
    const auto folder = files.open_directory(parent);
    return folder ? read_file(*folder, name, crypto::identity_file_max) : std::nullopt;
}

const crypto::Card* IdentityKeep::card(FileSystem& files, const std::string& path) {
    const std::lock_guard guard(mutex_);
    if (!read_) {
        if (const auto bytes = read_identity_file(files, path)) {
            card_ = with_way_out([&] { return crypto::identity_card(*bytes, path); });
            file_ = *bytes;
        }
        read_ = true;
    }
    return card_ ? &*card_ : nullptr;
}

const crypto::Identity& IdentityKeep::open(FileSystem& files, const std::string& path,
                                           const std::function<std::string()>& passphrase) {
    const std::lock_guard guard(mutex_);
    if (identity_) return *identity_;
    if (refused_) throw Error(*refused_);
    if (card(files, path) == nullptr)
        throw Error(Errc::failed, say<texts::identity_missing>(path), say<texts::hint_identity_new>());
    if (!passphrase)
        throw Error(Errc::no_key, say<texts::identity_no_passphrase>(path),
                    say<texts::hint_identity_passphrase>());
    const SecretText typed(passphrase());
    identity_ = with_way_out([&] { return crypto::open_identity(file_, typed.text(), path); });
    if (identity_) return *identity_;
    refused_.emplace(Errc::no_key, say<texts::identity_wrong>(path), say<Msg::hint_passphrase>());
    throw Error(*refused_);
}

std::string IdentityKeep::passphrase(const std::function<std::string()>& ask) {
    const std::lock_guard guard(mutex_);
    if (!typed_) {
        std::string text = ask();
        typed_.emplace(text);
        wipe_text(text);
    }
    return typed_->text();
}

}  // namespace coffre::cli
