#include "drivers/remote/webdav.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>
#include <set>
#include <utility>

#include <string.h>

#include "base/error.hpp"
#include "base/host.hpp"
#include "drivers/http/curl_client.hpp"
#include "drivers/http/http_date.hpp"
#include "drivers/remote/blob_names.hpp"
#include "drivers/remote/credentials.hpp"
#include "drivers/remote/retry.hpp"
#include "drivers/remote/webdav_listing.hpp"

namespace coffre::remote {

namespace {

constexpr std::uint64_t listing_limit = 256 << 20;
// What an answer other than the file may weigh: a page that says why not.
constexpr std::uint64_t page_limit = 256 << 10;
// A server that sends the whole file in place of a part.
constexpr std::uint64_t whole_for_part_limit = 256 << 20;
constexpr std::int64_t scratch_life_ns = std::int64_t{2} * 24 * 3600 * 1'000'000'000;
const std::string scratch_folder = "tmp";

constexpr std::string_view properties_wanted =
    R"(<?xml version="1.0" encoding="utf-8"?>)"
    R"(<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:getcontentlength/><D:getlastmodified/>)"
    R"(</D:prop></D:propfind>)";
constexpr std::string_view room_wanted = R"(<?xml version="1.0" encoding="utf-8"?>)"
                                         R"(<D:propfind xmlns:D="DAV:"><D:prop><D:quota-available-bytes/>)"
                                         R"(</D:prop></D:propfind>)";

std::string escaped(std::string_view path) {
    constexpr std::string_view kept = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char letter : path) {
        if (kept.find(letter) != std::string_view::npos) {
            out += letter;
            continue;
        }
        const auto byte = static_cast<std::uint8_t>(letter);
        out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

std::string last_part(std::string path) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    return path.substr(path.rfind('/') + 1);
}

bool is_success(int status) { return status >= 200 && status < 300; }

// "bytes 5-9/20" for 5 and 5 bytes.
bool is_that_range(const HttpResponse& response, std::uint64_t offset, std::uint64_t count) {
    const auto told = response.header("content-range");
    const std::string wanted =
        "bytes " + std::to_string(offset) + "-" + std::to_string(offset + count - 1) + "/";
    return told && told->starts_with(wanted);
}

// `path` is as it stands in a request line.
HttpRequest request(std::string method, std::string path, HttpHeaders headers = {}, ByteView body = {},
                    std::uint64_t limit = page_limit) {
    return {std::move(method), std::move(path), std::move(headers), body, limit};
}

class WebdavStore final : public RemoteStore {
public:
    WebdavStore(const RemoteSpec& spec, const RemoteHost& host, Open how, std::unique_ptr<HttpClient> http)
        : spec_(spec),
          host_(host),
          how_(how),
          url_(parse_url(spec.url)),
          http_(std::move(http)),
          retry_(*http_, host_.environment.clock, host_.environment.random, retry_limits(spec)) {
        check_clear(spec, url_.clear, url_.host);
        origin_ = (url_.clear ? "http://" : "https://") + url_.host;
        if (url_.port != 0) origin_ += ":" + std::to_string(url_.port);
        root_ = url_.path;
        if (root_.back() != '/') root_ += '/';
    }
    ~WebdavStore() override { ::explicit_bzero(authorization_.data(), authorization_.size()); }

    std::vector<BlobInfo> list(const std::string& folder) override {
        check_blob_folder(folder);
        const auto entries = entries_of(folder);
        // No folder, or no store at all: an empty one must never be taken for the other.
        if (!entries) check_root();
        std::vector<BlobInfo> found;
        const std::string parent = folder.empty() ? last_part(root_) : folder;
        for (const auto& entry : entries.value_or(std::vector<WebdavEntry>{})) {
            if (entry.collection || entry.parent != parent || !is_blob_file(entry.name)) continue;
            if (!entry.size) fail_nonsense(tr<Msg::webdav_not_xml>());
            found.push_back({entry.name, *entry.size});
        }
        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        return found;
    }

    std::optional<std::uint64_t> size(const std::string& name) override {
        parse_blob_name(name);
        return size_of(name);
    }

