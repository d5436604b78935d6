#include "drivers/remote/s3.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "drivers/http/curl_client.hpp"
#include "drivers/remote/digest.hpp"
#include "drivers/remote/s3_wire.hpp"
#include "drivers/remote/s3_xml.hpp"

namespace coffre::remote {

namespace {

constexpr std::uint64_t answer_limit = 64 << 10;  // bytes of an answer that is no object and no listing
constexpr std::uint64_t compare_step = 8 << 20;   // bytes read at once where a put is looked at again
constexpr std::uint64_t trial_limit = 256 << 10;  // bytes: what is put twice to try conditional puts
constexpr std::size_t most_parts = 10'000;        // of S3
constexpr int listing_tries = 3;
constexpr int listing_wait_ms = 2000;

std::string base64(ByteView bytes) { return to_base64(bytes); }

// What a repository consists of: coffre.json, and files of its folders.
bool is_ours(std::string_view name) {
    if (name == "coffre.json") return true;
    const auto slash = name.find('/');
    if (slash == std::string_view::npos) return false;
    const auto file = name.substr(slash + 1);
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
    return std::find(std::begin(repository_folders), std::end(repository_folders), name.substr(0, slash)) !=
               std::end(repository_folders) &&
           !file.empty() && file.find_first_not_of(plain) == std::string_view::npos;
}

std::optional<std::uint64_t> content_length(const HttpResponse& response) {
    const auto text = response.header("content-length");
    return text ? parse_number(*text) : std::nullopt;
}

// The ETag of an object put in parts: the MD5 of their MD5s, and how many they are.
std::string tag_of_parts(ByteView bytes, std::uint64_t part_size) {
    Bytes sums;
    std::size_t count = 0;
    for (std::uint64_t at = 0; at < bytes.size(); at += part_size, ++count)
        append(sums, md5(bytes.subspan(at, std::min<std::uint64_t>(part_size, bytes.size() - at))));
    return to_hex(md5(sums)) + "-" + std::to_string(count);
}

bool is_missing(const HttpResponse& response) {
    return response.status == 404 && parse_failure(response.body).code == "NoSuchKey";
}

// Whether a server does something: not known until it was seen.
enum class Known : std::uint8_t { unknown, yes, no };

std::string word(Known known) { return known == Known::yes ? "yes" : known == Known::no ? "no" : "unknown"; }

class S3Store final : public RemoteStore {
public:
    S3Store(S3Config config, const RemoteSpec& spec, const RemoteHost& host, std::unique_ptr<HttpClient> http,
            S3Sizes sizes)
        : wire_(std::move(config), spec, host, std::move(http)), sizes_(sizes) {
        if (is_amazon(wire_.config().place.host)) conditional_ = checksums_ = Known::yes;  // as documented
    }

    std::vector<BlobInfo> list(const std::string& folder) override;
    std::vector<BlobInfo> list_all() override;
    std::optional<std::uint64_t> size(const std::string& name) override;
    std::optional<Bytes> get(const std::string& name, std::uint64_t limit) override;
    Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) override;
    bool put(const std::string& name, ByteView bytes) override;
    void remove(const std::string& name) override;
    std::unique_ptr<FileLock> lock(const std::string&, LockMode, int) override { return nullptr; }
    [[nodiscard]] std::string location() const override { return wire_.config().location; }

    std::optional<Sha256Digest> server_checksum(const std::string& name) override;
    bool protect(const std::string& name, Timestamp until) override;
    std::optional<Timestamp> protected_until(const std::string& name) override;
    std::optional<Timestamp> server_time() override { return wire_.server_time(); }
    std::map<std::string, std::string> facts() override;

    // With the first request: a bucket where there is none.
    void make_bucket_first() {
        wire_.before_first([this] { make_bucket(); });
    }

private:
    [[nodiscard]] std::string key(const std::string& name) const { return wire_.config().prefix + name; }
    [[nodiscard]] std::string full(const std::string& name) const { return location() + "/" + name; }

    void make_bucket();
    HttpResponse head(const std::string& name, const HttpHeaders& headers = {});
    std::vector<BlobInfo> pages(const std::string& folder);
    std::vector<BlobInfo> checked_listing(const std::string& folder);
    std::optional<std::string> left_out(const std::vector<BlobInfo>& found, const std::string& folder);

