#include "store/repo/bak_file.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "store/pack/object_store.hpp"
#include "store/repo/open_slots.hpp"
#include "store/repo/slot_file.hpp"

namespace coffre::repo {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t piece_size = 1 << 20;  // bytes read at a time
constexpr std::size_t slots_max = 1024;
constexpr std::size_t magic_likeness = 5;  // of its 8 bytes: what a vendor's file never has by chance

Bytes read_exactly(File& file, std::uint64_t offset, std::uint64_t count, const std::string& what) {
    Bytes bytes(count);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto got = file.read_at(offset + done, std::span(bytes).subspan(done));
        if (got == 0) throw bak_damage(what, say<Msg::bak_cut_short>());
        done += got;
    }
    return bytes;
}

// Goes through a file from its beginning, and hashes what it passes.
class Walk {
public:
    Walk(File& file, std::uint64_t size, const std::string& what) : file_(file), size_(size), what_(what) {}

    [[nodiscard]] std::uint64_t at() const { return at_; }
    [[nodiscard]] std::uint64_t left() const { return size_ - at_; }

    [[nodiscard]] Bytes peek(std::uint64_t count) const {
        if (count > left()) throw bak_damage(what_, say<Msg::bak_cut_short>());
        return read_exactly(file_, at_, count, what_);
    }
    Bytes take(std::uint64_t count) {
        Bytes bytes = peek(count);
        hash_.update(bytes);
        at_ += count;
        return bytes;
    }
    // The SHA-256 of the next `count` bytes.
    Sha256Digest pass(std::uint64_t count) {
        crypto::Sha256 hash;
        while (count > 0) {
            const auto piece = take(std::min<std::uint64_t>(count, piece_size));
            hash.update(piece);
            count -= piece.size();
        }
        return hash.finish();
    }
    Sha256Digest finish() { return hash_.finish(); }

private:
    File& file_;
    std::uint64_t size_;
    const std::string& what_;
    std::uint64_t at_ = 0;
    crypto::Sha256 hash_;
};

}  // namespace

std::string encode_bak_header(const BakHeader& header) {
    Json json{{"format", 1},
              {"suite", 1},
              {"features", Json::array()},
              {"repository", header.repository.hex()},
              {"name", header.name},
              {"signer", header.signer.hex()}};
    if (header.simulated) json["features"].push_back("simulated");
    return json.dump();
}

Bytes bak_signature_message(const RepositoryId& repository, const Sha256Digest& everything_before) {
    Bytes message;
    append(message, as_bytes("coffre/1/bak"));
    append(message, repository.view());
    append(message, everything_before.view());
    return message;
}

Bytes bak_signer_message(const RepositoryId& repository, const ActorId& key, std::string_view name) {
    Bytes message;
    append(message, as_bytes("coffre/1/bak-signer"));
    append(message, repository.view());
    append(message, key.view());
    append(message, as_bytes(name));
    return message;
}

Error bak_damage(const std::string& what, const Message& why) {
    return {Errc::damaged, say<Msg::bak_damaged>(what, text(why)), say<Msg::hint_bak_damaged>()};
}

bool BakParts::add(const std::string& name, std::uint64_t offset, std::uint64_t size) {
    if (find(name) != nullptr) return false;
    places_.push_back({name, offset, size});
    return true;
}

const BakParts::Place* BakParts::find(const std::string& name) const {
    const auto found =
        std::find_if(places_.begin(), places_.end(), [&](const Place& place) { return place.name == name; });
    return found == places_.end() ? nullptr : &*found;
}

std::vector<BlobInfo> BakParts::list(const std::string& folder) {
    std::vector<BlobInfo> found;
    for (const auto& place : places_)
        if (place.name.starts_with(folder + "/"))
            found.push_back({place.name.substr(folder.size() + 1), place.size});
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return found;
}

std::optional<std::uint64_t> BakParts::size(const std::string& name) {
    const auto* place = find(name);
    return place == nullptr ? std::nullopt : std::optional(place->size);
}

std::optional<Bytes> BakParts::get(const std::string& name, std::uint64_t limit) {
    const auto* place = find(name);
    if (place == nullptr) return std::nullopt;
    if (place->size > limit) throw bak_damage(what_, say<Msg::too_large>(name, std::to_string(limit)));
    return get_range(name, 0, place->size);
}

Bytes BakParts::get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) {
    const auto* place = find(name);
    if (place == nullptr || offset > place->size || count > place->size - offset)
        throw bak_damage(what_, say<Msg::malformed>(name));
    return read_exactly(file_, place->offset + offset, count, what_);
}

bool BakParts::put(const std::string&, ByteView) { throw Error(Errc::failed, say<Msg::os_read_only>()); }

