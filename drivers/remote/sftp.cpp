#include "drivers/remote/sftp.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <set>
#include <type_traits>
#include <utility>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/remote/blob_names.hpp"
#include "drivers/remote/credentials.hpp"
#include "drivers/remote/retry.hpp"
#include "drivers/ssh/sftp_session.hpp"

namespace coffre::remote {

namespace {

using ssh::SessionLost;
using ssh::SftpEntry;
using ssh::SftpSession;
using ssh::SftpTarget;

constexpr std::size_t most_sessions = 4;
constexpr int default_port = 22;
constexpr std::uint32_t scratch_life_s = 2 * 24 * 3600;  // what is older in tmp/, a broken upload left there
const std::string scratch_folder = "tmp";

// The keys that this machine remembers, a small file for each host in the state folder.
class KnownKeys {
public:
    KnownKeys(FileSystem& files, Random& random, std::string folder, const Url& url)
        : files_(files), random_(random), folder_(std::move(folder)) {
        name_ = "ssh-host-key-" + url.host + "-" + std::to_string(url.port != 0 ? url.port : default_port);
        for (auto& letter : name_)
            if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }

    std::string recall() {
        if (folder_.empty()) return "";
        const auto folder = files_.open_directory(folder_);
        const auto text = folder ? read_file(*folder, name_, 1024) : std::nullopt;
        if (!text) return "";
        const auto line = as_text(*text);
        return std::string(line.substr(0, line.find('\n')));
    }

    void remember(const std::string& key) {
        if (folder_.empty()) return;
        const auto folder = files_.make_directories(folder_);
        std::array<std::uint8_t, 8> draw{};
        random_.fill(draw);
        write_file_durably(*folder, name_ + "." + to_hex(draw), *folder, name_, as_bytes(key + "\n"));
    }

private:
    FileSystem& files_;
    Random& random_;
    std::string folder_;
    std::string name_;
};

class SftpStore final : public RemoteStore {
public:
    SftpStore(const RemoteSpec& spec, const RemoteHost& host, Open how)
        : spec_(spec),
          host_(host),
          how_(how),
          url_(parse_url(spec.url)),
          watchdog_(host.environment.clock),
          known_keys_(host.environment.files, host.environment.random, host.state_folder, url_) {
        root_ = url_.path;
        while (root_.size() > 1 && root_.back() == '/') root_.pop_back();
        if (root_ == "/~") root_ = ".";
        if (root_.starts_with("/~/")) root_ = root_.substr(3);
        target_.host = url_.host;
        target_.port = url_.port != 0 ? url_.port : default_port;
        target_.place = location();
        target_.identity = file_setting(spec, "identity", host.environment.files);
        target_.known_hosts = file_setting(spec, "known-hosts", host.environment.files);
        target_.expected_key = setting_of(spec, "host-key").value_or("");
        if (!target_.expected_key.empty()) {
            if (!target_.expected_key.starts_with("SHA256:"))
                throw Error(Errc::usage, say<Msg::sftp_host_key_form>(target_.expected_key),
                            say<Msg::hint_sftp_host_key_form>());
            target_.known_hosts.clear();
        }
        target_.timeout_ms = 1000 * timeout_seconds(spec);
        limits_ = retry_limits(spec);
    }

    std::vector<BlobInfo> list(const std::string& folder) override {
        check_blob_folder(folder);
        return with_session([&](SftpSession& session) {
            const auto entries = session.entries(folder.empty() ? root_ : path_of(folder));
            // No folder, or no store at all: an empty one must never be taken for the other.
            if (!entries) check_root(session);
            std::vector<BlobInfo> found;
            for (const auto& entry : entries.value_or(std::vector<SftpEntry>{}))
                if (entry.attributes.regular && is_blob_file(entry.name))
                    found.push_back({entry.name, entry.attributes.size});
            std::sort(found.begin(), found.end(),
                      [](const auto& a, const auto& b) { return a.name < b.name; });
            return found;
        });
    }

    std::optional<std::uint64_t> size(const std::string& name) override {
        parse_blob_name(name);
        return with_session([&](SftpSession& session) { return size_of(session, path_of(name)); });
    }