    HttpHeaders headers_of_put(ByteView bytes, bool locked);
    Answer put_whole(const std::string& name, ByteView bytes, bool conditional, bool locked = true);
    Answer put_parts(const std::string& name, ByteView bytes, bool conditional);
    std::string put_part(const std::string& name, const std::string& upload, std::size_t number,
                         ByteView part);
    bool put_once(const std::string& name, ByteView bytes);
    bool conclude(const std::string& name, ByteView bytes, const Answer& answer);
    bool settle_existing(const std::string& name, ByteView bytes, bool unsure);
    void check_kept(const std::string& name, ByteView bytes, bool read_back);
    bool holds(const std::string& name, ByteView bytes);
    void try_conditional(const std::string& name, ByteView bytes, bool locked);
    void remove_probe(const std::string& name);
    Timestamp lock_end();
    void check_locked(const std::string& name, const HttpResponse& head);

    bool versioned();
    void remove_versions(const std::string& name);
    void refuse_locked(const std::string& name, const HttpResponse& response);

    std::string probe_name();
    Known probe_checksum();
    Known probe_conditional();
    void remember(const std::string& name, bool there);

    S3Wire wire_;
    const S3Sizes sizes_;

    std::mutex mutex_;
    Known conditional_ = Known::unknown;  // puts are refused where the name is taken
    Known checksums_ = Known::unknown;    // a body that does not fit its checksum is refused
    Known versions_ = Known::unknown;
    std::set<std::string> put_;  // names that this store put: a listing without them is stale
};

// --- listing -------------------------------------------------------------------------------------------

std::vector<BlobInfo> S3Store::pages(const std::string& folder) {
    const std::string prefix = key(folder.empty() ? "" : folder + "/");
    std::vector<BlobInfo> found;
    std::string token, last_key;
    std::set<std::string> tokens;
    for (std::size_t page = 0;; ++page) {
        if (page >= sizes_.most_pages)
            wire_.nonsense(tr<Msg::s3_list_long>(std::to_string(sizes_.most_pages)));
        Query query{{"list-type", "2"}, {"max-keys", "1000"}, {"prefix", prefix}};
        if (!token.empty()) query.emplace_back("continuation-token", token);
        const auto response = wire_.send({.query = std::move(query)}).response;
        if (response.status != 200) wire_.fail(response, "");
        const auto listing = parse_listing(response.body);
        if (!listing || listing->prefix != prefix) wire_.nonsense(tr<Msg::s3_not_xml>());
        if (listing->announced != listing->objects.size())
            wire_.nonsense(tr<Msg::s3_list_count>(std::to_string(listing->announced),
                                                  std::to_string(listing->objects.size())));
        for (const auto& object : listing->objects) {
            // In the order of bytes, and each once: a page that comes twice, or late, shows.
            if (object.key <= last_key || !object.key.starts_with(prefix))
                wire_.nonsense(tr<Msg::s3_list_order>());
            last_key = object.key;
            const std::string name = object.key.substr(wire_.config().prefix.size());
            if (is_ours(name)) found.push_back({name, object.size});
        }
        if (!listing->truncated) return found;
        token = listing->next;
        if (token.empty() || !tokens.insert(token).second) wire_.nonsense(tr<Msg::s3_list_token>());
    }
}

// A name that this store put, that is there, and that `found` lacks. What others removed is forgotten.
std::optional<std::string> S3Store::left_out(const std::vector<BlobInfo>& found, const std::string& folder) {
    std::vector<std::string> missing;
    {
        const std::scoped_lock guard(mutex_);
        for (const auto& name : put_) {
            if (!folder.empty() && !name.starts_with(folder + "/")) continue;
            const auto at =
                std::lower_bound(found.begin(), found.end(), name,
                                 [](const auto& blob, const auto& text) { return blob.name < text; });
            if (is_ours(name) && (at == found.end() || at->name != name)) missing.push_back(name);
        }
    }
    for (const auto& name : missing) {
        if (size(name)) return name;
        remember(name, false);
    }
    return std::nullopt;
}

std::vector<BlobInfo> S3Store::checked_listing(const std::string& folder) {
    for (int attempt = 1;; ++attempt) {
        auto found = pages(folder);
        const auto missing = left_out(found, folder);
        if (!missing) return found;
        if (attempt == listing_tries) wire_.nonsense(tr<Msg::s3_list_stale>(*missing));
        wire_.environment().clock.sleep_ms(listing_wait_ms);
    }
}

std::vector<BlobInfo> S3Store::list_all() { return checked_listing(""); }

std::vector<BlobInfo> S3Store::list(const std::string& folder) {
    auto found = checked_listing(folder);
    if (folder.empty())
        std::erase_if(found, [](const auto& blob) { return blob.name.find('/') != std::string::npos; });
    const std::size_t start = folder.empty() ? 0 : folder.size() + 1;
    for (auto& blob : found) blob.name.erase(0, start);
    return found;
}

// --- reading -------------------------------------------------------------------------------------------

HttpResponse S3Store::head(const std::string& name, const HttpHeaders& headers) {
    auto response = wire_.send({.method = "HEAD", .key = key(name), .headers = headers}).response;
    if (response.status != 200 && response.status != 404) wire_.fail(response, name);
    return response;
}

std::optional<std::uint64_t> S3Store::size(const std::string& name) {
    const auto response = head(name);
    if (response.status == 404) return std::nullopt;
    const auto length = content_length(response);
    if (!length) wire_.nonsense(tr<Msg::s3_no_length>(name));
    return length;
}

std::optional<Bytes> S3Store::get(const std::string& name, std::uint64_t limit) {
    HttpResponse response;
    try {
        response = wire_.send({.key = key(name), .response_limit = std::max(limit, answer_limit)}).response;
    } catch (const Error& error) {
        if (error.message().id != Msg::http_too_large) throw;
        throw Error(Errc::damaged, say<Msg::too_large>(full(name), std::to_string(limit)));
    }
    if (is_missing(response)) return std::nullopt;
    const auto tag = response.header("etag");
    // A document about a failure may come as a success; no object comes without its tag.
    if (response.status != 200 || !tag || tag->empty()) wire_.fail(response, name);
    const auto length = content_length(response);
    if (!length) wire_.nonsense(tr<Msg::s3_no_length>(name));
    const auto short_of = [&](std::uint64_t wanted) {
        return Error(Errc::damaged, say<Msg::s3_length>(std::to_string(response.body.size()), full(name),
                                                        std::to_string(wanted)));
    };
    if (*length != response.body.size()) throw short_of(*length);
    if (response.body.size() > limit)
        throw Error(Errc::damaged, say<Msg::too_large>(full(name), std::to_string(limit)));
    // The tag is the MD5 of what was put, where the server does not encrypt it: if it differs, something in
    // between may have shortened the answer, its length with it, and the length is asked for once more.
    const std::string bare = tag->size() > 2 && tag->front() == '"' ? tag->substr(1, tag->size() - 2) : *tag;
    if (bare != to_hex(md5(response.body))) {
        const auto there = size(name);
        if (!there) return std::nullopt;
        if (*there != response.body.size()) throw short_of(*there);
    }
    return std::move(response.body);
}

Bytes S3Store::get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) {
    if (count == 0) return {};
    const std::string range = std::to_string(offset) + "-" + std::to_string(offset + count - 1);
    auto response = wire_
                        .send({.key = key(name),
                               .headers = {{"Range", "bytes=" + range}},
                               .response_limit = std::max(count, answer_limit)})
                        .response;
    if (is_missing(response))
        throw Error(Errc::damaged, say<Msg::file_error>(full(name), tr<Msg::os_not_found>()));
    const auto fits = [&](std::size_t got) {
        if (got != count)
            throw Error(Errc::damaged,
                        say<Msg::s3_length>(std::to_string(got), full(name), std::to_string(count)));
    };
    if (response.status == 416) fits(0);
    const auto tag = response.header("etag");
    if (response.status != 206 || !tag || tag->empty()) {
        // The whole, from a server without ranges, would be as good; a file is fetched whole by get().
        wire_.fail(response, name);
    }
    fits(response.body.size());
    if (!response.header("content-range").value_or("").starts_with("bytes " + range + "/"))
        wire_.nonsense(tr<Msg::s3_length>("?", full(name), range));
    return std::move(response.body);
}

