#include "drivers/ssh/sftp_session.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.hpp"
#include "drivers/ssh/ssh_library.hpp"

namespace coffre::ssh {

namespace {

// Nothing with SHA-1, DSA, CBC or a bare RSA signature.
constexpr const char* key_exchanges =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
    "diffie-hellman-group14-sha256";
constexpr const char* ciphers =
    "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-ctr";
constexpr const char* macs =
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512";
constexpr const char* all_key_types =
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256";
// A server has one key of each type and shows the first that both sides want; the one expected may be
// another.
constexpr const char* single_key_types[] = {"ssh-ed25519",
                                            "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521",
                                            "rsa-sha2-512,rsa-sha2-256"};
constexpr int smallest_rsa_bits = 2048;

// draft-ietf-secsh-filexfer-02 section 3: servers take packets of at least 34,000 bytes. OpenSSH's own limit,
// for those that offer limits@openssh.com, is 256 KiB for all of a packet.
constexpr std::size_t piece_everywhere = 32 * 1024;
constexpr std::size_t piece_openssh = 128 * 1024;

constexpr std::size_t most_entries = 1'000'000;  // of one folder
constexpr std::uint64_t largest_identity = 64 * 1024;

std::string reason_of(int number) { return std::generic_category().message(number); }

class Socket {
public:
    Socket() = default;
    explicit Socket(int number) : number_(number) {}
    ~Socket() {
        if (number_ >= 0) ::close(number_);
    }
    Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Socket& operator=(Socket&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    [[nodiscard]] int number() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_ = -1;
};

// Connected to the first address that answers; each has the whole time-out.
Socket connect_to(const SftpTarget& target) {
    std::string host = target.host;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
    if (failed != 0)
        throw SessionLost{say<Msg::sftp_no_address>(::gai_strerror(failed)), failed == EAI_AGAIN};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    SessionLost lost{say<Msg::sftp_lost>()};
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        Socket socket(::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol));
        if (socket.number() < 0) continue;
        int error = ::connect(socket.number(), at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS) {
            pollfd waiting{socket.number(), POLLOUT, 0};
            if (::poll(&waiting, 1, target.timeout_ms) <= 0) {
                lost = {say<Msg::sftp_timeout>(std::to_string(target.timeout_ms / 1000)), false};
                continue;
            }
            socklen_t size = sizeof error;
            if (::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
        }
        if (error != 0) {
            lost = {say<Msg::sftp_no_connection>(reason_of(error))};
            continue;
        }
        const int on = 1;
        ::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(socket.number(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        return socket;
    }
    throw lost;
}

struct FreeSession {
    void operator()(ssh_session session) const {
        ssh_library().ssh_disconnect(session);
        ssh_library().ssh_free(session);
    }
};
struct FreeKey {
    void operator()(ssh_key key) const { ssh_library().ssh_key_free(key); }
};
using SshSession = std::unique_ptr<ssh_session_struct, FreeSession>;
using SshKey = std::unique_ptr<ssh_key_struct, FreeKey>;

// As `ssh-keygen -l` prints it: "SHA256:" and base64 without padding.
std::string fingerprint_of(ssh_key key) {
    const SshLibrary& ssh = ssh_library();
    unsigned char* hash = nullptr;
    std::size_t size = 0;
    if (ssh.ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) != SSH_OK) return "";
    char* const text = ssh.ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
    std::string fingerprint = text ? text : "";
    ssh.ssh_string_free_char(text);
    ssh.ssh_clean_pubkey_hash(&hash);
    return fingerprint;
}

class LibsshSession final : public SftpSession {
public:
    LibsshSession(const SftpTarget& target, Watchdog& watchdog) : target_(target), watchdog_(watchdog) {}

    ~LibsshSession() override {
        if (!session_) return;
        // A peer that reads no more must not keep the goodbye waiting.
        if (lost_) ::shutdown(watched_.number(), SHUT_RDWR);
        const Watchdog::Watch watch(watchdog_, watched_.number(), farewell_ms);
        if (sftp_) ssh_.sftp_free(sftp_);
        session_.reset();
        close_what_was_left();
    }

