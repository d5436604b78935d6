#include "base/error.hpp"
#include "store/journal/record_json.hpp"
#include "store/repo/bak_snapshot.hpp"
#include "store/rules/names.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::repo {

namespace {

// Damage in a part of the file, told as damage of the file. `missing_too`: what git does not find is damage.
template <class Fn>
auto naming(const BakFile& file, bool missing_too, Fn&& fn) {
    try {
        return fn();
    } catch (const Error& error) {
        const bool damage = error.code() == Errc::damaged || (missing_too && error.code() == Errc::failed);
        if (!damage || error.message().id == Msg::bak_damaged) throw;
        throw bak_damage(file.what(), error.message());
    }
}

}  // namespace

BakSnapshot::BakSnapshot(BakFile& file, Environment environment, const Credentials& credentials)
    : BakSnapshot(
          file, environment,
          naming(
              file, false,
              [&] { return std::optional(open_slots(file.parts(), file.header().repository, credentials)); }),
          nullptr) {}

BakSnapshot::BakSnapshot(BakFile& file, Environment environment, const crypto::KeyRing& ring)
    : BakSnapshot(file, environment, std::nullopt, &ring) {}

BakSnapshot::BakSnapshot(BakFile& file, Environment environment, std::optional<OpenedSlot> opened,
                         const crypto::KeyRing* ring)
    : file_(file),
      opened_(std::move(opened)),
      ring_(ring != nullptr ? *ring : opened_->ring),
      hedge_(ring_.site, environment),
      objects_(file.parts(), ring_, hedge_),
      git_(objects_) {
    objects_.add_packs(file.packs());
    naming(file_, false, [&] { read_description(); });
    commit_ = naming(file_, true, [&] { return git_.read_commit(snapshot_.commit); });
    check_claims();
}

void BakSnapshot::read_description() {
    const auto malformed = [&] { return bak_damage(file_.what(), say<Msg::bak_structure>()); };
    const Bytes plain = crypto::open_file(crypto::SealedKind::bak, ring_, file_.description(), file_.what(),
                                          bak_description_max);
    try {
        const auto json = journal::Json::parse(as_text(plain));
        if (json.at("format").get<int>() != 1)
            throw Error(Errc::failed, say<Msg::bak_newer>(file_.what()), say<Msg::hint_bak_newer>());
        if (json.at("name") != file_.header().name) throw malformed();
        site_ = journal::site_from_json(json.at("site"));
        site_.simulated = file_.header().simulated;
        equipment_ = journal::equipment_from_json(json.at("equipment"));
        snapshot_ = journal::snapshot_from_json(json.at("snapshot"));
        snapshot_.timezone = json.at("timezone").get<std::string>();
        exported_.ns = json.at("exported_ns").get<std::int64_t>();
        const auto& signer = json.at("signer");
        signer_name_ = signer.at("name").get<std::string>();
        admission_ = journal::id_of<ActorId>(signer.at("admitted_by"));
        check_signer(journal::id_of<crypto::Signature>(signer.at("certificate")).view());
    } catch (const nlohmann::json::exception&) {
        throw malformed();
    } catch (const std::invalid_argument&) {
        throw malformed();
    }
}

// The header's signer was let in by the site's admission key: whoever holds a slot can say whose that is.
void BakSnapshot::check_signer(ByteView certificate) {
    const auto& header = file_.header();
    const bool right_admission =
        !ring_.admission || crypto::SigningKey(ring_.admission->view()).id() == admission_;
    const auto message = bak_signer_message(header.repository, header.signer, signer_name_);
    if (!right_admission ||
        !crypto::verify_signature(admission_, message, crypto::Signature::from(certificate)))
        throw bak_damage(file_.what(), say<Msg::bak_signer>());
}

// What the name says, what the record says and what the commit says are one.
void BakSnapshot::check_claims() {
    const auto refuse = [&] { return bak_damage(file_.what(), say<Msg::bak_claim>(file_.header().name)); };
    const auto& name = file_.header().name;
    bool named = false;
    for (const auto& kind : snapshot_.kinds) {
        const auto own = rules::standard_name(site_, snapshot_, kind);
        named = named || name == own || name == own + "~" + snapshot_.commit.hex().substr(0, 8);
    }
    if (!named || equipment_.name != snapshot_.equipment || equipment_.type != snapshot_.type) throw refuse();
    // The commit's own line bears the name that it was captured under; the clock of its zone is the record's.
    try {
        const auto first = rules::parse_standard_name(
            std::string_view(commit_.message).substr(0, commit_.message.find('\n')));
        if (first.client != site_.client || first.site != site_.site || first.type != snapshot_.type ||
            first.equipment != snapshot_.equipment || first.kind != snapshot_.kind())
            throw refuse();
    } catch (const Error& error) {
        if (error.code() != Errc::usage) throw;
        throw refuse();
    }
    constexpr std::int64_t second = 1'000'000'000;
    const auto whole = [](std::int64_t ns) { return ns / second - (ns % second < 0 ? 1 : 0); };
    if (whole(commit_.author.time.ns) != whole(snapshot_.time.ns)) throw refuse();
}

Bytes BakSnapshot::commit_bytes() {
    return naming(file_, true, [&] {
        auto object = objects_.read(snapshot_.commit);
        if (!object) throw Error(Errc::damaged, say<Msg::object_missing>());
        return std::move(object->data);
    });
}

std::vector<FileEntry> BakSnapshot::list(const std::string& path) {
    return naming(file_, false, [&] { return list_files(git_, commit_.tree, path); });
}

Bytes BakSnapshot::read_file(const FileEntry& file) {
    return naming(file_, false, [&] { return git_.read_blob(file.id); });
}

void BakSnapshot::read_file(const FileEntry& file, const std::function<void(ByteView)>& fn) {
    naming(file_, false, [&] { git_.read_blob(file.id, fn); });
}

void BakSnapshot::verify() {
    naming(file_, true, [&] {
        std::uint64_t files = 0, bytes = 0;
        for (const auto& entry : list_files(git_, commit_.tree, "")) {
            if (entry.empty_folder) continue;
            std::uint64_t size = 0;
            git_.read_blob(entry.id, [&](ByteView piece) { size += piece.size(); });
            ++files;
            bytes += size;
        }
        if (files != snapshot_.files || bytes != snapshot_.bytes)
            throw bak_damage(file_.what(), say<Msg::bak_claim>(file_.header().name));
    });
}

}  // namespace coffre::repo
