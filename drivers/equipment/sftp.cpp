#include "drivers/equipment/sftp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <type_traits>

#include <fnmatch.h>

#include "base/error.hpp"
#include "drivers/ssh/sftp_session.hpp"

namespace coffre::drivers {

namespace {

using ssh::SessionLost;
using ssh::SftpAttributes;
using ssh::SftpEntry;
using ssh::SftpSession;
using ssh::SftpTarget;

constexpr std::size_t depth_max = 200;
constexpr std::uint64_t whole_max = 4ull << 20;  // bytes: larger files are handed over in pieces
constexpr std::size_t piece_size = 1 << 20;
constexpr int default_port = 22;
constexpr int time_limit_default = 1800;  // seconds
constexpr int size_limit_default = 4096;  // MiB
constexpr std::int64_t second = 1'000'000'000;

struct Address {
    std::string host;
    int port = default_port;
    std::string path;  // without a '/' at its end, but for "/" itself

    [[nodiscard]] std::string place() const { return host + ":" + std::to_string(port); }
};

std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned byte = 0;
        const auto* const from = text.data() + i + 1;
        if (i + 2 >= text.size() || std::from_chars(from, from + 2, byte, 16).ptr != from + 2 || byte == 0)
            return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

Address address_of(const DriverContext& context) {
    const auto url = context.setting("url");
    const auto refuse = [&] {
        return Error(Errc::usage, say<Msg::device_sftp_url>(context.equipment, url),
                     say<Msg::hint_equipment_edit_set>());
    };
    constexpr std::string_view scheme = "sftp://";
    const auto slash = url.find('/', scheme.size());
    if (!url.starts_with(scheme) || slash == std::string::npos) throw refuse();
    Address address;
    address.host = url.substr(scheme.size(), slash - scheme.size());
    const auto colon = address.host.rfind(':');
    if (colon != std::string::npos && address.host.find(']', colon) == std::string::npos) {
        const char* const end = address.host.data() + address.host.size();
        const auto read = std::from_chars(address.host.data() + colon + 1, end, address.port);
        if (read.ec != std::errc() || read.ptr != end || address.port < 1 || address.port > 65'535)
            throw refuse();
        address.host.resize(colon);
    }
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
               c == '-' || c == '_' || c == ':' || c == '[' || c == ']' || c == '%';
    };
    if (address.host.empty() || !std::all_of(address.host.begin(), address.host.end(), plain)) throw refuse();
    const auto path = unescaped(url.substr(slash));
    if (!path) throw refuse();
    address.path = *path;
    while (address.path.size() > 1 && address.path.back() == '/') address.path.pop_back();
    return address;
}

SftpTarget target_of(const DriverContext& context, const Address& address) {
    SftpTarget target;
    target.place = context.equipment;
    target.host = address.host;
    target.port = address.port;
    target.user = context.setting("user");
    target.identity = context.setting("identity");
    target.expected_key = context.setting("host-key");
    if (!target.expected_key.empty() && !target.expected_key.starts_with("SHA256:"))
        throw Error(Errc::usage, say<Msg::sftp_host_key_form>(target.expected_key),
                    say<Msg::hint_sftp_host_key_form>());
    // A refusal may lock an account: the agent's keys are offered only where nothing better is known.
    target.ask_agent = target.identity.empty() && context.secret("password").empty();
    return target;
}

Error lost_error(const DriverContext& context, const Address& address, const SessionLost& lost) {
    return {Errc::unreachable, say<Msg::device_lost>(context.equipment, address.place(), text(lost.why)),
            say<Msg::hint_device_lost>()};
}

// What the session says of logins, in the words of an equipment.
Error login_error(const DriverContext& context, const Address& address, const Error& error) {
    if (error.message().id == Msg::sftp_not_admitted)
        return {Errc::unreachable,
                say<Msg::device_login_refused>(context.equipment, address.place(), context.setting("user")),
                say<Msg::hint_device_login>()};
    if (error.message().id == Msg::sftp_nothing_to_log_in)
        return {Errc::unreachable, say<Msg::device_no_login>(context.equipment, address.place()),
                say<Msg::hint_device_no_login>()};
    if (error.message().id == Msg::sftp_identity_unusable)
        return error.with_hint(say<Msg::hint_device_identity>());
    return error;
}

// A pattern without '/' is for names at any depth, another for paths from the root down.
class Excluded {
public:
    explicit Excluded(const std::string& patterns) {
        for (std::size_t at = 0; at <= patterns.size();) {
            const auto end = std::min(patterns.find(',', at), patterns.size());
            auto pattern = patterns.substr(at, end - at);
            pattern.erase(0, pattern.find_first_not_of(' '));
            pattern.erase(pattern.find_last_not_of(" /") + 1);
            if (!pattern.empty()) patterns_.push_back(std::move(pattern));
            at = end + 1;
        }
    }

