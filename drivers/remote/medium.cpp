#include "drivers/remote/medium.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <set>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/medium.hpp"

namespace coffre::remote {

namespace {

using Json = nlohmann::ordered_json;

constexpr int identity_format = 1;
constexpr std::uint64_t identity_max = 4096;         // bytes
constexpr std::uint64_t format_file_max = 64 << 10;  // bytes
const std::string identity_name(medium_identity_name);
const std::string format_file_name = "coffre.json";
const std::string scratch_folder = "tmp";
// After that, no put is still writing a file in tmp/.
constexpr std::int64_t scratch_kept_ns = std::int64_t{72} * 3600 * 1'000'000'000;

const char* yes_or_no(bool yes) { return yes ? "yes" : "no"; }

// What the system says when the device under a file system, or the server behind it, is no more.
bool means_gone(int system_number) {
    static const std::set<int> numbers{EIO,       ENODEV,       ENXIO,     ENOMEDIUM, ENOTCONN, ESTALE,
                                       EHOSTDOWN, EHOSTUNREACH, ETIMEDOUT, EREMOTEIO, ESHUTDOWN};
    return numbers.contains(system_number);
}

template <class Id>
std::optional<Id> id_setting(const RemoteSettings& settings, const std::string& name) {
    const auto given = settings.find(name);
    if (given == settings.end()) return std::nullopt;
    const auto id = Id::parse(given->second);
    if (!id) throw Error(Errc::usage, say<Msg::medium_setting>(given->second, name), say<Msg::hint_help>());
    return id;
}

// What a file system and other systems put on a medium by themselves.
bool is_of_the_medium(const std::string& name) {
    return name == "lost+found" || name == "System Volume Information" || name == "$RECYCLE.BIN" ||
           name.starts_with(".Trash") || name == ".fseventsd" || name == ".Spotlight-V100";
}

class MediumStore final : public RemoteStore {
public:
    MediumStore(const RemoteSpec& spec, const Url& url, const RemoteHost& host, Open how)
        : environment_(host.environment),
          path_(url.path),
          name_(spec.name.empty() ? url.path : spec.name),
          how_(how),
          repository_(id_setting<RepositoryId>(spec.settings, "repository")),
          wanted_(id_setting<MediumId>(spec.settings, "medium")) {
        while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
        if (how_ == Open::create && !repository_)
            throw std::logic_error("a medium is made for a repository: the setting is missing");
    }

    std::vector<BlobInfo> list(const std::string& folder) override {
        return reading([&](BlobStore& store) { return store.list(folder); });
    }

    void each_name(const std::string& folder, const std::function<void(std::string_view)>& fn) override {
        const auto names = reading([&](BlobStore& store) {
            std::vector<std::string> found;
            store.each_name(folder, [&](std::string_view name) { found.emplace_back(name); });
            return found;
        });
        for (const auto& name : names) fn(name);
    }

    std::vector<BlobInfo> list_all() override {
        return reading([&](BlobStore& store) { return store.list_all(); });
    }

    std::optional<std::uint64_t> size(const std::string& name) override {
        return reading([&](BlobStore& store) { return store.size(name); });
    }

    std::optional<Bytes> get(const std::string& name, std::uint64_t limit) override {
        return reading([&](BlobStore& store) { return store.get(name, limit); });
    }

    Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) override {
        return reading([&](BlobStore& store) { return store.get_range(name, offset, count); });
    }

    bool put(const std::string& name, ByteView bytes) override {
        return working([&](BlobStore& store) {
            tidy();
            return store.put(name, bytes);
        });
    }

    void remove(const std::string& name) override {
        working([&](BlobStore& store) { store.remove(name); });
    }

    std::unique_ptr<FileLock> lock(const std::string& name, LockMode mode, int timeout_ms) override {
        return working([&](BlobStore& store) { return store.lock(name, mode, timeout_ms); });
    }

    [[nodiscard]] std::string location() const override { return path_; }

    std::optional<std::uint64_t> free_bytes() override {
        return reading([&](BlobStore&) -> std::optional<std::uint64_t> {
            const auto space = environment_.files.space_of(path_);
            if (!space) return std::nullopt;
            return space->free_bytes;
        });
    }

    std::map<std::string, std::string> facts() override {
        return reading([&](BlobStore&) {
            auto& files = environment_.files;
            std::map<std::string, std::string> facts;
            facts["medium"] = medium_name(files.medium_of(path_));
            const auto device = files.device_of(path_);
            facts["device"] = device.name.empty() ? "unknown" : device.name;
            facts["serial"] = device.serial.empty() ? "unknown" : device.serial;
            const auto system = files.stat("/");
            facts["system_disk"] = yes_or_no(system && system->device == device_);
            if (const auto space = files.space_of(path_)) {
                facts["free_bytes"] = std::to_string(space->free_bytes);
                facts["read_only"] = yes_or_no(space->read_only);
            }
            const std::scoped_lock guard(mutex_);
            facts["medium_id"] = identity_.id.hex();
            facts["made"] = to_rfc3339(identity_.made);
            facts["folder_sync"] = yes_or_no(folders_sync_);
            return facts;
        });
    }

private:
    [[nodiscard]] std::string below(const std::string& name) const { return path_ + "/" + name; }