bool S3Store::holds(const std::string& name, ByteView bytes) {
    if (size(name) != bytes.size()) return false;
    for (std::uint64_t at = 0; at < bytes.size(); at += compare_step) {
        const auto part = bytes.subspan(at, std::min<std::uint64_t>(compare_step, bytes.size() - at));
        const auto there = get_range(name, at, part.size());
        if (!std::equal(part.begin(), part.end(), there.begin(), there.end())) return false;
    }
    return true;
}

// --- writing -------------------------------------------------------------------------------------------

void S3Store::remember(const std::string& name, bool there) {
    const std::scoped_lock guard(mutex_);
    if (there) {
        put_.insert(name);
    } else {
        put_.erase(name);
    }
}

Timestamp S3Store::lock_end() {
    constexpr std::int64_t day = 86'400;  // seconds
    auto now = wire_.environment().clock.now();
    if (const auto there = wire_.server_time()) now = std::max(now, *there);
    return Timestamp::from_seconds(now.seconds() + wire_.config().lock_days * day);
}

// Of an object, whether it goes whole or in parts.
HttpHeaders S3Store::headers_of_put(ByteView bytes, bool locked) {
    HttpHeaders headers{{"Content-Type", "application/octet-stream"}};
    if (!wire_.config().storage_class.empty())
        headers.emplace_back("x-amz-storage-class", wire_.config().storage_class);
    if (locked && wire_.config().lock_days > 0) {
        headers.emplace_back("x-amz-object-lock-mode", "COMPLIANCE");
        headers.emplace_back("x-amz-object-lock-retain-until-date", to_rfc3339(lock_end()));
        if (!bytes.empty()) headers.emplace_back("Content-MD5", base64(md5(bytes)));  // wanted with a lock
    }
    return headers;
}