void BakParts::remove(const std::string&) { throw Error(Errc::failed, say<Msg::os_read_only>()); }

std::unique_ptr<FileLock> BakParts::lock(const std::string&, LockMode, int) { return nullptr; }

bool looks_like_bak(File& file) {
    Bytes head(bak_magic.size());
    head.resize(file.read_at(0, head));
    const auto there = as_text(head);
    if (head.size() < bak_magic.size()) return !head.empty() && bak_magic.starts_with(there);
    std::size_t equal = 0;
    for (std::size_t i = 0; i < there.size(); ++i)
        if (there[i] == bak_magic[i]) ++equal;
    return equal >= magic_likeness;
}

BakFile::BakFile(std::unique_ptr<File> file, std::string what)
    : file_(std::move(file)), what_(std::move(what)), parts_(*file_, what_), size_(file_->stat().size) {
    const auto malformed = [&] { return bak_damage(what_, say<Msg::bak_structure>()); };
    Walk walk(*file_, size_, what_);
    if (as_text(walk.take(bak_magic.size())) != bak_magic) throw malformed();
    const auto header_size = load_u32(walk.take(sizeof(std::uint32_t)).data());
    if (header_size > bak_header_max) throw malformed();
    read_header(walk.take(header_size));

    auto last = BakSection::slot;
    std::size_t slots = 0;
    while (true) {
        const Bytes head = walk.peek(bak_section_head);
        const auto kind = static_cast<BakSection>(head[0]);
        const auto size = load_u64(head.data() + 1);
        if (kind == BakSection::signature) break;
        (void)walk.take(bak_section_head);
        if (size > walk.left() || size == 0 || kind < last || kind > BakSection::description)
            throw malformed();
        last = kind;
        const auto at = walk.at();
        if (kind == BakSection::slot) {
            if (size > slot_file_max || ++slots > slots_max) throw malformed();
            if (!parts_.add(slot_blob_name(walk.pass(size)), at, size)) throw malformed();
        } else if (kind == BakSection::pack) {
            const pack::PackInfo pack{walk.pass(size), size};
            if (!parts_.add(pack::pack_blob_name(pack.name), at, size)) throw malformed();
            packs_.push_back(pack);
        } else {
            if (description_size_ > 0 || size > bak_description_max) throw malformed();
            (void)walk.pass(size);
            description_at_ = at;
            description_size_ = size;
        }
    }
    if (slots == 0 || packs_.empty() || description_size_ == 0) throw malformed();
    id_ = walk.finish();
    constexpr auto tail_size = bak_section_head + crypto::Signature::size;
    if (load_u64(walk.peek(bak_section_head).data() + 1) != crypto::Signature::size) throw malformed();
    if (walk.left() > tail_size) throw bak_damage(what_, say<Msg::bak_trailing>());
    const Bytes tail = walk.peek(tail_size);
    const auto signature = crypto::Signature::from(ByteView(tail).subspan(bak_section_head));
    if (!crypto::verify_signature(header_.signer, bak_signature_message(header_.repository, id_), signature))
        throw bak_damage(what_, say<Msg::bak_signature>());
    if (format_ != 1 || suite_ != 1 || !known_features_)
        throw Error(Errc::failed, say<Msg::bak_newer>(what_), say<Msg::hint_bak_newer>());
}

void BakFile::read_header(const Bytes& bytes) {
    const auto malformed = [&] { return bak_damage(what_, say<Msg::bak_structure>()); };
    try {
        const auto json = nlohmann::json::parse(as_text(bytes));
        format_ = json.at("format").get<int>();
        suite_ = json.at("suite").get<int>();
        for (const auto& feature : json.at("features")) {
            const bool simulated = feature.get_ref<const std::string&>() == "simulated";
            header_.simulated = header_.simulated || simulated;
            known_features_ = known_features_ && simulated;
        }
        const auto repository = RepositoryId::parse(json.at("repository").get_ref<const std::string&>());
        const auto signer = ActorId::parse(json.at("signer").get_ref<const std::string&>());
        header_.name = json.at("name").get<std::string>();
        if (!repository || !signer || format_ < 1 || suite_ < 1) throw malformed();
        header_.repository = *repository;
        header_.signer = *signer;
    } catch (const nlohmann::json::exception&) {
        throw malformed();
    }
}

Bytes BakFile::description() const { return read_exactly(*file_, description_at_, description_size_, what_); }

void BakFile::check_name(const std::string& file_name) const {
    const auto claimed = header_.name + std::string(bak_suffix);
    if (file_name == claimed) return;
    throw Error(Errc::damaged, say<Msg::bak_renamed>(what_, claimed), say<Msg::hint_bak_renamed>());
}

}  // namespace coffre::repo