    [[nodiscard]] Error not_plugged_in() const {
        return {Errc::unreachable, say<Msg::medium_not_plugged_in>(name_, path_),
                say<Msg::hint_medium_plug_in>()};
    }

    [[nodiscard]] Error pulled_out(const std::string& reason) const {
        return {Errc::unreachable, say<Msg::medium_pulled_out>(name_, path_, reason),
                say<Msg::hint_medium_again>()};
    }

    [[nodiscard]] Error damaged(const std::string& name) const {
        return {Errc::damaged, say<Msg::malformed>(below(name)), say<Msg::hint_medium_identity>()};
    }

    // Does `work` with the folder, and says what went wrong in the words of a medium.
    template <class Work>
    auto working(Work work) -> decltype(work(std::declval<BlobStore&>())) {
        try {
            const auto store = connected();
            require_there();
            return work(*store);
        } catch (const Error& error) {
            throw explained(error);
        }
    }

    // The same for an answer of which "it is not there" may be a part: that counts only while the medium is.
    template <class Work>
    auto reading(Work work) -> decltype(work(std::declval<BlobStore&>())) {
        auto answer = working(work);
        try {
            require_there();
        } catch (const Error& error) {
            throw explained(error);
        }
        return answer;
    }

    // By path, and not by the handles that are open: these may outlive what was unmounted under them.
    [[nodiscard]] bool is_there() const {
        const auto stat = environment_.files.stat(below(identity_name));
        return stat && stat->device == device_;
    }

    void require_there() const {
        if (!is_there()) throw pulled_out(tr<Msg::os_not_found>());
    }

    Error explained(const Error& error) {
        switch (error.code()) {
            case Errc::no_space:
                return {Errc::no_space, say<Msg::medium_full>(name_, path_), error.hint()};
            case Errc::unreachable:
                forget();
                return error;
            case Errc::failed:
            case Errc::damaged:
                break;
            default:
                return error;
        }
        const int number = error.system_number();
        if (number == EROFS)
            return {Errc::unreachable, say<Msg::medium_read_only>(name_, path_),
                    say<Msg::hint_medium_read_only>()};
        if (means_gone(number) || (met_ && gone_now())) {
            forget();
            return pulled_out(text(error.message()));
        }
        if (error.code() == Errc::damaged) return error;
        return {Errc::unreachable, error.message(),
                error.hint().empty() ? say<Msg::hint_medium_check>() : error.hint()};
    }

    [[nodiscard]] bool gone_now() const {
        try {
            return !is_there();
        } catch (const Error&) {
            return true;
        }
    }

    // The next call meets the medium anew: it may have been plugged in again.
    void forget() {
        const std::scoped_lock guard(mutex_);
        store_.reset();
        scratch_.reset();
    }

    std::shared_ptr<BlobStore> connected() {
        const std::scoped_lock guard(mutex_);
        if (!store_) connect();
        return store_;
    }

    // Nothing is written before the identity was looked at. Under mutex_.
    void connect() {
        auto root = environment_.files.open_directory(path_);
        if (!root) {
            if (how_ != Open::create || met_ || !environment_.files.stat(split_path(path_).first))
                throw not_plugged_in();
            root = environment_.files.make_directories(path_);
        }
        auto identity = read_identity(*root);
        const bool fresh = !identity;
        if (fresh) {
            if (how_ != Open::create || met_) throw not_plugged_in();
            check_usable(*root);
            identity.emplace();
            environment_.random.fill(identity->id.bytes);
            identity->repository = *repository_;
            identity->made = Timestamp::from_seconds(environment_.clock.now().seconds());
        }
        check(*identity);
        folders_sync_ = root->sync();
        scratch_ = root->open_directory(scratch_folder);
        std::shared_ptr<BlobStore> store =
            directory_blob_store(std::move(root), environment_.clock, environment_.random, ReadFrom::medium);
        if (fresh) store->put(identity_name, as_bytes(encode_medium_identity(*identity)));
        const auto stat = environment_.files.stat(below(identity_name));
        if (!stat) throw not_plugged_in();  // another folder is there by now
        device_ = stat->device;
        identity_ = *identity;
        met_ = true;
        store_ = std::move(store);
    }

    [[nodiscard]] std::optional<MediumIdentity> read_identity(Directory& root) const {
        const auto stat = root.stat(identity_name);
        if (!stat) return std::nullopt;
        if (stat->type != FileType::regular || stat->size > identity_max) throw damaged(identity_name);
        const auto bytes = read_file(root, identity_name, identity_max);
        const auto identity = bytes ? parse_medium_identity(as_text(*bytes)) : std::nullopt;
        if (!identity) throw damaged(identity_name);
        return identity;
    }