    std::optional<Bytes> get(const std::string& name, std::uint64_t limit) override {
        parse_blob_name(name);
        return with_session([&](SftpSession& session) -> std::optional<Bytes> {
            const auto size = size_of(session, path_of(name));
            if (!size) return std::nullopt;
            if (*size > limit)
                throw Error(Errc::damaged, say<Msg::too_large>(full(name), std::to_string(limit)));
            auto bytes = session.read(path_of(name), 0, *size);
            if (!bytes) throw Error(Errc::damaged, say<Msg::malformed>(full(name)));
            return bytes;
        });
    }

    Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) override {
        parse_blob_name(name);
        return with_session([&](SftpSession& session) {
            const auto size = size_of(session, path_of(name));
            if (!size) throw Error(Errc::damaged, say<Msg::file_error>(full(name), tr<Msg::os_not_found>()));
            // Checked before any memory is taken: the numbers may come from damaged data.
            const auto malformed = [&] { return Error(Errc::damaged, say<Msg::malformed>(full(name))); };
            if (offset > *size || count > *size - offset) throw malformed();
            auto bytes = session.read(path_of(name), offset, count);
            if (!bytes) throw malformed();
            return std::move(*bytes);
        });
    }

    bool put(const std::string& name, ByteView bytes) override {
        const BlobName parsed = parse_blob_name(name);
        Upload upload{path_of(name), "", false};
        return with_session([&](SftpSession& session) { return put_once(session, parsed, bytes, upload); });
    }

    void remove(const std::string& name) override {
        parse_blob_name(name);
        with_session([&](SftpSession& session) {
            session.remove(path_of(name));
            return true;
        });
    }

    std::unique_ptr<FileLock> lock(const std::string&, LockMode, int) override { return nullptr; }

    [[nodiscard]] std::string location() const override { return spec_.url; }

    std::optional<std::uint64_t> free_bytes() override {
        return with_session([&](SftpSession& session) { return session.free_bytes(root_); });
    }

    std::map<std::string, std::string> facts() override {
        return with_session([&](SftpSession& session) {
            const auto word = [](bool is) { return std::string(is ? "yes" : "no"); };
            std::map<std::string, std::string> found;
            found["host_key"] = session.host_key();
            found["server"] = session.banner();
            found["fsync"] = word(session.offers("fsync@openssh.com", "1"));
            found["posix_rename"] = word(session.offers("posix-rename@openssh.com", "1"));
            found["conditional_put"] = word(rename_keeps(session));
            return found;
        });
    }

private:
    struct Upload {
        std::string path;
        std::string scratch;    // the file in tmp/ that an attempt made; "": none
        bool renaming = false;  // the rename was asked for and no answer came
    };

    [[nodiscard]] std::string path_of(const std::string& name) const {
        return root_ == "/" ? "/" + name : root_ + "/" + name;
    }
    [[nodiscard]] std::string full(const std::string& name) const { return location() + "/" + name; }

    std::string draw_scratch() {
        std::array<std::uint8_t, 16> draw{};
        host_.environment.random.fill(draw);
        return path_of(scratch_folder) + "/" + to_hex(draw);
    }

    // A link, a folder or a device under one of our names is not ours.
    static std::optional<std::uint64_t> size_of(SftpSession& session, const std::string& path) {
        const auto found = session.look(path);
        if (!found || !found->regular) return std::nullopt;
        return found->size;
    }

    void check_root(SftpSession& session) {
        if (how_ == Open::create) return;
        const auto root = session.look_through(root_);
        if (root && root->folder) return;
        throw Error(Errc::unreachable,
                    say<Msg::remote_unreachable>(location(), tr<Msg::remote_folder_gone>()),
                    say<Msg::hint_remote_folder_gone>());
    }

    void make_folders(SftpSession& session, const std::string& folder) {
        const std::scoped_lock guard(folders_mutex_);
        if (!made_.contains("/")) {
            check_root(session);
            if (how_ == Open::create)
                for (std::size_t at = root_.find('/', 1); !session.look_through(root_);
                     at = root_.find('/', at + 1)) {
                    session.make_folder(root_.substr(0, at));
                    if (at == std::string::npos) break;
                }
            made_.insert("/");
        }
        for (const auto& needed : {scratch_folder, folder}) {
            if (needed.empty() || made_.contains(needed)) continue;
            session.make_folder(path_of(needed));
            made_.insert(needed);
            if (needed == scratch_folder) clear_old_scratch(session);
        }
    }