    std::optional<Bytes> get(const std::string& name, std::uint64_t limit) override {
        parse_blob_name(name);
        const auto too_large = [&] {
            return Error(Errc::damaged, say<Msg::too_large>(full(name), std::to_string(limit)));
        };
        HttpResponse response;
        try {
            response = ask(request("GET", path_of(name), {}, {}, std::max(limit, page_limit)));
        } catch (const Error& error) {
            if (error.message().id == Msg::http_too_large) throw too_large();
            throw;
        }
        if (response.status == 404) return std::nullopt;
        if (response.status != 200) fail(name, response);
        if (response.body.size() > limit) throw too_large();
        check_length(name, response);
        return std::move(response.body);
    }

    Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) override {
        parse_blob_name(name);
        const auto missing = [&] {
            return Error(Errc::damaged, say<Msg::file_error>(full(name), tr<Msg::os_not_found>()));
        };
        const auto malformed = [&] { return Error(Errc::damaged, say<Msg::malformed>(full(name))); };
        if (count == 0) {  // which no Range can say
            const auto size = size_of(name);
            if (!size) throw missing();
            if (offset > *size) throw malformed();
            return {};
        }
        if (offset + count < offset) throw malformed();
        auto response = ask(
            request("GET", path_of(name),
                    {{"Range", "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + count - 1)}},
                    {}, std::max(count + page_limit, whole_for_part_limit)));
        if (response.status == 404) throw missing();
        if (response.status == 416) throw malformed();
        if (response.status == 200) {
            check_length(name, response);
            const auto& whole = response.body;
            if (offset > whole.size() || count > whole.size() - offset) throw malformed();
            const auto first = whole.begin() + static_cast<std::ptrdiff_t>(offset);
            return {first, first + static_cast<std::ptrdiff_t>(count)};
        }
        if (response.status != 206) fail(name, response);
        // Less than asked for is what lies there; anything else was not asked for.
        if (!is_that_range(response, offset, count)) throw malformed();
        if (response.body.size() != count) fail_length(name, response.body.size(), count);
        return std::move(response.body);
    }

    bool put(const std::string& name, ByteView bytes) override {
        const BlobName parsed = parse_blob_name(name);
        if (size_of(name)) return false;
        make_folders(parsed.folder);
        const std::string scratch = draw_scratch();
        try {
            upload(scratch, bytes);
            if (move(scratch, name, bytes.size())) return true;
        } catch (...) {
            forget_folders();  // what is wrong may be that they are gone
            drop(scratch);
            throw;
        }
        drop(scratch);
        return false;
    }

    void remove(const std::string& name) override {
        parse_blob_name(name);
        const auto response = ask(request("DELETE", path_of(name)));
        if (!is_success(response.status) && response.status != 404) fail(name, response);
    }

    std::unique_ptr<FileLock> lock(const std::string&, LockMode, int) override { return nullptr; }

    [[nodiscard]] std::string location() const override { return spec_.url; }

    std::optional<Timestamp> server_time() override {
        const std::scoped_lock guard(state_mutex_);
        return server_time_;
    }

    std::optional<std::uint64_t> free_bytes() override {
        const auto entries = find("", "0", room_wanted);
        if (!entries || entries->empty()) return std::nullopt;
        return entries->front().available;
    }

    std::map<std::string, std::string> facts() override {
        const auto word = [](bool is) { return std::string(is ? "yes" : "no"); };
        make_folders("");
        const std::string first = draw_scratch();
        const std::string second = draw_scratch();
        upload(first, as_bytes("1"));
        upload(second, as_bytes("22"));
        std::map<std::string, std::string> found;
        found["conditional_put"] = word(false);
        found["move_keeps"] = word(!move(second, first, 2) && size_of(first) == 1);
        ask(request("PUT", path_of(first), {{"If-None-Match", "*"}}, as_bytes("333")));
        found["if_none_match"] = word(size_of(first) == 1);
        found["tls"] = word(!url_.clear);
        {
            const std::scoped_lock guard(state_mutex_);
            found["server"] = server_;
        }
        drop(first);
        drop(second);
        return found;
    }

private:
    // As it stands in a request line; a folder's ends with '/'.
    [[nodiscard]] std::string path_of(const std::string& name) const { return escaped(root_ + name); }
    [[nodiscard]] std::string full(const std::string& name) const { return location() + "/" + name; }

    std::string draw_scratch() {
        std::array<std::uint8_t, 16> draw{};
        host_.environment.random.fill(draw);
        return scratch_folder + "/" + to_hex(draw);
    }

    // Before the first request: may this host be asked, and as whom.
    void prepare() {
        const std::scoped_lock guard(state_mutex_);
        if (prepared_) return;
        if (host_.check_place) host_.check_place(url_.host, setting_of(spec_, "country").value_or(""));
        if (const auto credentials = find_credentials(spec_, false, host_.environment)) {
            std::string pair = (url_.user.empty() ? credentials->user() : url_.user) + ":";
            pair += credentials->password();
            authorization_ = "Basic " + to_base64(as_bytes(pair));
            ::explicit_bzero(pair.data(), pair.size());
        }
        prepared_ = true;
    }

    // Its url is a path. What ends in an Error here was not answered at all.
    HttpResponse ask(HttpRequest asked) {
        prepare();
        asked.url = origin_ + asked.url;
        if (!authorization_.empty()) asked.headers.emplace_back("Authorization", authorization_);
        // 423: some servers lock for the length of a request, and others' requests meet that.
        auto response =
            retry_.send([&] { return asked; }, [](const auto& got) { return got.status == 423; }).response;
        const std::scoped_lock guard(state_mutex_);
        if (const auto server = response.header("server")) server_ = *server;
        if (const auto date = response.header("date"))
            if (const auto time = http::parse_http_date(*date)) server_time_ = time;
        return response;
    }

    [[noreturn]] void fail_nonsense(std::string what) const {
        throw Error(Errc::unreachable, say<Msg::remote_nonsense>(location(), std::move(what)));
    }
    [[noreturn]] void fail_length(const std::string& name, std::uint64_t came, std::uint64_t wanted) const {
        throw Error(Errc::unreachable,
                    say<Msg::webdav_length>(std::to_string(came), full(name), std::to_string(wanted)),
                    say<Msg::hint_remote_again>());
    }
    void check_length(const std::string& name, const HttpResponse& response) const {
        const auto told = response.header("content-length");
        if (told && *told != std::to_string(response.body.size()))
            fail_length(name, response.body.size(), std::strtoull(told->c_str(), nullptr, 10));
    }

    [[noreturn]] void fail(const std::string& name, const HttpResponse& response) const {
        const int status = response.status;
        if (status == 507)
            throw Error(Errc::no_space, say<Msg::remote_full>(location()), say<Msg::hint_free_space>());
        if (status >= 300 && status < 400)
            throw Error(Errc::unreachable, say<Msg::remote_refuses>(full(name), tr<Msg::webdav_redirect>()));
        const auto told = say<Msg::remote_refuses>(full(name), tr<Msg::http_status>(std::to_string(status)));
        if (status == 401 || status == 403)
            throw Error(Errc::unreachable, told, say<Msg::hint_webdav_log_in>());
        throw Error(Errc::unreachable, told);
    }

    // Empty: it is not there. `name` "" is the root, and a folder's ends with '/'.
    std::optional<std::vector<WebdavEntry>> find(const std::string& name, const std::string& depth,
                                                 std::string_view wanted = properties_wanted) {
        auto response =
            ask(request("PROPFIND", path_of(name), {{"Depth", depth}, {"Content-Type", "application/xml"}},
                        as_bytes(wanted), listing_limit));
        if (response.status == 404) return std::nullopt;
        if (response.status != 207) fail(name, response);
        auto entries = parse_multistatus(std::move(response.body));
        if (!entries) fail_nonsense(tr<Msg::webdav_not_xml>());
        return entries;
    }

    std::optional<std::vector<WebdavEntry>> entries_of(const std::string& folder) {
        return find(folder.empty() ? "" : folder + "/", "1");
    }

    std::optional<std::uint64_t> size_of(const std::string& name) {
        const auto entries = find(name, "0");
        if (!entries) return std::nullopt;
        for (const auto& entry : *entries) {
            if (entry.name != last_part(name)) continue;
            if (entry.collection) return std::nullopt;  // not ours
            if (entry.size) return entry.size;
        }
        fail_nonsense(tr<Msg::webdav_not_xml>());
    }

    [[nodiscard]] bool root_is_there() {
        const auto entries = find("", "0");
        return entries && !entries->empty() && entries->front().collection;
    }

    void check_root() {
        if (how_ == Open::create || root_is_there()) return;
        throw Error(Errc::unreachable,
                    say<Msg::remote_unreachable>(location(), tr<Msg::remote_folder_gone>()),
                    say<Msg::hint_remote_folder_gone>());
    }

    // 405: there is something already. rclone says 201 to a second one.
    void make_collection(const std::string& path) {
        const auto response = ask(request("MKCOL", escaped(path)));
        if (!is_success(response.status) && response.status != 405) fail(path, response);
    }

    void make_root() {
        if (root_is_there()) return;
        // From the top: servers make one level at a time, and say 405 or 403 to what is theirs.
        for (std::size_t at = root_.find('/', 1); at != std::string::npos; at = root_.find('/', at + 1)) {
            const auto response = ask(request("MKCOL", escaped(root_.substr(0, at + 1))));
            if (at + 1 == root_.size() && !is_success(response.status) && response.status != 405)
                fail("", response);
        }
    }

    void make_folders(const std::string& folder) {
        const std::scoped_lock guard(folders_mutex_);
        if (!made_.contains("/")) {
            check_root();
            if (how_ == Open::create) make_root();
            made_.insert("/");
        }
        for (const auto& needed : {scratch_folder, folder}) {
            if (needed.empty() || made_.contains(needed)) continue;
            make_collection(root_ + needed + "/");
            made_.insert(needed);
            if (needed == scratch_folder) clear_old_scratch();
        }
    }

    void forget_folders() {
        const std::scoped_lock guard(folders_mutex_);
        made_.clear();
    }

    // What broken uploads left. Once per store that writes; by the server's clock.
    void clear_old_scratch() {
        const auto entries = entries_of(scratch_folder);
        const auto now = server_time();
        if (!entries || !now) return;
        for (const auto& entry : *entries)
            if (!entry.collection && entry.parent == scratch_folder && is_blob_file(entry.name) &&
                entry.modified && entry.modified->ns < now->ns - scratch_life_ns)
                drop(scratch_folder + "/" + entry.name);
    }

    // Best effort: what is left in tmp/ is in nobody's way.
    void drop(const std::string& scratch) {
        try {
            ask(request("DELETE", path_of(scratch)));
        } catch (const Error&) {
        }
    }

    void upload(const std::string& scratch, ByteView bytes) {
        const auto response =
            ask(request("PUT", path_of(scratch), {{"Content-Type", "application/octet-stream"}}, bytes));
        if (!is_success(response.status)) fail(scratch, response);
        const auto size = size_of(scratch);
        if (size != bytes.size()) fail_length(scratch, size.value_or(0), bytes.size());
    }

    // False: the name was there already.
    bool move(const std::string& scratch, const std::string& name, std::uint64_t size) {
        // Absolute: Apache refuses the path alone that RFC 4918 allows.
        const auto response = ask(request("MOVE", path_of(scratch),
                                          {{"Destination", origin_ + path_of(name)}, {"Overwrite", "F"}}));
        if (is_success(response.status)) return true;
        // Sent a second time, by us or by libcurl on a dead connection, after it was done: then its source is
        // gone, which nobody else knows of, and the name is there.
        if (!size_of(scratch) && size_of(name) == size) return true;
        if (response.status == 412) return false;
        fail(name, response);
    }

    const RemoteSpec spec_;
    const RemoteHost host_;
    const Open how_;
    const Url url_;
    std::string origin_;  // "https://host:port"
    std::string root_;    // with its '/' at both ends
    const std::unique_ptr<HttpClient> http_;
    Retry retry_;

    std::mutex state_mutex_;
    bool prepared_ = false;
    std::string authorization_;
    std::string server_;
    std::optional<Timestamp> server_time_;

    std::mutex folders_mutex_;
    std::set<std::string> made_;  // "/": the root
};

}  // namespace

const std::vector<std::string>& webdav_settings() {
    static const std::vector<std::string> known{
        "ca-file",          "clear-reason", "country", "credentials-command",
        "credentials-file", "retries",      "timeout"};
    return known;
}

std::unique_ptr<RemoteStore> open_webdav(const RemoteSpec& spec, const RemoteHost& host, Open how,
                                         std::unique_ptr<HttpClient> http) {
    return std::make_unique<WebdavStore>(spec, host, how, std::move(http));
}

std::unique_ptr<RemoteStore> open_webdav(const RemoteSpec& spec, const RemoteHost& host, Open how) {
    http::ClientOptions options;
    options.ca_file = file_setting(spec, "ca-file", host.environment.files);
    const int timeout = timeout_seconds(spec);
    options.connect_seconds = std::min(options.connect_seconds, timeout);
    options.stall_seconds = timeout;
    return open_webdav(spec, host, how, http::curl_client(std::move(options)));
}

}  // namespace coffre::remote