Answer S3Store::put_whole(const std::string& name, ByteView bytes, bool conditional, bool locked) {
    auto headers = headers_of_put(bytes, locked);
    headers.emplace_back("x-amz-checksum-sha256", base64(sha256(bytes).view()));
    if (conditional) headers.emplace_back("If-None-Match", "*");
    return wire_.send({.method = "PUT",
                       .key = key(name),
                       .headers = std::move(headers),
                       .body = bytes,
                       .response_limit = answer_limit});
}

std::string S3Store::put_part(const std::string& name, const std::string& upload, std::size_t number,
                              ByteView part) {
    const std::string sum = base64(sha256(part).view());
    const auto response =
        wire_
            .send({.method = "PUT",
                   .key = key(name),
                   .query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}},
                   .headers = {{"Content-Type", "application/octet-stream"}, {"x-amz-checksum-sha256", sum}},
                   .body = part,
                   .response_limit = answer_limit})
            .response;
    const auto tag = response.header("etag").value_or("");
    if (response.status != 200 || tag.empty()) wire_.fail(response, name);
    return "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + tag +
           "</ETag><ChecksumSHA256>" + sum + "</ChecksumSHA256></Part>";
}

Answer S3Store::put_parts(const std::string& name, ByteView bytes, bool conditional) {
    auto headers = headers_of_put({}, true);
    headers.emplace_back("x-amz-checksum-algorithm", "SHA256");
    auto started =
        wire_.send({.method = "POST", .key = key(name), .query = {{"uploads", ""}}, .headers = headers});
    if (started.response.status != 200) return started;
    const auto upload = parse_upload_id(started.response.body);
    if (!upload) wire_.nonsense(tr<Msg::s3_not_xml>());
    try {
        const auto part_size =
            std::max<std::uint64_t>(sizes_.part, (bytes.size() + most_parts - 1) / most_parts);
        std::string parts;
        std::size_t number = 0;
        for (std::uint64_t at = 0; at < bytes.size(); at += part_size)
            parts += put_part(name, *upload, ++number,
                              bytes.subspan(at, std::min<std::uint64_t>(part_size, bytes.size() - at)));
        const std::string body =
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + parts +
            "</CompleteMultipartUpload>";
        HttpHeaders completing{{"Content-Type", "application/xml"}};
        if (conditional) completing.emplace_back("If-None-Match", "*");
        auto answer = wire_.send({.method = "POST",
                                  .key = key(name),
                                  .query = {{"uploadId", *upload}},
                                  .headers = completing,
                                  .body = as_bytes(body)});
        // Completed by an attempt whose answer was lost: the upload is gone, and what is there decides.
        if (answer.unsure && answer.response.status == 404 && size(name)) {
            answer.response.status = 412;
            return answer;
        }
        // It may be a success that turns into a failure while it is made: the headers went before.
        if (answer.response.status == 200) {
            const auto tag = parse_completed(answer.response.body);
            if (!tag) wire_.fail(answer.response, name);
            // Ceph leaves the tag out: then that of the object tells, or reading it.
            if (tag->empty())
                answer.unsure = head(name).header("etag") != "\"" + tag_of_parts(bytes, part_size) + "\"";
        }
        if (answer.response.status == 200) return answer;
        wire_.send({.method = "DELETE", .key = key(name), .query = {{"uploadId", *upload}}});
        return answer;
    } catch (...) {
        try {
            wire_.send({.method = "DELETE", .key = key(name), .query = {{"uploadId", *upload}}});
        } catch (const Error&) {  // the first failure is the one to tell; the bucket's rules clear the rest
        }
        throw;
    }
}