    // The key exchange, and the key that the host showed. True: it is the one that was expected.
    bool meet(const char* key_types) {
        Socket socket = connect_to(target_);
        watched_ = Socket(::fcntl(socket.number(), F_DUPFD_CLOEXEC, 0));
        session_.reset(ssh_.ssh_new());
        if (!session_ || watched_.number() < 0) throw Error(Errc::failed, say<Msg::sftp_library_failed>(""));
        const long timeout_s = std::max(1, target_.timeout_ms / 1000);
        const auto port = static_cast<unsigned>(target_.port);
        const bool no = false;
        set(SSH_OPTIONS_PROCESS_CONFIG, &no);  // the machine's ssh settings are not ours
        set(SSH_OPTIONS_HOST, target_.host.c_str());
        set(SSH_OPTIONS_PORT, &port);
        set(SSH_OPTIONS_USER, target_.user.c_str());
        set(SSH_OPTIONS_TIMEOUT, &timeout_s);
        set(SSH_OPTIONS_KNOWNHOSTS, target_.known_hosts.empty() ? "/dev/null" : target_.known_hosts.c_str());
        set(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
        set(SSH_OPTIONS_KEY_EXCHANGE, key_exchanges);
        set(SSH_OPTIONS_HOSTKEYS, key_types);
        set(SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, all_key_types);
        set(SSH_OPTIONS_CIPHERS_C_S, ciphers);
        set(SSH_OPTIONS_CIPHERS_S_C, ciphers);
        set(SSH_OPTIONS_HMAC_C_S, macs);
        set(SSH_OPTIONS_HMAC_S_C, macs);
        set(SSH_OPTIONS_COMPRESSION, "no");  // what is stored is sealed: nothing to gain
        set(SSH_OPTIONS_RSA_MIN_SIZE, &smallest_rsa_bits);
        const int number = socket.number();
        set(SSH_OPTIONS_FD, &number);
        given_ = socket.release();  // libssh closes it

        if (timed([&] { return ssh_.ssh_connect(session_.get()); }) != SSH_OK) fail_connecting();
        ssh_key shown = nullptr;
        if (ssh_.ssh_get_server_publickey(session_.get(), &shown) != SSH_OK) lose();
        const SshKey key(shown);
        host_key_ = fingerprint_of(key.get());
        const char* const banner = ssh_.ssh_get_serverbanner(session_.get());
        banner_ = banner ? banner : "";
        if (host_key_.empty()) throw Error(Errc::failed, say<Msg::sftp_library_failed>(error_text()));

        if (!target_.known_hosts.empty()) return check_known_hosts();
        if (target_.expected_key.empty()) {
            if (!target_.trust_first) refuse_unknown_key();
            return true;
        }
        return host_key_ == target_.expected_key;
    }

    [[noreturn]] void refuse_changed_key() const {
        throw Error(Errc::refused, say<Msg::sftp_host_key_changed>(target_.place, host_key_),
                    say<Msg::hint_sftp_host_key_changed>(host_key_));
    }

    void log_in(const SshSecrets& secrets, FileSystem& files) {
        bool tried = false;
        if (!target_.identity.empty()) {
            const SshKey key = read_identity(secrets, files);
            const auto answer =
                timed([&] { return ssh_.ssh_userauth_publickey(session_.get(), nullptr, key.get()); });
            if (admitted(answer)) return;
            refuse_user();  // a password that opens the key file is not for the server
        }
        if (target_.ask_agent && environment_variable("SSH_AUTH_SOCK")) {
            const auto answer = timed([&] { return ssh_.ssh_userauth_agent(session_.get(), nullptr); });
            if (admitted(answer)) return;
            tried = true;
        }
        if (!secrets.password.empty()) {
            const auto answer = timed([&] {
                return ssh_.ssh_userauth_password(session_.get(), nullptr, secrets.password.c_str());
            });
            if (admitted(answer)) return;
            tried = true;
        }
        if (tried) refuse_user();
        throw Error(Errc::unreachable, say<Msg::sftp_nothing_to_log_in>(target_.place),
                    say<Msg::hint_sftp_log_in>());
    }

    void start() {
        sftp_ = timed([&] { return ssh_.sftp_new(session_.get()); });
        if (!sftp_) refuse_sftp();
        if (timed([&] { return ssh_.sftp_init(sftp_); }) != SSH_OK) refuse_sftp();
        fsync_ = offers("fsync@openssh.com", "1");
        piece_ = offers("limits@openssh.com", "1") ? piece_openssh : piece_everywhere;
    }

    [[nodiscard]] const std::string& host_key() const override { return host_key_; }
    [[nodiscard]] const std::string& banner() const override { return banner_; }
    [[nodiscard]] bool offers(const char* extension, const char* version) const override {
        return ssh_.sftp_extension_supported(sftp_, extension, version) != 0;
    }

    std::optional<SftpAttributes> look(const std::string& path) override {
        return attributes_of(path, [&] { return ssh_.sftp_lstat(sftp_, path.c_str()); });
    }
    std::optional<SftpAttributes> look_through(const std::string& path) override {
        return attributes_of(path, [&] { return ssh_.sftp_stat(sftp_, path.c_str()); });
    }

    std::optional<std::vector<SftpEntry>> entries(const std::string& folder) override {
        const sftp_dir dir = call([&] { return ssh_.sftp_opendir(sftp_, folder.c_str()); });
        if (!dir) {
            if (status() == SSH_FX_NO_SUCH_FILE) return std::nullopt;
            fail(folder);
        }
        const auto close = [this](sftp_dir open) { timed([&] { return ssh_.sftp_closedir(open); }); };
        const std::unique_ptr<sftp_dir_struct, decltype(close)> closer(dir, close);
        std::vector<SftpEntry> found;
        for (;;) {
            const sftp_attributes entry = call([&] { return ssh_.sftp_readdir(sftp_, dir); });
            if (!entry) break;
            const char* const name = entry->name;
            if (found.size() >= most_entries) {
                ssh_.sftp_attributes_free(entry);
                throw Error(Errc::unreachable,
                            say<Msg::remote_refuses>(target_.place + " (" + folder + ")",
                                                     tr<Msg::sftp_too_many>(std::to_string(most_entries))));
            }
            if (name) found.push_back({name, converted(*entry)});
            ssh_.sftp_attributes_free(entry);
        }
        if (ssh_.sftp_dir_eof(dir) == 0) fail(folder);
        return found;
    }

    std::string read_link(const std::string& path) override {
        char* const target = call([&] { return ssh_.sftp_readlink(sftp_, path.c_str()); });
        if (!target) fail(path);
        std::string text = target;
        ssh_.ssh_string_free_char(target);
        return text;
    }

    std::unique_ptr<SftpFile> open_file(const std::string& path) override {
        const sftp_file file = call([&] { return ssh_.sftp_open(sftp_, path.c_str(), O_RDONLY, 0); });
        if (file) return std::make_unique<OpenFile>(*this, file, path);
        if (status() == SSH_FX_NO_SUCH_FILE) return nullptr;
        fail(path);
    }

    void make_folder(const std::string& path, std::uint32_t mode) override {
        if (call([&] { return ssh_.sftp_mkdir(sftp_, path.c_str(), mode); }) == 0) return;
        const int reason = status();
        const auto there = look_through(path);
        if (there && there->folder) return;
        fail(path, reason);
    }

    std::optional<Bytes> read(const std::string& path, std::uint64_t offset, std::uint64_t count) override {
        const sftp_file file = call([&] { return ssh_.sftp_open(sftp_, path.c_str(), O_RDONLY, 0); });
        if (!file) {
            if (status() == SSH_FX_NO_SUCH_FILE) return std::nullopt;
            fail(path);
        }
        const Closer closer(*this, file);
        if (ssh_.sftp_seek64(file, offset) != 0) fail(path);
        Bytes bytes(static_cast<std::size_t>(count));
        if (read_into(file, path, bytes) != bytes.size()) return std::nullopt;
        return bytes;
    }

    void write(const std::string& path, ByteView bytes) override {
        sftp_file file =
            call([&] { return ssh_.sftp_open(sftp_, path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600); });
        if (!file) fail(path);
        Closer closer(*this, file);
        for (std::size_t at = 0; at < bytes.size();) {
            const ByteView piece = bytes.subspan(at, std::min(piece_, bytes.size() - at));
            const ssize_t sent = call([&] { return ssh_.sftp_write(file, piece.data(), piece.size()); });
            if (sent <= 0) fail(path);
            at += static_cast<std::size_t>(sent);
        }
        if (fsync_ && call([&] { return ssh_.sftp_fsync(file); }) != 0) fail(path);
        if (!closer.close()) fail(path);
    }

    bool set_mode(const std::string& path, std::uint32_t mode) override {
        return call([&] { return ssh_.sftp_chmod(sftp_, path.c_str(), mode); }) == 0;
    }
    bool set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group) override {
        return call([&] { return ssh_.sftp_chown(sftp_, path.c_str(), owner, group); }) == 0;
    }