    [[nodiscard]] bool holds(const CaptureSink::Path& path) const {
        return std::any_of(patterns_.begin(), patterns_.end(), [&](const auto& pattern) {
            if (pattern.find('/') == std::string::npos)
                return ::fnmatch(pattern.c_str(), path.back().c_str(), 0) == 0;
            const auto* const from_root = pattern.c_str() + (pattern.front() == '/' ? 1 : 0);
            return ::fnmatch(from_root, join_names(path).c_str(), FNM_PATHNAME) == 0;
        });
    }

private:
    std::vector<std::string> patterns_;
};

// The connection with one machine: logs in at the first question, once.
class Machine {
public:
    explicit Machine(const DriverContext& context)
        : context_(context),
          address_(address_of(context)),
          target_(target_of(context, address_)),
          time_limit_(context.number("time-limit", time_limit_default, 1, 86'400)),
          size_limit_(static_cast<std::uint64_t>(context.number("size-limit", size_limit_default, 1, 1 << 20))
                      << 20),
          watchdog_(context.environment.clock) {}

    [[nodiscard]] const DriverContext& context() const { return context_; }
    [[nodiscard]] const Address& address() const { return address_; }
    [[nodiscard]] std::uint64_t size_limit() const { return size_limit_; }

    // The limits of one job run from here.
    void begin() {
        received_ = 0;
        deadline_ns_ = context_.environment.clock.monotonic_ns() + time_limit_ * second;
    }
    void check_time() const {
        if (context_.environment.clock.monotonic_ns() < deadline_ns_) return;
        throw Error(Errc::unreachable,
                    say<Msg::device_too_long>(context_.equipment, std::to_string(time_limit_)),
                    say<Msg::hint_device_limits>());
    }
    void count(std::uint64_t bytes) {
        received_ += bytes;
        if (received_ <= size_limit_) return;
        throw Error(Errc::unreachable,
                    say<Msg::device_too_much>(context_.equipment, std::to_string(size_limit_)),
                    say<Msg::hint_device_limits>());
    }

    SftpSession& session() {
        if (refused_) throw Error(*refused_);
        if (session_) return *session_;
        try {
            session_ =
                SftpSession::open(target_, {context_.secret("password"), context_.secret("passphrase")},
                                  context_.environment.files, watchdog_);
        } catch (const Error& error) {
            auto told = login_error(context_, address_, error);
            if (error.message().id == Msg::sftp_not_admitted) refused_ = told;
            throw told;
        }
        return *session_;
    }
    void drop() { session_.reset(); }

    // Does `work`; a connection that is lost meanwhile is an error, and the next question makes a new one.
    template <class Work>
    std::invoke_result_t<Work> reached(Work work) {
        try {
            return work();
        } catch (const SessionLost& lost) {
            drop();
            throw lost_error(context_, address_, lost);
        }
    }

private:
    const DriverContext& context_;
    Address address_;
    SftpTarget target_;
    std::int64_t time_limit_;   // seconds
    std::uint64_t size_limit_;  // bytes
    std::int64_t deadline_ns_ = 0;
    std::uint64_t received_ = 0;
    ssh::Watchdog watchdog_;  // outlives the session
    std::unique_ptr<SftpSession> session_;
    std::optional<Error> refused_;
};

class SftpCapture {
public:
    SftpCapture(Machine& machine, const Excluded& excluded, CaptureSink& sink)
        : machine_(machine), session_(machine.session()), excluded_(excluded), sink_(sink) {}

    void run() {
        const auto& root = machine_.address().path;
        const auto found = session_.look_through(root);
        if (!found || (!found->folder && !found->regular))
            throw Error(Errc::unreachable, say<Msg::device_path_missing>(machine_.context().equipment, root),
                        say<Msg::hint_equipment_edit_set>());
        CaptureSink::Path path;
        if (found->folder) {
            walk(root, path);
            return;
        }
        path.push_back(root.substr(root.rfind('/') + 1));
        file(root, path, &SftpSession::look_through);
    }

private:
    using Look = std::optional<SftpAttributes> (SftpSession::*)(const std::string&);

    void walk(const std::string& folder, CaptureSink::Path& path) {
        auto entries = session_.entries(folder);
        if (!entries) {
            failed(path, say<Msg::file_changed>());
            return;
        }
        std::erase_if(*entries, [](const auto& entry) { return entry.name == "." || entry.name == ".."; });
        std::sort(entries->begin(), entries->end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        if (entries->empty()) sink_.empty_folder(path);
        const std::string* before = nullptr;
        for (const auto& entry : *entries) {
            machine_.check_time();
            const bool twice = before != nullptr && *before == entry.name;
            before = &entry.name;
            if (twice || entry.name.empty() || entry.name.find('/') != std::string::npos) {
                auto shown = entry.name;
                std::replace(shown.begin(), shown.end(), '/', '_');
                path.push_back(shown.empty() ? "_" : shown);
                failed(path, say<Msg::device_bad_name>());
                path.pop_back();
                continue;
            }
            path.push_back(entry.name);
            try {
                visit((folder == "/" ? "" : folder) + "/" + entry.name, entry.attributes, path);
            } catch (const Error& error) {
                // The server's answer about one file does not stop the others.
                if (error.message().id != Msg::remote_refuses || from_sink_) throw;
                failed(path, error.message());
            }
            path.pop_back();
        }
    }

    void visit(const std::string& there, SftpAttributes attributes, CaptureSink::Path& path) {
        if (excluded_.holds(path)) {
            sink_.skipped(path, say<Msg::excluded_by_setting>());
        } else if (attributes.regular) {
            file(there, path, &SftpSession::look);
        } else if (attributes.link) {
            const auto target = session_.read_link(there);
            sink_.link(path, target);
        } else if (!attributes.folder) {
            sink_.skipped(path, say<Msg::special_skipped>());
        } else if (path.size() > depth_max) {
            failed(path, say<Msg::folder_too_deep>());
        } else {
            walk(there, path);
        }
    }

    // A file that was there when its folder was read.
    void file(const std::string& there, const CaptureSink::Path& path, Look look) {
        const auto opened = session_.open_file(there);
        if (!opened) {
            failed(path, say<Msg::file_changed>());
            return;
        }
        const auto before = opened->attributes();
        const bool executable = (before.mode & 0100) != 0;
        // A link that took the file's place meanwhile is found here: what it leads to was not taken.
        const auto same = [&] {
            const auto after = (session_.*look)(there);
            return after && after->regular && after->size == before.size &&
                   after->modified == before.modified;
        };
        if (before.size > whole_max) {
            content_.resize(std::max(content_.size(), piece_size));
            std::uint64_t at = 0;
            const auto next = [&]() -> ByteView {
                from_sink_ = false;
                machine_.check_time();
                const auto got = opened->read(std::span(content_).first(piece_size));
                machine_.count(got);
                at += got;
                if (at > before.size || (got == 0 && (at != before.size || !same())))
                    throw Error(Errc::failed, say<Msg::file_changed>());
                from_sink_ = true;
                return ByteView(content_).first(got);
            };
            try {
                from_sink_ = true;
                sink_.large_file(path, executable, before.size, next);
            } catch (const Error& error) {
                if (error.message().id != Msg::file_changed || from_sink_) throw;
                failed(path, error.message());
            }
            from_sink_ = false;
            return;
        }
        content_.resize(std::max<std::size_t>(content_.size(), before.size + 1));  // one more: nothing grew
        const auto size = opened->read(std::span(content_).first(before.size + 1));
        machine_.count(size);
        if (size != before.size || !same()) {
            failed(path, say<Msg::file_changed>());
            return;
        }
        from_sink_ = true;
        sink_.file(path, executable, ByteView(content_).first(size));
        from_sink_ = false;
    }

    void failed(const CaptureSink::Path& path, const Message& why) {
        from_sink_ = true;
        sink_.failed(path, why);
        from_sink_ = false;
    }

    Machine& machine_;
    SftpSession& session_;
    const Excluded& excluded_;
    CaptureSink& sink_;
    Bytes content_;           // never shrinks
    bool from_sink_ = false;  // what the sink throws is not the server's doing
};

// The files that differ, put back one by one: each whole under another name first, then in its place.
class SftpRestore final : public RestoreJob {
public:
    SftpRestore(Machine& machine, const FileSource& wanted, const FileSource& now,
                const RestoreOptions& options, bool remove_extra)
        : machine_(machine), narrowed_(!options.only.empty() || options.keep_network) {
        const auto& place = machine.address().path;
        const auto root = machine.session().look_through(place);
        if (!root)  // perhaps a disk is not mounted there: nothing is made in its place
            throw Error(Errc::unreachable, say<Msg::device_path_missing>(machine.context().equipment, place),
                        say<Msg::hint_equipment_edit_set>());
        if (root->regular) only_name_ = place.substr(place.rfind('/') + 1);
        std::uint64_t held = 0;
        for (const auto& file : wanted.files()) {
            const auto* there = find(now, file.path);
            if (there != nullptr && there->bytes == file.bytes &&
                now.read(file.path, file.bytes) == wanted.read(file.path, file.bytes))
                continue;
            held += file.bytes;
            add(wanted, file, there != nullptr, held);
        }
        for (const auto& file : now.files()) {
            if (find(wanted, file.path) != nullptr) continue;
            if (remove_extra && !narrowed_)
                plan_.steps.push_back({Category::other, PlanAction::remove, file.path});
            else
                plan_.gaps.push_back({Category::other, file.path, say<Msg::gap_extra_file>()});
        }
    }

    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }

    void apply(const std::function<void(const PlanStep&)>& starting) override {
        machine_.begin();
        for (const auto& step : plan_.steps) {
            starting(step);
            machine_.check_time();
            machine_.reached([&] {
                try {
                    carry_out(step);
                } catch (const SessionLost&) {
                    // Whether it was done is not known: looked at once, over a new connection.
                    machine_.drop();
                    if (!is_done(step)) throw;
                }
                return true;
            });
        }
    }

private:
    static const StoredFile* find(const FileSource& files, const std::string& path) {
        const auto& all = files.files();
        const auto found =
            std::lower_bound(all.begin(), all.end(), path,
                             [](const auto& file, const auto& name) { return file.path < name; });
        return found != all.end() && found->path == path ? &*found : nullptr;
    }

    void add(const FileSource& wanted, const StoredFile& file, bool there, std::uint64_t held) {
        const auto gap = [&](Message why) {
            plan_.gaps.push_back({Category::other, file.path, std::move(why)});
        };
        if (narrowed_) return gap(say<Msg::gap_whole_only>());
        if (held > machine_.size_limit())
            return gap(say<Msg::too_large>(file.path, std::to_string(machine_.size_limit())));
        const bool fits = only_name_.empty() || file.path == only_name_;
        if (!fits || !is_clean(file.path) || in_the_way(path_of(file.path)))
            return gap(say<Msg::gap_in_the_way>());
        auto content = wanted.read(file.path, file.bytes);
        if (!content) throw Error(Errc::failed, say<Msg::snapshot_lacks>(file.path));
        contents_[file.path] = std::move(*content);
        plan_.steps.push_back({Category::other, there ? PlanAction::change : PlanAction::add, file.path});
    }

    // Names of a snapshot are data too: none leads out of the folder.
    static bool is_clean(const std::string& path) {
        for (std::size_t at = 0; at <= path.size();) {
            const auto end = std::min(path.find('/', at), path.size());
            const auto name = std::string_view(path).substr(at, end - at);
            if (name.empty() || name == "." || name == ".." || name.find('\0') != std::string_view::npos)
                return false;
            at = end + 1;
        }
        return true;
    }

    [[nodiscard]] std::string path_of(const std::string& path) const {
        const auto& root = machine_.address().path;
        if (!only_name_.empty()) return root;
        return (root == "/" ? "" : root) + "/" + path;
    }

    // The '/' that ends the first name below the root.
    [[nodiscard]] std::size_t first_below(const std::string& there) const {
        const auto& root = machine_.address().path;
        return there.find('/', root == "/" ? 1 : root.size() + 1);
    }

    // Between the root and the file nothing but folders, and in its place nothing but a file.
    bool in_the_way(const std::string& there) {
        auto& session = machine_.session();
        for (auto at = first_below(there); at != std::string::npos; at = there.find('/', at + 1)) {
            const auto found = session.look(there.substr(0, at));
            if (!found) return false;
            if (!found->folder) return true;
        }
        const auto found = session.look(there);
        return found && !found->regular;
    }

    void make_folders(const std::string& there) {
        for (auto at = first_below(there); at != std::string::npos; at = there.find('/', at + 1)) {
            if (machine_.session().look(there.substr(0, at))) continue;
            machine_.session().make_folder(there.substr(0, at), 0755);
        }
    }

    void carry_out(const PlanStep& step) {
        auto& session = machine_.session();
        const auto there = path_of(step.what);
        if (in_the_way(there))
            throw Error(Errc::unreachable, say<Msg::device_says>(machine_.context().equipment, step.what,
                                                                 tr<Msg::gap_in_the_way>()));
        if (step.action == PlanAction::remove) {
            session.remove(there);
            return;
        }
        make_folders(there);
        const auto slash = there.rfind('/');
        const auto folder = slash == 0 ? "/" : there.substr(0, slash);
        std::array<std::uint8_t, 8> draw{};
        machine_.context().environment.random.fill(draw);
        scratch_ = there.substr(0, slash + 1) + ".coffre-" + to_hex(draw);
        try {
            put(session, step.what, there, folder);
        } catch (const Error&) {
            session.remove(scratch_);
            throw;
        }
    }

    void put(SftpSession& session, const std::string& name, const std::string& there,
             const std::string& folder) {
        const auto& content = contents_.at(name);
        const auto before = session.look_through(there);
        session.write(scratch_, content);
        if (session.read(scratch_, 0, content.size()) != content) throw not_whole(name);
        if (before) {
            // Where it may not be given away, it stays with the user who logs in.
            const auto mine = session.look(scratch_);
            if (mine && (mine->owner != before->owner || mine->group != before->group))
                session.set_owner(scratch_, before->owner, before->group);
            if (before->mode != 0 && !session.set_mode(scratch_, before->mode)) throw not_whole(name);
        } else if (const auto around = session.look_through(folder); around && around->mode != 0) {
            // Who may look into the folder may read a file that is new there.
            session.set_mode(scratch_, around->mode & 0644);
        }
        if (session.rename(scratch_, there)) return;
        // A server without posix-rename replaces nothing: for a moment there is no file of that name.
        const auto aside = scratch_ + "-before";
        if (!before || !session.rename(there, aside)) throw not_whole(name);
        if (!session.rename(scratch_, there)) {
            session.rename(aside, there);
            throw not_whole(name);
        }
        session.remove(aside);
    }

    [[nodiscard]] Error not_whole(const std::string& name) const {
        return {Errc::unreachable, say<Msg::device_not_whole>(machine_.context().equipment, name)};
    }

    bool is_done(const PlanStep& step) {
        auto& session = machine_.session();
        const auto there = path_of(step.what);
        if (step.action == PlanAction::remove) return !session.look(there);
        const auto found = session.look_through(there);
        const auto& content = contents_.at(step.what);
        const bool done =
            found && found->size == content.size() && session.read(there, 0, content.size()) == content;
        if (!scratch_.empty()) session.remove(scratch_);
        return done;
    }

    Machine& machine_;
    bool narrowed_;          // to parts, which files do not tell of
    std::string only_name_;  // the root is a file, of this name; "": a folder
    RestorePlan plan_;
    std::map<std::string, Bytes> contents_;
    std::string scratch_;
};

class SftpDriver final : public EquipmentDriver {
public:
    explicit SftpDriver(const DriverContext& context)
        : machine_(context), excluded_(context.setting("exclude")) {
        const auto word = context.setting("remove-extra");
        if (!word.empty() && word != "yes" && word != "no")
            throw Error(Errc::usage,
                        say<Msg::device_setting_words>(context.equipment, "remove-extra", "yes, no"),
                        say<Msg::hint_equipment_edit_set>());
        remove_extra_ = word == "yes";
    }

    [[nodiscard]] std::string id() const override { return "sftp 1"; }

    // Who it is, its host key tells; that it lets the user in is all there is to ask.
    DeviceIdentity identify() override {
        machine_.reached([&] {
            machine_.session();
            return true;
        });
        return {};
    }

    void capture(CaptureSink& sink) override {
        machine_.begin();
        machine_.reached([&] {
            SftpCapture(machine_, excluded_, sink).run();
            return true;
        });
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        machine_.begin();
        return machine_.reached(
            [&] { return std::make_unique<SftpRestore>(machine_, wanted, now, options, remove_extra_); });
    }

private:
    Machine machine_;
    Excluded excluded_;
    bool remove_extra_ = false;
};

std::pair<std::string, std::string> first_host_key(const DriverContext& context) {
    if (!context.setting("host-key").empty()) return {};
    const auto address = address_of(context);
    ssh::Watchdog watchdog(context.environment.clock);
    try {
        return {"host-key", SftpSession::ask_host_key(target_of(context, address), watchdog)};
    } catch (const SessionLost& lost) {
        throw lost_error(context, address, lost);
    }
}

}  // namespace

DriverInfo sftp_driver_info() {
    DriverInfo info;
    info.name = "sftp";
    info.evidence = Evidence::real_product;
    info.settings = {{"url", true},
                     {"user", true},
                     {"identity", false, true},
                     {"host-key"},
                     {"time-limit"},
                     {"size-limit"},
                     {"exclude"},
                     {"remove-extra"},
                     {"password", false, false, true},
                     {"passphrase", false, false, true}};
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<SftpDriver>(context);
    };
    info.first_pin = first_host_key;
    return info;
}

}  // namespace coffre::drivers