// What was acknowledged and is not there is sent again, a few times.
bool S3Store::put(const std::string& name, ByteView bytes) {
    constexpr int resends_max = 2;
    for (int resend = 0;; ++resend) {
        try {
            return put_once(name, bytes);
        } catch (const Error& error) {
            if (error.message().id != Msg::s3_not_kept || resend == resends_max) throw;
        }
    }
}

bool S3Store::put_once(const std::string& name, ByteView bytes) {
    const bool in_parts = bytes.size() > sizes_.part;
    Known conditional = Known::unknown;
    {
        const std::scoped_lock guard(mutex_);
        conditional = conditional_;
    }
    // Where a condition may be ignored, and where 16 MiB and more would go for nothing, it is asked first.
    if ((conditional != Known::yes || in_parts) && size(name)) return false;
    const auto send = [&](bool with_condition) {
        return in_parts ? put_parts(name, bytes, with_condition) : put_whole(name, bytes, with_condition);
    };
    auto answer = send(conditional != Known::no);
    if (answer.response.status == 501 && conditional != Known::no) {
        {
            const std::scoped_lock guard(mutex_);
            conditional_ = Known::no;
        }
        if (size(name)) return settle_existing(name, bytes, answer.unsure);
        answer = send(false);
    }
    const bool is_new = conclude(name, bytes, answer);
    if (is_new && conditional == Known::unknown && bytes.size() <= trial_limit)
        try_conditional(name, bytes, true);
    return is_new;
}

bool S3Store::conclude(const std::string& name, ByteView bytes, const Answer& answer) {
    const auto& response = answer.response;
    if (response.status == 412 || response.status == 409) return settle_existing(name, bytes, answer.unsure);
    if (response.status == 400 && wire_.config().lock_days > 0 &&
        parse_failure(response.body).code == "InvalidRequest")
        throw Error(Errc::refused, say<Msg::s3_lock_missing>(location()), say<Msg::hint_s3_lock_missing>());
    const bool tagged = bytes.size() > sizes_.part || !response.header("etag").value_or("").empty();
    if (response.status != 200 || !tagged || !parse_failure(response.body).code.empty())
        wire_.fail(response, name);
    check_kept(name, bytes, answer.unsure);
    remember(name, true);
    return true;
}

// Somebody's file is there, they say. It may be ours, of an attempt whose answer was lost.
bool S3Store::settle_existing(const std::string& name, ByteView bytes, bool unsure) {
    const auto there = size(name);
    if (!there) wire_.nonsense(tr<Msg::s3_exists_not>(name));
    if (!unsure || !holds(name, bytes)) return false;
    check_kept(name, bytes, false);
    remember(name, true);
    return true;
}