    bool rename(const std::string& from, const std::string& to) override {
        if (call([&] { return ssh_.sftp_rename(sftp_, from.c_str(), to.c_str()); }) == 0) return true;
        if (status() == SSH_FX_PERMISSION_DENIED) fail(to);
        return false;
    }

    void remove(const std::string& path) override {
        if (call([&] { return ssh_.sftp_unlink(sftp_, path.c_str()); }) != 0 &&
            status() != SSH_FX_NO_SUCH_FILE)
            fail(path);
    }

    std::optional<std::uint64_t> free_bytes(const std::string& path) override {
        if (!offers("statvfs@openssh.com", "2")) return std::nullopt;
        const sftp_statvfs_t told = call([&] { return ssh_.sftp_statvfs(sftp_, path.c_str()); });
        if (!told) return std::nullopt;
        const std::uint64_t bytes = told->f_bavail * told->f_frsize;
        ssh_.sftp_statvfs_free(told);
        return bytes;
    }

private:
    static constexpr int farewell_ms = 2000;

    class Closer {
    public:
        Closer(LibsshSession& session, sftp_file file) : session_(session), file_(file) {}
        ~Closer() {
            if (file_) session_.timed([&] { return session_.ssh_.sftp_close(file_); });
        }
        Closer(const Closer&) = delete;
        Closer& operator=(const Closer&) = delete;
        bool close() {
            const sftp_file file = std::exchange(file_, nullptr);
            return session_.call([&] { return session_.ssh_.sftp_close(file); }) == 0;
        }

