#include "drivers/http/http_login.hpp"

#include <algorithm>
#include <array>
#include <new>

#include <openssl/evp.h>

#include "base/handle.hpp"
#include "base/secret_text.hpp"

namespace coffre::http {

namespace {

using Context = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

constexpr std::size_t value_max = 2048;  // bytes of a realm, a nonce… that is sent back

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool is_token(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Over one header's value: "Digest realm="a, b", nonce="c", Basic realm="d"".
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    void read(std::vector<Challenge>& out) {
        for (;;) {
            skip(" \t,");
            if (at_ == text_.size()) return;
            auto name = token();
            if (name.empty()) {
                ++at_;
                continue;
            }
            const auto behind = at_;
            skip(" \t");
            if (!next_is('=')) {
                at_ = behind;
                out.push_back({std::move(name), {}});
                continue;
            }
            ++at_;
            skip(" \t");
            auto value = next_is('"') ? quoted() : plain();
            if (!out.empty()) out.back().parameters.emplace_back(std::move(name), std::move(value));
        }
    }

private:
    void skip(std::string_view what) { at_ = std::min(text_.find_first_not_of(what, at_), text_.size()); }
    [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
    std::string token() {
        const auto start = at_;
        while (at_ < text_.size() && is_token(text_[at_])) ++at_;
        return lower(text_.substr(start, at_ - start));
    }
    std::string plain() {
        const auto start = at_;
        at_ = std::min(text_.find_first_of(" \t,", at_), text_.size());
        return std::string(text_.substr(start, at_ - start));
    }
    std::string quoted() {
        std::string value;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            value += text_[at_];
        }
        if (at_ < text_.size()) ++at_;
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

// Null: not one that is known.
const EVP_MD* hash_of(std::string_view algorithm) {
    auto name = lower(algorithm);
    if (name.ends_with("-sess")) name.resize(name.size() - 5);
    if (name.empty() || name == "md5") return ::EVP_md5();
    if (name == "sha-256") return ::EVP_sha256();
    if (name == "sha-512-256") return ::EVP_sha512_256();
    return nullptr;
}

// Of the parts with ':' between them; no copy of the parts is made.
std::string hash(const EVP_MD* algorithm, std::initializer_list<std::string_view> parts) {
    const Context context(::EVP_MD_CTX_new());
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    bool ok = context && ::EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1;
    bool first = true;
    for (const auto part : parts) {
        if (!first) ok = ok && ::EVP_DigestUpdate(context.get(), ":", 1) == 1;
        ok = ok && ::EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
        first = false;
    }
    ok = ok && ::EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1;
    if (!ok) throw std::bad_alloc();
    return to_hex(ByteView(digest).first(size));
}

bool is_usable(std::string_view value) {
    return value.size() <= value_max && std::none_of(value.begin(), value.end(), [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte < 0x20 || byte == 0x7f;
           });
}

// "auth" of "auth,auth-int".
bool lists(std::string_view list, std::string_view word) {
    for (std::size_t at = 0; at <= list.size();) {
        const auto end = std::min(list.find(',', at), list.size());
        auto one = list.substr(at, end - at);
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (lower(one) == word) return true;
        at = end + 1;
    }
    return false;
}

}  // namespace

std::string_view Challenge::parameter(std::string_view name) const {
    for (const auto& [key, value] : parameters)
        if (key == name) return value;
    return {};
}

std::vector<Challenge> challenges_of(const HttpHeaders& headers) {
    std::vector<Challenge> out;
    for (const auto& [name, value] : headers)
        if (name == "www-authenticate") Reader(value).read(out);
    return out;
}

bool Digest::take(const std::vector<Challenge>& challenges, Random& random) {
    forget();
    for (const auto& challenge : challenges) {
        const auto nonce = challenge.parameter("nonce");
        const auto qop = challenge.parameter("qop");
        if (challenge.scheme != "digest" || nonce.empty() ||
            hash_of(challenge.parameter("algorithm")) == nullptr || (!qop.empty() && !lists(qop, "auth")))
            continue;
        if (!is_usable(nonce) || !is_usable(challenge.parameter("realm")) ||
            !is_usable(challenge.parameter("opaque")))
            continue;
        nonce_ = nonce;
        realm_ = challenge.parameter("realm");
        opaque_ = challenge.parameter("opaque");
        has_opaque_ = !opaque_.empty();
        algorithm_ = challenge.parameter("algorithm");
        with_qop_ = !qop.empty();
        stale_ = lower(challenge.parameter("stale")) == "true";
        std::array<std::uint8_t, 16> draw{};
        random.fill(draw);
        cnonce_ = to_hex(draw);
        return true;
    }
    return false;
}

void Digest::take_next(const HttpHeaders& headers) {
    if (!ready()) return;
    for (const auto& [name, value] : headers) {
        if (name != "authentication-info") continue;
        std::vector<Challenge> read{{}};
        Reader(value).read(read);
        const auto next = read.front().parameter("nextnonce");
        if (next.empty() || !is_usable(next)) continue;
        nonce_ = next;
        uses_ = 0;
    }
}

std::string Digest::authorization(std::string_view method, std::string_view target, std::string_view user,
                                  std::string_view password) {
    ++uses_;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string count;
    for (int shift = 28; shift >= 0; shift -= 4) count += digits[(uses_ >> shift) & 15];
    const auto* const algorithm = hash_of(algorithm_);
    auto who = hash(algorithm, {user, realm_, password});
    if (lower(algorithm_).ends_with("-sess")) {
        auto of_session = hash(algorithm, {who, nonce_, cnonce_});
        who.swap(of_session);
        wipe_text(of_session);
    }
    const auto what = hash(algorithm, {method, target});
    const auto response = with_qop_ ? hash(algorithm, {who, nonce_, count, cnonce_, "auth", what})
                                    : hash(algorithm, {who, nonce_, what});
    wipe_text(who);
    std::string value = "Digest username=" + in_quotes(user) + ", realm=" + in_quotes(realm_) +
                        ", nonce=" + in_quotes(nonce_) + ", uri=" + in_quotes(target);
    if (with_qop_ || lower(algorithm_).ends_with("-sess")) value += ", cnonce=\"" + cnonce_ + "\"";
    if (with_qop_) value += ", nc=" + count + ", qop=auth";
    value += ", response=\"" + response + "\"";
    if (has_opaque_) value += ", opaque=" + in_quotes(opaque_);
    if (!algorithm_.empty()) value += ", algorithm=" + algorithm_;
    return value;
}

std::string basic_authorization(std::string_view user, std::string_view password) {
    std::string both;
    both.reserve(user.size() + password.size() + 1);
    both.append(user).append(":").append(password);
    const std::string prefix = "Basic ";
    // EVP_EncodeBlock writes a NUL behind its text.
    std::string value(prefix.size() + (both.size() + 2) / 3 * 4 + 1, '\0');
    value.replace(0, prefix.size(), prefix);
    ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(value.data() + prefix.size()),
                      reinterpret_cast<const unsigned char*>(both.data()), static_cast<int>(both.size()));
    value.pop_back();
    wipe_text(both);
    return value;
}

}  // namespace coffre::http