    // Once per store that writes. The server's clock is the one that its times are compared with.
    void clear_old_scratch(SftpSession& session) {
        const auto entries = session.entries(path_of(scratch_folder));
        if (!entries || entries->empty()) return;
        const std::string probe = draw_scratch();
        session.write(probe, {});
        const auto now = session.look(probe);
        session.remove(probe);
        for (const auto& entry : *entries)
            if (now && entry.attributes.regular && is_blob_file(entry.name) &&
                now->modified > scratch_life_s && entry.attributes.modified < now->modified - scratch_life_s)
                session.remove(path_of(scratch_folder) + "/" + entry.name);
    }

    bool put_once(SftpSession& session, const BlobName& name, ByteView bytes, Upload& upload) {
        if (upload.renaming) {
            // Its scratch file is gone and the name is there: it was done, and only the answer was lost.
            upload.renaming = false;
            if (!session.look(upload.scratch) && size_of(session, upload.path) == bytes.size()) return true;
        }
        if (!upload.scratch.empty()) session.remove(upload.scratch);
        if (is_taken(session, upload.path)) return false;
        make_folders(session, name.folder);
        upload.scratch = draw_scratch();
        try {
            session.write(upload.scratch, bytes);
            if (size_of(session, upload.scratch) != bytes.size())
                throw Error(Errc::unreachable, say<Msg::remote_nonsense>(location(), tr<Msg::remote_short>()),
                            say<Msg::hint_remote_again>());
            upload.renaming = true;
            const bool renamed = session.rename(upload.scratch, upload.path);
            upload.renaming = false;
            if (renamed) return true;
            session.remove(upload.scratch);
        } catch (const Error&) {
            upload.renaming = false;
            const auto left = session.free_bytes(path_of(scratch_folder));
            session.remove(upload.scratch);
            forget_folders();  // what is wrong may be that they are gone
            if (left && *left < bytes.size())
                throw Error(Errc::no_space, say<Msg::remote_full>(location()), say<Msg::hint_free_space>());
            throw;
        }
        if (is_taken(session, upload.path)) return false;
        forget_folders();
        throw Error(Errc::unreachable,
                    say<Msg::remote_refuses>(full(upload.path), tr<Msg::remote_no_rename>()));
    }

    // True: a whole file bears the name. Error for anything else under it.
    bool is_taken(SftpSession& session, const std::string& path) {
        const auto found = session.look(path);
        if (found && !found->regular)
            throw Error(Errc::unreachable, say<Msg::remote_refuses>(target_.place + " (" + path + ")",
                                                                    tr<Msg::os_not_regular>()));
        return found.has_value();
    }

    void forget_folders() {
        const std::scoped_lock guard(folders_mutex_);
        made_.clear();
    }

    // Tried on two files: does a rename leave alone what bears the name?
    bool rename_keeps(SftpSession& session) {
        make_folders(session, "");
        const std::string first = draw_scratch();
        const std::string second = draw_scratch();
        session.write(first, as_bytes("1"));
        session.write(second, as_bytes("22"));
        const bool keeps = !session.rename(second, first) && size_of(session, first) == 1;
        session.remove(first);
        session.remove(second);
        return keeps;
    }

    // A session in the hands of one thread, given back when it is still good.
    std::unique_ptr<SftpSession> acquire() {
        {
            std::unique_lock lock(pool_mutex_);
            pool_changed_.wait(lock, [&] { return !idle_.empty() || in_use_ < most_sessions; });
            ++in_use_;
            if (!idle_.empty()) {
                auto session = std::move(idle_.back());
                idle_.pop_back();
                return session;
            }
        }
        try {
            return connect();
        } catch (...) {
            release(nullptr);
            throw;
        }
    }