    private:
        LibsshSession& session_;
        sftp_file file_;
    };

    class OpenFile final : public SftpFile {
    public:
        OpenFile(LibsshSession& session, sftp_file file, std::string path)
            : session_(session), file_(file), path_(std::move(path)), closer_(session, file) {}
        SftpAttributes attributes() override {
            const sftp_attributes raw = session_.call([&] { return session_.ssh_.sftp_fstat(file_); });
            if (!raw) session_.fail(path_);
            const auto attributes = converted(*raw);
            session_.ssh_.sftp_attributes_free(raw);
            return attributes;
        }
        std::size_t read(std::span<std::uint8_t> room) override {
            return session_.read_into(file_, path_, room);
        }

    private:
        LibsshSession& session_;
        sftp_file file_;
        std::string path_;
        Closer closer_;
    };

    // Fewer than asked for at the end of the file alone.
    std::size_t read_into(sftp_file file, const std::string& path, std::span<std::uint8_t> room) {
        std::size_t at = 0;
        while (at < room.size()) {
            const std::size_t wanted = std::min(piece_, room.size() - at);
            const ssize_t got = call([&] { return ssh_.sftp_read(file, room.data() + at, wanted); });
            if (got < 0) fail(path);
            if (got == 0) break;
            at += static_cast<std::size_t>(got);
        }
        return at;
    }

    // libssh does not always close the socket of a connection that broke. `watched_` holds its number in the
    // system, so that a descriptor that became somebody else's meanwhile is left alone.
    void close_what_was_left() const {
        struct stat ours {};
        struct stat found {};
        if (given_ >= 0 && ::fstat(watched_.number(), &ours) == 0 && ::fstat(given_, &found) == 0 &&
            ours.st_dev == found.st_dev && ours.st_ino == found.st_ino)
            ::close(given_);
    }

