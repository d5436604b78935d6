// A snapshot into one file.

#include "store/journal/record_json.hpp"
#include "store/odb/names.hpp"
#include "store/repo/bak_file.hpp"
#include "store/repo/repository.hpp"
#include "store/repo/slot_file.hpp"

namespace coffre::repo {

namespace {

// Takes packs as they are finished, each as a section at the end of the file.
class BakOutput final : public BakParts {
public:
    BakOutput(File& file, const std::string& what) : BakParts(file, what), file_(file) {}

    void write(ByteView bytes) {
        file_.write(bytes);
        hash_.update(bytes);
        at_ += bytes.size();
    }
    void section(BakSection kind, ByteView bytes) {
        Bytes head{static_cast<std::uint8_t>(kind)};
        append_u64(head, bytes.size());
        write(head);
        write(bytes);
    }
    bool put(const std::string& name, ByteView bytes) override {
        if (!add(name, at_ + bak_section_head, bytes.size())) return false;
        section(BakSection::pack, bytes);
        return true;
    }
    Sha256Digest finish() { return hash_.finish(); }

private:
    File& file_;
    crypto::Sha256 hash_;
    std::uint64_t at_ = 0;
};

// Copies what a commit leads to from one store of objects to another; deltas are made anew, against what is
// in the new one alone.
class Copier {
public:
    Copier(pack::ObjectStore& from, odb::Git& git, pack::ObjectStore& to) : from_(from), git_(git), to_(to) {}

    void copy(const ObjectId& commit) {
        (void)object(commit);
        tree(git_.read_commit(commit).tree, "");
    }

private:
    pack::Object stored(const ObjectId& id) {
        auto object = from_.read_stored(id);
        if (!object) throw Error(Errc::damaged, say<Msg::object_missing>(), say<Msg::hint_verify>());
        return std::move(*object);
    }

    ObjectId object(const ObjectId& id, const std::optional<ObjectId>& like = std::nullopt) {
        const auto data = stored(id);
        to_.put(id, data.type, data.data, like);
        return id;
    }

    void tree(const ObjectId& id, const std::string& folder) {
        if (to_.holds(id)) return;
        for (const auto& entry : git_.read_tree(id)) {
            const auto path = folder.empty() ? entry.name : folder + "/" + entry.name;
            if (entry.mode == odb::EntryMode::tree)
                tree(entry.id, path);
            else
                blob(entry.id, path);
        }
        (void)object(id);
    }

    void blob(const ObjectId& id, const std::string& path) {
        if (to_.holds(id)) return;
        const auto data = stored(id);
        if (!data.chunk_list) {
            to_.put(id, data.type, data.data, known_.most_alike(path));
            known_.add_file(path, id);
            return;
        }
        const auto size = git_.blob_size(id);
        for (const auto& row : pack::parse_chunk_list(data.data, size, "chunk list")) {
            if (to_.holds(row.id)) continue;
            const auto chunk = stored(row.id);
            to_.put_chunk(to_.chunk_identity(chunk.data), chunk.data, std::nullopt);
        }
        to_.put_chunk_list(id, size, data.data, std::nullopt);
    }

    pack::ObjectStore& from_;
    odb::Git& git_;
    pack::ObjectStore& to_;
    KnownFiles known_;
};

}  // namespace

Sha256Digest Repository::write_bak(const journal::Snapshot& snapshot, const std::string& name, File& file,
                                   const std::string& what) {
    if (!may_write_)
        throw Error(Errc::damaged, say<Msg::slot_unlisted>(slot_blob_name(slot_file_)),
                    say<Msg::hint_other_slot>());
    if (!ring_.admission) throw Error(Errc::no_key, say<Msg::not_admitted>(), say<Msg::hint_give_key>());
    const crypto::SigningKey admission(ring_.admission->view());
    const auto& signer = signing_key(true);

    BakOutput out(file, what);
    const auto header = encode_bak_header({ring_.repository, name, signer.id(), site().simulated});
    Bytes head;
    coffre::append(head, as_bytes(bak_magic));
    append_u32(head, static_cast<std::uint32_t>(header.size()));
    coffre::append(head, as_bytes(header));
    out.write(head);
    for (const auto* slot : state().ways_in()) {
        const auto slot_name = slot_blob_name(slot->file);
        const auto bytes = store_.get(slot_name, slot_file_max);
        if (!bytes) throw Error(Errc::damaged, say<Msg::file_missing>(slot_name), say<Msg::hint_verify>());
        if (crypto::sha256(*bytes) != slot->file)
            throw Error(Errc::damaged, say<Msg::name_mismatch>(slot_name), say<Msg::hint_verify>());
        out.section(BakSection::slot, *bytes);
    }

    objects_.prefer(snapshot.packs);
    pack::ObjectStore objects(out, ring_, hedge_);
    Copier(objects_, git_, objects).copy(snapshot.commit);
    objects.flush();
    objects.named();

    journal::Equipment equipment;
    equipment.name = snapshot.equipment;
    equipment.type = snapshot.type;
    const auto known = state().equipment.find(snapshot.equipment);
    equipment.driver = known == state().equipment.end() ? "files" : known->second.driver;
    const auto certificate =
        admission.sign(bak_signer_message(ring_.repository, signer.id(), options_.actor_name));
    const journal::Json description{{"format", 1},
                                    {"name", name},
                                    {"exported_ns", environment_.clock.now().ns},
                                    {"site", journal::to_json(site())},
                                    {"timezone", rules::zone_of(site(), snapshot)},
                                    {"equipment", journal::equipment_record(equipment)},
                                    {"snapshot", journal::snapshot_record(snapshot)},
                                    {"signer",
                                     {{"name", options_.actor_name},
                                      {"admitted_by", admission.id().hex()},
                                      {"certificate", certificate.hex()}}}};
    out.section(BakSection::description,
                crypto::seal_file(crypto::SealedKind::bak, ring_, hedge_, as_bytes(description.dump())));

    const auto id = out.finish();
    const auto signature = signer.sign(bak_signature_message(ring_.repository, id));
    Bytes tail{static_cast<std::uint8_t>(BakSection::signature)};
    append_u64(tail, crypto::Signature::size);
    coffre::append(tail, signature.view());
    file.write(tail);
    return id;
}

std::unique_ptr<BakSnapshot> Repository::open_bak(BakFile& file) {
    auto bak = std::make_unique<BakSnapshot>(file, environment_, ring_);
    if (bak->admission() != state().admission) throw bak_damage(file.what(), say<Msg::bak_signer>());
    return bak;
}

}  // namespace coffre::repo
