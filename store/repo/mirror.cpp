#include "store/repo/mirror.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "store/repo/format_file.hpp"
#include "store/repo/retired_list.hpp"
#include "store/repo/stored_names.hpp"

namespace coffre::repo {

namespace {

constexpr std::uint64_t stored_file_max = 512ull << 20;  // bytes: what no file of ours exceeds
constexpr std::uint64_t bytes_in_flight = 128ull << 20;
constexpr std::uint64_t read_step = 16ull << 20;  // bytes
constexpr int rewrites_max = 3;

// A file that is read to be hashed, in steps.
std::optional<Sha256Digest> hash_there(BlobStore& store, const std::string& name, std::uint64_t size) {
    if (size <= read_step) {
        const auto bytes = store.get(name, stored_file_max);
        return bytes ? std::optional(crypto::sha256(*bytes)) : std::nullopt;
    }
    if (store.size(name) != size) return std::nullopt;
    crypto::Sha256 hash;
    for (std::uint64_t at = 0; at < size; at += read_step)
        hash.update(store.get_range(name, at, std::min(read_step, size - at)));
    return hash.finish();
}

std::map<std::string, BlobInfo> listing_of(BlobStore& store) {
    std::map<std::string, BlobInfo> listing;
    for (auto& file : store.list_all())
        if (is_repository_file(file.name)) listing.emplace(file.name, std::move(file));
    return listing;
}

}  // namespace

std::optional<Bytes> get_named(BlobStore& store, const std::string& name) {
    auto bytes = store.get(name, stored_file_max);
    if (!bytes) return std::nullopt;
    const auto digest = digest_in(name);
    if (digest && crypto::sha256(*bytes) != *digest)
        throw Error(Errc::damaged, say<Msg::name_mismatch>(name), say<Msg::hint_verify>());
    return bytes;
}

Mirror::Mirror(BlobStore& local, RemoteStore& remote, const RepositoryId& repository, RemoteMemory& memory,
               const std::set<ActorId>& signers, MirrorOptions options)
    : local_(local),
      remote_(remote),
      repository_(repository),
      memory_(memory),
      signers_(signers),
      options_(std::move(options)) {}

void Mirror::note_damage(const std::string& path, Message what) {
    const std::scoped_lock guard(mutex_);
    const bool known = std::any_of(report_.damaged.begin(), report_.damaged.end(),
                                   [&](const auto& one) { return one.path == path; });
    if (!known) report_.damaged.push_back({path, std::move(what)});
}

void Mirror::plan(const std::vector<BlobInfo>& files) {
    for (const auto& file : files) total_ += file.size;
}

void Mirror::advance(std::uint64_t bytes) {
    const std::scoped_lock guard(mutex_);
    done_ += bytes;
    if (options_.progress) options_.progress(done_, total_);
}

// What is not there, or damaged, is nobody's: it is put right later.
void Mirror::check_whose_place() {
    try {
        if (read_format_file(remote_).id == repository_) return;
    } catch (const Error& error) {
        if (error.code() != Errc::damaged && error.code() != Errc::no_repository) throw;
        return;
    }
    throw Error(Errc::refused, say<Msg::remote_other_repository>(remote_.location()),
                say<Msg::hint_remote_other>());
}

bool Mirror::look() {
    there_ = listing_of(remote_);
    here_ = listing_of(local_);
    // Read back once, it never changes: of another repository it would have another size or another place.
    const std::string format_file(format_file_name);
    const auto known = memory_.seen.find(format_file);
    const bool read_before = known != memory_.seen.end() && known->second && here_.contains(format_file) &&
                             there_.contains(format_file) &&
                             here_.at(format_file).size == there_.at(format_file).size;
    if (there_.contains(format_file) && !read_before) check_whose_place();
    read_retired();
    check_missing();
    return !there_.empty();
}

// The lists of both sides; those that do not count are told, and used for nothing.
void Mirror::read_retired() {
    std::vector<std::pair<std::string, RetiredList>> lists;
    std::set<ActorId> trusted = signers_;
    const auto read = [&](BlobStore& store, const std::string& name) {
        const auto bytes = store.get(name, retired_list_max);
        if (!bytes) return;
        if (crypto::sha256(*bytes) != *digest_in(name))
            throw Error(Errc::damaged, say<Msg::name_mismatch>(name));
        lists.emplace_back(name, parse_retired_list(*bytes, repository_, name));
        if (&store == &local_) trusted.insert(lists.back().second.actor);
    };
    for (auto* side : {&here_, &there_})
        for (const auto& [name, file] : *side) {
            if (folder_of(name) != "retired" || (side == &there_ && here_.contains(name))) continue;
            try {
                side == &here_ ? read(local_, name) : read(remote_, name);
            } catch (const Error& error) {
                if (error.code() != Errc::damaged) throw;
                note_damage(name, error.message());
            }
        }
    for (const auto& [name, list] : lists) {
        // One who has seen no list yet has nothing to hold the first one against.
        const bool counts = options_.may_retire ? options_.may_retire(list.actor, here_.contains(name))
                                                : trusted.empty() || trusted.contains(list.actor);
        if (!counts) {
            report_.warnings.push_back(say<Msg::retired_list_stranger>(name));
            strangers_.insert(name);
            continue;
        }
        retirers_.insert(list.actor);
        retired_.insert(list.names.begin(), list.names.end());
    }
    // The lists themselves and coffre.json are never out of use.
    std::erase_if(retired_, [&](const auto& name) {
        return folder_of(name) == "retired" || !digest_in(name) || (options_.in_use && options_.in_use(name));
    });
}

bool Mirror::is_live(const std::string& name) const {
    return !retired_.contains(name) && !strangers_.contains(name);
}

void Mirror::check_missing() {
    for (const auto& [name, verified] : memory_.seen)
        if (is_live(name) && !there_.contains(name)) report_.missing.push_back(name);
    // What can be sent again is told once; what is lost here too, every time.
    std::erase_if(memory_.seen, [&](const auto& one) {
        const auto& name = one.first;
        return !is_live(name) || (!there_.contains(name) && here_.contains(name));
    });
    for (const auto& [name, file] : there_)
        if (is_live(name)) memory_.seen.try_emplace(name, false);
    std::erase_if(memory_.locked_until, [&](const auto& one) { return !there_.contains(one.first); });
}

std::vector<std::string> Mirror::live() const {
    std::set<std::string> names;
    for (const auto* side : {&here_, &there_})
        for (const auto& [name, file] : *side)
            if (is_live(name)) names.insert(name);
    return {names.begin(), names.end()};
}

std::vector<BlobInfo> Mirror::to_copy(const Listing& from, const Listing& to) const {
    std::vector<BlobInfo> files;
    for (const auto& [name, file] : from)
        if (is_live(name) && !to.contains(name)) files.push_back(file);
    return files;
}

void Mirror::in_parallel(const std::vector<BlobInfo>& files,
                         const std::function<void(const BlobInfo&)>& work) {
    for_each_in_parallel(
        files.size(), options_.jobs, bytes_in_flight, [&](std::size_t i) { return files[i].size; },
        [&](std::size_t i) { work(files[i]); });
}

void Mirror::copy_in_order(std::vector<BlobInfo> files, const std::function<void(const BlobInfo&)>& copy,
                           const std::function<void(const std::vector<BlobInfo>&)>& after) {
    plan(files);
    for (const auto folder : repository_folders) {
        std::vector<BlobInfo> some;
        for (const auto& file : files)
            if (folder_of(file.name) == folder) some.push_back(file);
        if (some.empty()) continue;
        if (folder != "journal") {
            in_parallel(some, copy);
            after(some);
            continue;
        }
        // What is damaged may be what a batch needs: then none is shown.
        if (!report_.damaged.empty() && !options_.despite_damage) return;
        std::sort(some.begin(), some.end(), [](const auto& a, const auto& b) {
            return std::tie(a.written_ns, a.name) < std::tie(b.written_ns, b.name);
        });
        for (const auto& file : some) copy(file);
        after(some);
    }
}

void Mirror::fetch(const BlobInfo& file) {
    try {
        const auto bytes = get_named(remote_, file.name);
        if (!bytes) {
            note_damage(file.name, say<Msg::file_missing>(file.name));
            return;
        }
        const bool fresh = local_.put(file.name, *bytes);
        const std::scoped_lock guard(mutex_);
        memory_.seen[file.name] = true;
        here_.emplace(file.name, file);
        if (!fresh) return;
        ++report_.downloaded_files;
        report_.downloaded_bytes += bytes->size();
    } catch (const Error& error) {
        if (error.code() != Errc::damaged) throw;
        note_damage(file.name, error.message());
    }
}

void Mirror::download() {
    auto files = to_copy(there_, here_);
    const auto copy = [&](const BlobInfo& file) {
        fetch(file);
        advance(file.size);
    };
    copy_in_order(files, copy, [](const auto&) {});
    // A copy in the making is none before everything else is there.
    const std::string format_file(format_file_name);
    const bool whole = report_.damaged.empty() || options_.despite_damage;
    if (!here_.contains(format_file) && there_.contains(format_file) && whole) fetch(there_.at(format_file));
    settle();
}

// Empty: it is gone, or damaged, which is told.
std::optional<Bytes> Mirror::bytes_here(const std::string& name) {
    try {
        return get_named(local_, name);
    } catch (const Error& error) {
        if (error.code() != Errc::damaged) throw;
        note_damage(name, error.message());
        return std::nullopt;
    }
}

void Mirror::send(const BlobInfo& file) {
    const auto bytes = bytes_here(file.name);
    if (!bytes) return;  // gc was here meanwhile
    const bool fresh = remote_.put(file.name, *bytes);
    const std::scoped_lock guard(mutex_);
    // Remembered once it was read there, or listed: what a server says at once is not yet seen.
    there_.insert_or_assign(file.name, BlobInfo{file.name, bytes->size()});
    if (!fresh) return;
    ++report_.uploaded_files;
    report_.uploaded_bytes += bytes->size();
}

void Mirror::upload() {
    const std::string format_file(format_file_name);
    const auto copy = [&](const BlobInfo& file) {
        send(file);
        advance(file.size);
    };
    const auto check = [&](const std::vector<BlobInfo>& files) {
        if (!options_.read_back) return;
        plan(files);
        in_parallel(files, [&](const BlobInfo& file) {
            if (there_.contains(file.name)) check_there(file);
            advance(file.size);
        });
    };
    // Whose place it is stands there first: two sites never mix.
    if (here_.contains(format_file) && !there_.contains(format_file)) {
        send(here_.at(format_file));
        check_whose_place();
        if (options_.read_back) check_there(here_.at(format_file));
    }
    auto files = to_copy(here_, there_);
    // Of another size than here is not what its name says, on one side.
    for (const auto& [name, file] : here_) {
        const auto other = there_.find(name);
        if (is_live(name) && other != there_.end() && other->second.size != file.size) put_right(file);
    }
    copy_in_order(std::move(files), copy, check);
    settle();
}

void Mirror::look_here() { here_ = listing_of(local_); }

bool Mirror::is_right_there(const BlobInfo& file) {
    if (file.name == format_file_name) {
        try {
            return read_format_file(remote_).id == repository_;
        } catch (const Error& error) {
            if (error.code() != Errc::damaged && error.code() != Errc::no_repository) throw;
            return false;
        }
    }
    const auto wanted = *digest_in(file.name);
    if (const auto told = remote_.server_checksum(file.name)) return *told == wanted;
    try {
        return hash_there(remote_, file.name, file.size) == wanted;
    } catch (const Error& error) {
        if (error.code() != Errc::damaged) throw;
        return false;
    }
}

// Read back there, and marked so; else written again.
void Mirror::check_there(const BlobInfo& file) {
    {
        const std::scoped_lock guard(mutex_);
        if (const auto known = memory_.seen.find(file.name); known != memory_.seen.end() && known->second)
            return;
    }
    if (!is_right_there(file)) {
        put_right(file);
        return;
    }
    const std::scoped_lock guard(mutex_);
    memory_.seen[file.name] = true;
    ++report_.verified_files;
    report_.verified_bytes += file.size;
}

void Mirror::put_right(const BlobInfo& file) {
    const auto bytes = bytes_here(file.name);
    if (!bytes && is_right_there(there_.at(file.name))) return;
    bool right = false;
    try {
        for (int attempt = 0; bytes && !right && attempt < rewrites_max; ++attempt) {
            remote_.remove(file.name);
            remote_.put(file.name, *bytes);
            right = is_right_there({file.name, bytes->size()});
        }
    } catch (const Error& error) {
        // Protected from deletion: it stays as it is, and is told.
        if (error.code() != Errc::refused) throw;
    }
    if (!right) {
        note_damage(remote_.location() + ": " + file.name, say<Msg::remote_file_bad>(file.name));
        const std::scoped_lock guard(mutex_);
        memory_.seen.erase(file.name);
        return;
    }
    const std::scoped_lock guard(mutex_);
    report_.warnings.push_back(say<Msg::remote_put_right>(file.name, remote_.location()));
    there_.insert_or_assign(file.name, BlobInfo{file.name, bytes->size()});
    memory_.seen[file.name] = true;
    ++report_.uploaded_files;
    report_.uploaded_bytes += bytes->size();
    ++report_.verified_files;
    report_.verified_bytes += bytes->size();
}

std::vector<std::string> Mirror::there() const {
    std::vector<std::string> names;
    for (const auto& [name, file] : there_)
        if (is_live(name)) names.push_back(name);
    return names;
}

std::vector<std::string> Mirror::missing_here() const {
    std::vector<std::string> names;
    for (const auto& file : to_copy(there_, here_)) names.push_back(file.name);
    return names;
}

bool Mirror::holds_everything() const { return !there_.empty() && to_copy(here_, there_).empty(); }

std::optional<Message> Mirror::what_is_wrong(const std::string& name) {
    const bool right = is_right_there(there_.at(name));
    memory_.seen[name] = right;
    if (right) return std::nullopt;
    return remote_.size(name) ? say<Msg::name_mismatch>(name) : say<Msg::file_missing>(name);
}

void Mirror::read_back() {
    std::vector<BlobInfo> files;
    for (const auto& [name, file] : there_) {
        const auto known = memory_.seen.find(name);
        if (is_live(name) && (known == memory_.seen.end() || !known->second)) files.push_back(file);
    }
    plan(files);
    in_parallel(files, [&](const BlobInfo& file) {
        check_there(file);
        advance(file.size);
    });
    settle();
}

void Mirror::prune() {
    std::vector<std::string> names;
    for (const auto& [name, file] : there_)
        if (retired_.contains(name) && !here_.contains(name)) names.push_back(name);
    for (const auto& name : names) {
        try {
            remote_.remove(name);
        } catch (const Error& error) {
            if (error.code() != Errc::refused) throw;
            report_.warnings.push_back(say<Msg::remote_locked_file>(name));
            continue;
        }
        there_.erase(name);
        ++report_.deleted_files;
    }
}

void Mirror::protect(Timestamp until) {
    for (const auto& [name, file] : there_) {
        if (!is_live(name)) continue;
        auto& known = memory_.locked_until[name];
        // A day more or less is not worth a request.
        constexpr std::int64_t slack_ns = 24ll * 3600 * 1'000'000'000;
        if (known + slack_ns >= until.ns) continue;
        if (!remote_.protect(name, until)) {
            report_.warnings.push_back(say<Msg::remote_no_lock>(remote_.location()));
            return;
        }
        known = until.ns;
    }
}

void Mirror::settle() {
    report_.whole = report_.verified = !there_.empty();
    for (const auto& name : live()) {
        const bool present = there_.contains(name);
        const auto known = memory_.seen.find(name);
        report_.whole = report_.whole && present;
        report_.verified = report_.verified && present && known != memory_.seen.end() && known->second;
    }
}

}  // namespace coffre::repo