    void set(ssh_options_e option, const void* value) {
        if (ssh_.ssh_options_set(session_.get(), option, value) != 0)
            throw Error(Errc::failed, say<Msg::sftp_library_failed>(error_text()));
    }

    // Runs one call of the library; timed_out_ tells afterwards whether it was cut off.
    template <class Call>
    std::invoke_result_t<Call> timed(Call call) {
        const Watchdog::Watch watch(watchdog_, watched_.number(), target_.timeout_ms);
        const auto result = call();
        timed_out_ = watch.fired();
        if (timed_out_) lost_ = true;
        return result;
    }

    // The same for SFTP: throws SessionLost where the call failed for want of a connection.
    template <class Call>
    std::invoke_result_t<Call> call(Call call) {
        sftp_->errnum = SSH_FX_OK;
        const std::invoke_result_t<Call> result = timed(call);
        const int reason = sftp_->errnum;
        const bool told =
            reason != SSH_FX_OK && reason != SSH_FX_NO_CONNECTION && reason != SSH_FX_CONNECTION_LOST;
        using Result = std::invoke_result_t<Call>;
        bool failed = false;
        if constexpr (std::is_pointer_v<Result>) {
            failed = result == nullptr;
        } else {
            failed = result < 0;
        }
        if (timed_out_ || (failed && (!told || ssh_.ssh_is_connected(session_.get()) == 0))) lose();
        return result;
    }

    [[nodiscard]] int status() const { return sftp_->errnum; }

    [[nodiscard]] std::string error_text() const {
        const char* const text = session_ ? ssh_.ssh_get_error(session_.get()) : nullptr;
        return text ? text : "";
    }

    [[noreturn]] void lose() {
        lost_ = true;
        if (timed_out_)
            throw SessionLost{say<Msg::sftp_timeout>(std::to_string(target_.timeout_ms / 1000)), false};
        throw SessionLost{say<Msg::sftp_lost>()};
    }

    // A key exchange that ends without agreement is an answer; all else is a lost connection.
    [[noreturn]] void fail_connecting() {
        const std::string text = error_text();
        if (!timed_out_ && text.find("no match for method") != std::string::npos) {
            lost_ = true;
            throw Error(Errc::unreachable, say<Msg::remote_refuses>(target_.place, tr<Msg::sftp_old>()),
                        say<Msg::hint_sftp_old>());
        }
        lose();
    }

    [[noreturn]] void refuse_unknown_key() const {
        throw Error(Errc::refused, say<Msg::sftp_host_key_unknown>(target_.place, host_key_),
                    say<Msg::hint_sftp_host_key_unknown>(host_key_));
    }

    bool check_known_hosts() {
        switch (ssh_.ssh_session_is_known_server(session_.get())) {
            case SSH_KNOWN_HOSTS_OK:
                return true;
            case SSH_KNOWN_HOSTS_CHANGED:
            case SSH_KNOWN_HOSTS_OTHER:
                refuse_changed_key();
            default:
                refuse_unknown_key();
        }
    }

    SshKey read_identity(const SshSecrets& secrets, FileSystem& files) {
        const auto unusable = [&] {
            return Error(Errc::failed, say<Msg::sftp_identity_unusable>(target_.identity),
                         say<Msg::hint_sftp_identity>());
        };
        const auto [folder_path, name] = split_path(target_.identity);
        const auto folder = files.open_directory(folder_path);
        auto text = folder ? read_file(*folder, name, largest_identity) : std::nullopt;
        if (!text) throw unusable();
        text->push_back(0);
        const char* const passphrase = secrets.passphrase.empty() ? nullptr : secrets.passphrase.c_str();
        // Without one of these two, the library would ask on the terminal.
        const ssh_auth_callback nobody = [](const char*, char*, std::size_t, int, int, void*) { return -1; };
        ssh_key key = nullptr;
        const int failed = ssh_.ssh_pki_import_privkey_base64(reinterpret_cast<const char*>(text->data()),
                                                              passphrase, nobody, nullptr, &key);
        ::explicit_bzero(text->data(), text->size());
        if (failed != SSH_OK) throw unusable();
        return SshKey(key);
    }

