#include "store/repo/slot_file.hpp"

namespace coffre::repo {

std::string slot_blob_name(const Sha256Digest& file) { return "keys/" + file.hex() + ".slot"; }

Sha256Digest put_slot(BlobStore& store, ByteView slot) {
    const auto name = crypto::sha256(slot);
    store.put(slot_blob_name(name), slot);
    return name;
}

journal::Slot slot_of(ByteView file, const Sha256Digest& name, Timestamp created) {
    const auto header = crypto::parse_slot(file, "slot");
    journal::Slot slot;
    slot.id = header.id;
    slot.file = name;
    slot.type = std::string(crypto::slot_type_name(header.type));
    slot.created = created;
    return slot;
}

}  // namespace coffre::repo