    void check(const MediumIdentity& identity) const {
        if (repository_ && identity.repository != *repository_)
            throw Error(Errc::refused, say<Msg::medium_foreign>(path_), say<Msg::hint_medium_foreign>());
        if (wanted_ && identity.id != *wanted_)
            throw Error(Errc::unreachable, say<Msg::medium_other>(identity.id.hex(), path_),
                        say<Msg::hint_medium_other>(name_, wanted_->hex()));
    }

    // A folder without identity may become this repository's medium when it is empty or holds a plain copy.
    void check_usable(Directory& root) const {
        if (const auto stat = root.stat(format_file_name)) {
            const auto owner = owner_of_copy(root);
            if (!owner) throw damaged(format_file_name);
            if (*owner != *repository_)
                throw Error(Errc::refused, say<Msg::medium_foreign>(path_), say<Msg::hint_medium_foreign>());
            return;
        }
        for (const auto& entry : root.entries()) {
            if (is_of_the_medium(entry.name)) continue;
            if (entry.name == scratch_folder && entry.type == FileType::directory && is_scratch(root))
                continue;
            throw Error(Errc::refused, say<Msg::medium_holds_other>(path_), say<Msg::hint_medium_empty>());
        }
    }

    [[nodiscard]] static std::optional<RepositoryId> owner_of_copy(Directory& root) {
        const auto stat = root.stat(format_file_name);
        if (!stat || stat->type != FileType::regular || stat->size > format_file_max) return std::nullopt;
        const auto bytes = read_file(root, format_file_name, format_file_max);
        if (!bytes) return std::nullopt;
        try {
            const Json json = Json::parse(bytes->begin(), bytes->end());
            return RepositoryId::parse(json.at("id").get<std::string>());
        } catch (const Json::exception&) {
            return std::nullopt;
        }
    }

    // What an interrupted first use of the medium left, and nobody else's folder of that name.
    [[nodiscard]] static bool is_scratch(Directory& root) {
        const auto folder = root.open_directory(scratch_folder);
        if (!folder) return true;
        const auto entries = folder->entries();
        return std::all_of(entries.begin(), entries.end(), [](const DirectoryEntry& entry) {
            return entry.type == FileType::regular && MediumId::parse(entry.name);
        });
    }

    // Once, before the first write.
    void tidy() {
        std::unique_ptr<Directory> scratch;
        {
            const std::scoped_lock guard(mutex_);
            scratch = std::move(scratch_);
        }
        if (!scratch) return;
        const std::int64_t before = environment_.clock.now().ns - scratch_kept_ns;
        try {
            for (const auto& entry : scratch->entries()) {
                const auto stat = scratch->stat(entry.name);
                if (stat && stat->type == FileType::regular && stat->modified_ns < before)
                    scratch->remove_file(entry.name);
            }
        } catch (const Error&) {  // NOLINT: only room is lost, and what follows says what is wrong
        }
    }

    Environment environment_;
    std::string path_;
    std::string name_;
    Open how_;
    std::optional<RepositoryId> repository_;
    std::optional<MediumId> wanted_;

    std::mutex mutex_;  // of all below
    std::shared_ptr<BlobStore> store_;
    std::unique_ptr<Directory> scratch_;  // tmp/ until it was tidied
    MediumIdentity identity_;
    bool folders_sync_ = true;
    std::atomic<bool> met_ = false;  // its identity was seen once: from then on it must be there
    std::atomic<std::uint64_t> device_ = 0;
};

}  // namespace

std::string encode_medium_identity(const MediumIdentity& identity) {
    Json json;
    json["format"] = identity_format;
    json["medium"] = identity.id.hex();
    json["repository"] = identity.repository.hex();
    json["made"] = to_rfc3339(identity.made);
    return json.dump() + "\n";
}

std::optional<MediumIdentity> parse_medium_identity(std::string_view text) {
    MediumIdentity identity;
    try {
        const Json json = Json::parse(text);
        const auto id = MediumId::parse(json.at("medium").get<std::string>());
        const auto repository = RepositoryId::parse(json.at("repository").get<std::string>());
        const auto made = parse_rfc3339(json.at("made").get<std::string>());
        if (!id || !repository || !made) return std::nullopt;
        identity = {*id, *repository, *made};
    } catch (const Json::exception&) {
        return std::nullopt;
    }
    return encode_medium_identity(identity) == text ? std::optional(identity) : std::nullopt;
}

std::unique_ptr<RemoteStore> open_medium(const RemoteSpec& spec, const RemoteHost& host, Open how) {
    return std::make_unique<MediumStore>(spec, parse_url(spec.url), host, how);
}

const std::vector<std::string>& medium_settings() {
    static const std::vector<std::string> names{"medium", "place", "repository", "serial",
                                                "unencrypted-reason"};
    return names;
}

}  // namespace coffre::remote