    bool admitted(int answer) {
        if (answer == SSH_AUTH_SUCCESS) return true;
        if (timed_out_ || ssh_.ssh_is_connected(session_.get()) == 0) lose();
        return false;
    }

    [[noreturn]] void refuse_user() const {
        throw Error(Errc::unreachable, say<Msg::sftp_not_admitted>(target_.place, target_.user),
                    say<Msg::hint_sftp_log_in>());
    }

    [[noreturn]] void refuse_sftp() {
        if (timed_out_ || ssh_.ssh_is_connected(session_.get()) == 0) lose();
        throw Error(Errc::unreachable, say<Msg::remote_refuses>(target_.place, tr<Msg::sftp_no_sftp>()));
    }

    [[noreturn]] void fail(const std::string& path) { fail(path, status()); }
    // "Failure" is all that version 3 says of a full disk: the caller finds out.
    [[noreturn]] void fail(const std::string& path, int reason) {
        const std::string what = reason == SSH_FX_PERMISSION_DENIED || reason == SSH_FX_WRITE_PROTECT
                                     ? tr<Msg::os_permission>()
                                 : reason == SSH_FX_NO_SUCH_FILE || reason == SSH_FX_NO_SUCH_PATH
                                     ? tr<Msg::os_not_found>()
                                     : tr<Msg::sftp_status>(std::to_string(reason));
        throw Error(Errc::unreachable, say<Msg::remote_refuses>(target_.place + " (" + path + ")", what));
    }

    static SftpAttributes converted(const sftp_attributes_struct& raw) {
        SftpAttributes attributes;
        attributes.regular = raw.type == SSH_FILEXFER_TYPE_REGULAR;
        attributes.folder = raw.type == SSH_FILEXFER_TYPE_DIRECTORY;
        attributes.link = raw.type == SSH_FILEXFER_TYPE_SYMLINK;
        attributes.size = raw.size;
        attributes.modified = raw.mtime;
        if ((raw.flags & SSH_FILEXFER_ATTR_PERMISSIONS) != 0) attributes.mode = raw.permissions & 07777;
        attributes.owner = raw.uid;
        attributes.group = raw.gid;
        return attributes;
    }

    template <class Ask>
    std::optional<SftpAttributes> attributes_of(const std::string& path, Ask ask) {
        const sftp_attributes raw = call(ask);
        if (!raw) {
            if (status() == SSH_FX_NO_SUCH_FILE || status() == SSH_FX_NO_SUCH_PATH) return std::nullopt;
            fail(path);
        }
        const SftpAttributes attributes = converted(*raw);
        ssh_.sftp_attributes_free(raw);
        return attributes;
    }

    const SshLibrary& ssh_ = ssh_library();
    const SftpTarget target_;
    Watchdog& watchdog_;
    Socket watched_;  // a second descriptor of the same socket: libssh closes its own when it likes
    int given_ = -1;  // libssh's descriptor
    SshSession session_;
    sftp_session sftp_ = nullptr;
    std::string host_key_, banner_;
    std::size_t piece_ = piece_everywhere;
    bool fsync_ = false;
    bool timed_out_ = false;
    bool lost_ = false;
};

}  // namespace

std::string SftpSession::ask_host_key(const SftpTarget& target, Watchdog& watchdog) {
    auto asking = target;
    asking.known_hosts.clear();
    asking.expected_key.clear();
    asking.trust_first = true;
    LibsshSession session(asking, watchdog);
    session.meet(all_key_types);
    return session.host_key();
}

std::unique_ptr<SftpSession> SftpSession::open(const SftpTarget& target, const SshSecrets& secrets,
                                               FileSystem& files, Watchdog& watchdog) {
    auto session = std::make_unique<LibsshSession>(target, watchdog);
    bool expected = session->meet(all_key_types);
    for (const char* const types : single_key_types) {
        if (expected) break;
        auto other = std::make_unique<LibsshSession>(target, watchdog);
        try {
            expected = other->meet(types);
        } catch (const Error&) {  // it has no key of that type
            continue;
        }
        if (expected) session = std::move(other);
    }
    if (!expected) session->refuse_changed_key();
    session->log_in(secrets, files);
    session->start();
    return session;
}

}  // namespace coffre::ssh
