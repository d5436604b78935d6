#pragma once
// What a holder of a key finds in a .bak: the snapshot, its files, and who exported it. Not thread-safe.

#include "store/journal/state.hpp"
#include "store/repo/bak_file.hpp"
#include "store/repo/open_slots.hpp"
#include "store/repo/tree_files.hpp"

namespace coffre::repo {

class BakSnapshot {
public:
    // By one of its own slots; needs no repository. Error{no_key} where none opens. Error{damaged} naming the
    // file where what is inside contradicts what the header claims, or the signer was not let in by the
    // site's admission key. `file` is kept by reference.
    BakSnapshot(BakFile& file, Environment environment, const Credentials& credentials);
    // By the secrets of the repository that it comes from; kept by reference.
    BakSnapshot(BakFile& file, Environment environment, const crypto::KeyRing& ring);

    [[nodiscard]] BakFile& file() const { return file_; }
    [[nodiscard]] const journal::Snapshot& snapshot() const { return snapshot_; }  // without packs
    [[nodiscard]] const journal::Site& site() const { return site_; }
    // Name, type and driver; how to reach it is no part of a snapshot.
    [[nodiscard]] const journal::Equipment& equipment() const { return equipment_; }
    [[nodiscard]] const std::string& signer_name() const { return signer_name_; }
    [[nodiscard]] const ActorId& admission() const { return admission_; }  // who let the signer in
    [[nodiscard]] Timestamp exported() const { return exported_; }

    [[nodiscard]] const odb::Commit& commit() const { return commit_; }
    [[nodiscard]] Bytes commit_bytes();

    std::vector<FileEntry> list(const std::string& path = "");
    Bytes read_file(const FileEntry& file);
    void read_file(const FileEntry& file, const std::function<void(ByteView)>& fn);

    // Every object from the commit down is there and bears its id, and they are as many as the record says.
    // Error{damaged} naming the file otherwise.
    void verify();

private:
    BakSnapshot(BakFile& file, Environment environment, std::optional<OpenedSlot> opened,
                const crypto::KeyRing* ring);
    void read_description();
    void check_signer(ByteView certificate);
    void check_claims();

    BakFile& file_;
    std::optional<OpenedSlot> opened_;
    const crypto::KeyRing& ring_;
    crypto::Hedge hedge_;
    pack::ObjectStore objects_;
    odb::Git git_;
    journal::Snapshot snapshot_;
    journal::Site site_;
    journal::Equipment equipment_;
    std::string signer_name_;
    ActorId admission_;
    Timestamp exported_;
    odb::Commit commit_;
};

}  // namespace coffre::repo