// Acknowledged is not enough: it is looked at, and read where an answer was lost on the way.
void S3Store::check_kept(const std::string& name, ByteView bytes, bool read_back) {
    const auto response = head(name);
    const bool same = response.status == 200 && content_length(response) == bytes.size();
    if (!same || (read_back && !holds(name, bytes)))
        throw Error(Errc::unreachable, say<Msg::s3_not_kept>(name, location()),
                    say<Msg::hint_remote_again>());
    if (wire_.config().lock_days > 0) check_locked(name, response);
}

void S3Store::check_locked(const std::string& name, const HttpResponse& response) {
    if (response.header("x-amz-object-lock-mode").value_or("") == "COMPLIANCE") return;
    // Ceph takes the wish with the parts and forgets it.
    if (!protect(name, lock_end()))
        throw Error(Errc::refused, say<Msg::s3_lock_missing>(location()), say<Msg::hint_s3_lock_missing>());
}

// The same bytes again, which must be refused; where they are not, nothing is lost by it.
void S3Store::try_conditional(const std::string& name, ByteView bytes, bool locked) {
    const auto response = put_whole(name, bytes, true, locked).response;
    const Known known = response.status == 412 || response.status == 409   ? Known::yes
                        : response.status == 200 || response.status == 501 ? Known::no
                                                                           : Known::unknown;
    const std::scoped_lock guard(mutex_);
    conditional_ = known;
}

// --- removing ------------------------------------------------------------------------------------------

bool S3Store::versioned() {
    {
        const std::scoped_lock guard(mutex_);
        if (versions_ != Known::unknown) return versions_ == Known::yes;
    }
    const auto response = wire_.send({.query = {{"versioning", ""}}}).response;
    const auto status = response.status == 200 ? parse_versioning(response.body) : std::nullopt;
    // Who may not ask finds out by the delete marker that a removal makes.
    const std::scoped_lock guard(mutex_);
    versions_ = status && !status->empty() ? Known::yes : Known::no;
    return versions_ == Known::yes;
}

void S3Store::refuse_locked(const std::string& name, const HttpResponse& response) {
    const auto until = protected_until(name);
    if (until && *until > wire_.environment().clock.now())
        throw Error(Errc::refused, say<Msg::s3_locked>(full(name), to_rfc3339(*until)));
    wire_.fail(response, name);
}

void S3Store::remove_versions(const std::string& name) {
    std::vector<S3Version> versions;
    std::string from_key, from_version;
    for (std::size_t page = 0;; ++page) {
        Query query{{"versions", ""}, {"prefix", key(name)}};
        if (!from_key.empty()) query.emplace_back("key-marker", from_key);
        if (!from_version.empty()) query.emplace_back("version-id-marker", from_version);
        const auto response = wire_.send({.query = std::move(query)}).response;
        if (response.status != 200) wire_.fail(response, name);
        const auto found = parse_versions(response.body);
        if (!found) wire_.nonsense(tr<Msg::s3_not_xml>());
        bool beyond = false;
        for (const auto& version : found->versions) {
            if (version.key == key(name)) versions.push_back(version);
            beyond = beyond || version.key > key(name);
        }
        if (!found->truncated || beyond) break;
        const bool stuck = found->next_key == from_key && found->next_version == from_version;
        if (found->next_key.empty() || stuck || page >= sizes_.most_pages)
            wire_.nonsense(tr<Msg::s3_list_token>());
        from_key = found->next_key;
        from_version = found->next_version;
    }
    // Markers last, and the newest version after the others: what is left when this stops half-way is what
    // was seen before.
    std::stable_sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) {
        return std::pair(a.marker, a.latest) < std::pair(b.marker, b.latest);
    });
    for (const auto& version : versions) {
        const auto response =
            wire_.send({.method = "DELETE", .key = key(name), .query = {{"versionId", version.id}}}).response;
        if (response.status == 403) refuse_locked(name, response);
        if (response.status != 204 && response.status != 200 && response.status != 404)
            wire_.fail(response, name);
    }
}

