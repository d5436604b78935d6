#include "cli/work/keys.hpp"

#include <algorithm>

namespace coffre::cli {

namespace {

constexpr std::size_t slot_prefix_min = 4;

}  // namespace

KeyFileOut::KeyFileOut(FileSystem& files, const std::string& path) {
    if (path.empty()) return;
    const auto [parent, name] = split_path(path);
    name_ = name;
    folder_ = files.open_directory(parent);
    if (!folder_) throw Error(Errc::failed, say<Msg::file_error>(parent, tr<Msg::os_not_found>()));
    if (folder_->stat(name_))
        throw Error(Errc::failed, say<Msg::file_error>(path, tr<Msg::os_exists>()),
                    say<Msg::hint_key_file_out>());
}

KeyFileOut::~KeyFileOut() {
    if (!written_ || kept_) return;
    try {
        folder_->remove_file(name_);
    } catch (const Error&) {  // NOLINT: it opens nothing
    }
}

void KeyFileOut::write(std::string_view text) {
    const auto file = folder_->create_file(name_, 0600);
    written_ = true;
    file->write(as_bytes(text));
    file->sync();
    folder_->sync();
}

journal::Slot add_passphrase_from(Session& session, const std::string& password_file) {
    std::string passphrase = read_passphrase_file(session.context().environment.files, password_file);
    if (passphrase.empty())
        throw Error(Errc::usage, say<Msg::empty_passphrase>(), say<Msg::hint_new_passphrase>());
    const auto slot = session.repository().add_passphrase(passphrase, crypto::PassphraseCost{});
    crypto::wipe({reinterpret_cast<std::uint8_t*>(passphrase.data()), passphrase.size()});
    return slot;
}

journal::Slot add_key_file(Session& session, const std::string& path) {
    KeyFileOut out(session.context().environment.files, path);
    const auto slot = session.repository().add_key_file([&](std::string_view text) { out.write(text); });
    out.keep();
    return slot;
}

const journal::Slot& find_slot(const journal::State& state, const std::string& prefix) {
    const journal::Slot* found = nullptr;
    for (const auto* slot : state.ways_in()) {
        if (prefix.size() < slot_prefix_min || !slot->id.hex().starts_with(prefix)) continue;
        if (found != nullptr)
            throw Error(Errc::usage, say<Msg::slot_ambiguous>(prefix), say<Msg::hint_key_list>());
        found = slot;
    }
    if (found == nullptr)
        throw Error(Errc::failed, say<Msg::slot_unknown>(prefix), say<Msg::hint_key_list>());
    return *found;
}

}  // namespace coffre::cli