    void release(std::unique_ptr<SftpSession> session) {
        const std::scoped_lock guard(pool_mutex_);
        --in_use_;
        if (session) idle_.push_back(std::move(session));
        pool_changed_.notify_one();
    }

    // Those at rest went through the same network: they are probably as dead as the one that was lost.
    void drop_idle() {
        std::vector<std::unique_ptr<SftpSession>> dropped;
        const std::scoped_lock guard(pool_mutex_);
        dropped.swap(idle_);
    }

    // One at a time until the first has settled what the host's key is.
    std::unique_ptr<SftpSession> connect() {
        std::unique_lock lock(target_mutex_);
        if (!prepared_) {
            prepare();
            auto session = open_session(target_);
            if (target_.trust_first) known_keys_.remember(session->host_key());
            target_.trust_first = false;
            if (target_.known_hosts.empty()) target_.expected_key = session->host_key();
            check_root(*session);
            prepared_ = true;
            return session;
        }
        const SftpTarget target = target_;
        lock.unlock();
        return open_session(target);
    }

    void prepare() {
        if (!place_checked_ && host_.check_place)
            host_.check_place(url_.host, setting_of(spec_, "country").value_or(""));
        place_checked_ = true;
        if (!credentials_) credentials_ = find_credentials(spec_, false, host_.environment);
        target_.user = url_.user;
        if (target_.user.empty() && credentials_) target_.user = credentials_->user();
        if (target_.user.empty()) target_.user = user_name();
        if (!target_.expected_key.empty() || !target_.known_hosts.empty()) return;
        target_.expected_key = known_keys_.recall();
        target_.trust_first = target_.expected_key.empty() && how_ == Open::create;
    }

    // One secret serves for both: the user's password there, or the passphrase of the key file.
    std::unique_ptr<SftpSession> open_session(const SftpTarget& target) {
        static const std::string none;
        const std::string& secret = credentials_ ? credentials_->password() : none;
        return SftpSession::open(target, {secret, secret}, host_.environment.files, watchdog_);
    }

    template <class Work>
    std::invoke_result_t<Work, SftpSession&> with_session(Work work) {
        int pause_ms = limits_.first_ms;
        for (int attempt = 0;; ++attempt) {
            try {
                auto session = acquire();
                try {
                    auto result = work(*session);
                    release(std::move(session));
                    return result;
                } catch (const Error&) {  // an answer: the session is as good as before
                    release(std::move(session));
                    throw;
                } catch (...) {
                    release(nullptr);
                    throw;
                }
            } catch (const SessionLost& lost) {
                drop_idle();
                if (attempt + 1 >= limits_.attempts || !lost.again)
                    throw Error(Errc::unreachable, say<Msg::remote_unreachable>(location(), text(lost.why)),
                                say<Msg::hint_remote_again>());
            }
            host_.environment.clock.sleep_ms(pause_ms);
            pause_ms = std::min(2 * pause_ms, limits_.longest_ms);
        }
    }

    const RemoteSpec spec_;
    const RemoteHost host_;
    const Open how_;
    const Url url_;
    std::string root_;  // without a '/' at its end, but for "/" itself
    RetryLimits limits_;

    ssh::Watchdog watchdog_;  // outlives the sessions
    std::mutex target_mutex_;
    SftpTarget target_;  // unchanged once prepared_
    bool prepared_ = false;
    bool place_checked_ = false;
    std::optional<Credentials> credentials_;
    KnownKeys known_keys_;

    std::mutex folders_mutex_;
    std::set<std::string> made_;  // "/": the root

    std::mutex pool_mutex_;
    std::condition_variable pool_changed_;
    std::size_t in_use_ = 0;
    std::vector<std::unique_ptr<SftpSession>> idle_;
};

}  // namespace

const std::vector<std::string>& sftp_settings() {
    static const std::vector<std::string> known{
        "country",  "credentials-command", "credentials-file", "host-key",
        "identity", "known-hosts",         "retries",          "timeout"};
    return known;
}

std::unique_ptr<RemoteStore> open_sftp(const RemoteSpec& spec, const RemoteHost& host, Open how) {
    return std::make_unique<SftpStore>(spec, host, how);
}

}  // namespace coffre::remote