void S3Store::remove(const std::string& name) {
    remember(name, false);
    if (versioned()) {
        remove_versions(name);
    } else {
        const auto response = wire_.send({.method = "DELETE", .key = key(name)}).response;
        if (response.status == 403) refuse_locked(name, response);
        if (response.status != 204 && response.status != 200 && !is_missing(response))
            wire_.fail(response, name);
        if (response.header("x-amz-delete-marker") == "true") {
            {
                const std::scoped_lock guard(mutex_);
                versions_ = Known::yes;
            }
            remove_versions(name);
        }
    }
    if (size(name)) wire_.nonsense(tr<Msg::s3_not_removed>(name));
}

// --- checksums and locks -------------------------------------------------------------------------------

std::optional<Sha256Digest> S3Store::server_checksum(const std::string& name) {
    // What a server says that it held once is no proof of what it holds, but where that is documented.
    if (!is_amazon(wire_.config().place.host)) return std::nullopt;
    const auto response = head(name, {{"x-amz-checksum-mode", "ENABLED"}});
    const auto text = response.header("x-amz-checksum-sha256");
    const auto type = response.header("x-amz-checksum-type").value_or("FULL_OBJECT");
    // One of parts is a sum of sums, "…-3".
    const auto digest = text && type == "FULL_OBJECT" ? sha256_of_base64(*text) : std::nullopt;
    if (response.status != 200 || !digest) return std::nullopt;
    return probe_checksum() == Known::yes ? digest : std::nullopt;
}

bool S3Store::protect(const std::string& name, Timestamp until) {
    const auto already = protected_until(name);
    if (already && *already >= until) return true;
    const std::string body =
        "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>COMPLIANCE</Mode>"
        "<RetainUntilDate>" +
        to_rfc3339(Timestamp{until.ns + 999'999'999}) + "</RetainUntilDate></Retention>";
    const auto response = wire_
                              .send({.method = "PUT",
                                     .key = key(name),
                                     .query = {{"retention", ""}},
                                     .headers = {{"Content-Type", "application/xml"},
                                                 {"Content-MD5", base64(md5(as_bytes(body)))}},
                                     .body = as_bytes(body)})
                              .response;
    if (response.status == 200 || response.status == 204) {
        const auto now = protected_until(name);
        return now && *now >= until;
    }
    const auto code = parse_failure(response.body).code;
    const bool has_none = response.status == 501 || response.status == 405 || code == "InvalidRequest" ||
                          code == "NotImplemented" || code == "ObjectLockConfigurationNotFoundError";
    if (!has_none) wire_.fail(response, name);
    return false;
}

std::optional<Timestamp> S3Store::protected_until(const std::string& name) {
    const auto response = wire_.send({.key = key(name), .query = {{"retention", ""}}}).response;
    if (response.status == 200) {
        const auto retention = parse_retention(response.body);
        // Another mode ends when somebody with the right says so.
        if (!retention || retention->mode != "COMPLIANCE") return std::nullopt;
        return retention->until;
    }
    if (response.status == 403) wire_.fail(response, name);
    if (response.status >= 500 && response.status != 501) wire_.fail(response, name);
    return std::nullopt;
}

// --- what is found by trying ---------------------------------------------------------------------------

// Below a folder that no listing of ours shows.
std::string S3Store::probe_name() {
    std::array<std::uint8_t, 16> drawn{};
    wire_.environment().random.fill(drawn);
    return "tmp/probe-" + to_hex(drawn);
}

// A bucket may lock all that comes in: a probe then stays until its lock ends.
void S3Store::remove_probe(const std::string& name) {
    try {
        remove(name);
    } catch (const Error& error) {
        if (error.code() != Errc::refused) throw;
    }
}

// A server that takes a body under the checksum of another one checks none.
Known S3Store::probe_checksum() {
    {
        const std::scoped_lock guard(mutex_);
        if (checksums_ != Known::unknown) return checksums_;
    }
    const std::string name = probe_name();
    const std::string sent = "sent", meant = "meant";
    const auto response =
        wire_
            .send({.method = "PUT",
                   .key = key(name),
                   .headers = {{"Content-Type", "application/octet-stream"},
                               {"x-amz-checksum-sha256", base64(sha256(as_bytes(meant)).view())}},
                   .body = as_bytes(sent)})
            .response;
    Known known = Known::unknown;
    if (response.status == 200) {
        known = Known::no;
        remove_probe(name);
    } else if (response.status == 400) {
        known = Known::yes;
    } else {
        wire_.fail(response, "");
    }
    const std::scoped_lock guard(mutex_);
    checksums_ = known;
    return known;
}

Known S3Store::probe_conditional() {
    const std::string name = probe_name();
    const std::string text = "a trial: may be removed";
    const auto first = put_whole(name, as_bytes(text), false, false).response;
    if (first.status != 200) wire_.fail(first, "");
    try_conditional(name, as_bytes(text), false);
    remove_probe(name);
    const std::scoped_lock guard(mutex_);
    return conditional_;
}

// With object lock where it is to be used: a bucket has that from the beginning or never.
void S3Store::make_bucket() {
    if (wire_.send({.method = "HEAD"}).response.status != 404) return;
    const auto region = wire_.place().region;
    std::string body;
    if (region != "us-east-1")
        body =
            "<CreateBucketConfiguration "
            "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>" +
            region + "</LocationConstraint></CreateBucketConfiguration>";
    HttpHeaders headers;
    if (!body.empty()) headers.emplace_back("Content-Type", "application/xml");
    if (wire_.config().lock_days > 0) headers.emplace_back("x-amz-bucket-object-lock-enabled", "true");
    const auto response =
        wire_.send({.method = "PUT", .headers = std::move(headers), .body = as_bytes(body)}).response;
    if (response.status != 200 && response.status != 409) wire_.fail(response, "");
}

std::map<std::string, std::string> S3Store::facts() {
    std::map<std::string, std::string> facts;
    const auto versioning = wire_.send({.query = {{"versioning", ""}}}).response;
    const auto status = versioning.status == 200 ? parse_versioning(versioning.body) : std::nullopt;
    facts["versioning"] = !status                ? "unknown"
                          : *status == "Enabled" ? "yes"
                          : status->empty()      ? "no"
                                                 : "suspended";
    const auto locking = wire_.send({.query = {{"object-lock", ""}}}).response;
    const auto lock = locking.status == 200 ? parse_object_lock(locking.body) : std::nullopt;
    facts["object_lock"] = locking.status == 403 ? "unknown" : lock.value_or(false) ? "yes" : "no";
    facts["conditional_put"] = word(probe_conditional());
    facts["checksum"] = word(probe_checksum());
    facts["region"] = wire_.place().region;
    if (!wire_.server().empty()) facts["server"] = wire_.server();
    facts["requests"] = std::to_string(wire_.counters().requests.load());
    facts["bytes_sent"] = std::to_string(wire_.counters().sent.load());
    facts["bytes_received"] = std::to_string(wire_.counters().received.load());
    return facts;
}

}  // namespace

const std::vector<std::string>& s3_settings() {
    static const std::vector<std::string> settings{
        "addressing",       "ca-file",       "clear-reason", "country", "credentials-command",
        "credentials-file", "endpoint",      "lock-days",    "profile", "region",
        "retries",          "storage-class", "timeout"};
    return settings;
}

std::unique_ptr<RemoteStore> s3_store(const RemoteSpec& spec, const RemoteHost& host,
                                      std::unique_ptr<HttpClient> http, S3Sizes sizes) {
    return std::make_unique<S3Store>(s3_config(spec, host.environment), spec, host, std::move(http), sizes);
}

std::unique_ptr<RemoteStore> open_s3(const RemoteSpec& spec, const RemoteHost& host, Open how) {
    auto config = s3_config(spec, host.environment);
    http::ClientOptions options;
    options.ca_file = config.ca_file;
    options.stall_seconds = config.timeout_seconds;
    options.connect_seconds = std::min(options.connect_seconds, config.timeout_seconds);
    options.total_seconds = 2 * config.timeout_seconds;
    auto store = std::make_unique<S3Store>(std::move(config), spec, host,
                                           http::curl_client(std::move(options)), S3Sizes{});
    if (how == Open::create) store->make_bucket_first();
    return store;
}

}  // namespace coffre::remote
