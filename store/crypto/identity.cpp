#include "store/crypto/identity.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "store/crypto/slot.hpp"

namespace coffre::crypto {

namespace {

constexpr std::string_view identity_magic = "COFIDEN1";
constexpr std::string_view card_magic = "coffre-card-1";
constexpr std::uint8_t suite_aes_256_gcm = 1;
constexpr std::size_t salt_at = 16;
constexpr std::size_t salt_size = 16;
constexpr std::size_t card_at = 56;
constexpr std::size_t commitment_size = 32;
constexpr std::size_t sealed_size = 2 * Key::size + Aead::tag_size;
constexpr std::size_t checksum_size = 32;
constexpr std::size_t card_text_max = 128;  // of a name, of a mail

Bytes card_statement(const Card& card) {
    Bytes bytes;
    append(bytes, as_bytes("coffre/1/card"));
    bytes.push_back(0);
    append(bytes, card.key.view());
    append(bytes, card.recipient.view());
    append(bytes, as_bytes(card.mail));
    bytes.push_back(0);
    append(bytes, as_bytes(card.name));
    return bytes;
}

bool is_one_line(std::string_view text) {
    return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view spaces = " \t\r\n";
    const auto begin = text.find_first_not_of(spaces);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

// Up to the next space, which is taken too.
std::string_view take_word(std::string_view& text) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

// A point of small order gives everybody the same secret.
bool may_receive(const RecipientPublic& recipient) {
    Key any, shared;
    std::fill(any.writable().begin(), any.writable().end(), std::uint8_t{0x55});
    return x25519(any.view(), recipient.view(), shared);
}

// The clear part of a file, held against its checksum and its bounds.
struct Parsed {
    PassphraseCost cost;
    Card card;
    std::size_t commitment_at = 0;
};

Error malformed(std::string_view what) { return {Errc::damaged, say<Msg::malformed>(what)}; }

Parsed parse(ByteView file, std::string_view what) {
    if (file.size() < card_at + commitment_size + sealed_size + checksum_size ||
        file.size() > identity_file_max || as_text(file.first(8)) != identity_magic ||
        file[8] != suite_aes_256_gcm)
        throw malformed(what);
    const auto body = file.first(file.size() - checksum_size);
    if (sha256(body) != Sha256Digest::from(file.subspan(body.size()))) throw malformed(what);
    Parsed parsed;
    parsed.cost = {load_u64(file.data() + 32), load_u64(file.data() + 40)};
    const std::size_t card_size = file[48] + std::size_t{file[49]} * 256;
    parsed.commitment_at = card_at + card_size;
    if (parsed.commitment_at + commitment_size + sealed_size != body.size() || !in_bounds(parsed.cost))
        throw malformed(what);
    try {
        parsed.card = parse_card(as_text(file.subspan(card_at, card_size)), what);
    } catch (const Error&) {
        throw malformed(what);
    }
    return parsed;
}

Key commitment_of(const Key& input, ByteView file, std::size_t commitment_at) {
    return hkdf(input.view(), file.subspan(salt_at, salt_size),
                {as_bytes("coffre/1/identity/commit"), file.first(commitment_at)});
}

Key wrap_key_of(const Key& input, ByteView file, std::size_t sealed_at) {
    return hkdf(input.view(), file.subspan(salt_at, salt_size),
                {as_bytes("coffre/1/identity/wrap"), file.first(sealed_at)});
}

}  // namespace

bool is_card_name(std::string_view name) {
    return !name.empty() && name.size() <= card_text_max && trimmed(name) == name && is_one_line(name);
}

bool is_card_mail(std::string_view mail) {
    return mail.size() <= card_text_max && mail != "-" && mail.find(' ') == std::string_view::npos &&
           is_one_line(mail);
}

std::string Card::text() const {
    return std::string(card_magic) + " " + key.hex() + " " + recipient.hex() + " " + signature.hex() + " " +
           (mail.empty() ? "-" : mail) + " " + name;
}

Card parse_card(std::string_view text, std::string_view what) {
    const auto refuse = [&]() -> Error { return {Errc::usage, say<Msg::malformed>(what)}; };
    auto rest = trimmed(text);
    if (take_word(rest) != card_magic) throw refuse();
    const auto key = ActorId::parse(take_word(rest));
    const auto recipient = RecipientPublic::parse(take_word(rest));
    const auto signature = Signature::parse(take_word(rest));
    const auto mail = take_word(rest);
    if (!key || !recipient || !signature || mail.empty()) throw refuse();
    const Card card{std::string(rest), mail == "-" ? "" : std::string(mail), *key, *recipient, *signature};
    if (!is_card_name(card.name) || !is_card_mail(card.mail) || !may_receive(card.recipient) ||
        !verify_signature(card.key, card_statement(card), card.signature))
        throw refuse();
    return card;
}

Identity make_identity(Environment environment, const std::string& name, const std::string& mail) {
    if (!is_card_name(name)) throw Error(Errc::usage, say<Msg::malformed>("--name"), say<Msg::hint_help>());
    if (!is_card_mail(mail)) throw Error(Errc::usage, say<Msg::malformed>("--mail"), say<Msg::hint_help>());
    // One secret is drawn bare; what is kept is hedged with it.
    SiteKey drawn;
    environment.random.fill(drawn.writable());
    Hedge hedge(drawn, environment);
    const Key seed = hedge.seed();
    const Key secret = hedge.seed();
    Identity identity{{}, SigningKey(seed.view()), RecipientSecret(secret.view())};
    auto& card = identity.card;
    card.name = name;
    card.mail = mail;
    card.key = identity.signing.id();
    x25519_public(identity.secret.view(), card.recipient.bytes);
    card.signature = identity.signing.sign(card_statement(card));
    return identity;
}

Bytes lock_identity(const Identity& identity, Environment environment, std::string_view passphrase,
                    const PassphraseCost& cost) {
    // Hedged with the identity's own secret, which nothing else is derived from.
    Hedge hedge(SiteKey(identity.secret.view()), environment);
    const Key salt = hedge.seed();
    const auto card = identity.card.text();
    Bytes file;
    append(file, as_bytes(identity_magic));
    file.push_back(suite_aes_256_gcm);
    file.resize(salt_at);
    append(file, salt.view().first(salt_size));
    append_u64(file, cost.memory_bytes);
    append_u64(file, cost.passes);
    file.push_back(static_cast<std::uint8_t>(card.size() % 256));
    file.push_back(static_cast<std::uint8_t>(card.size() / 256));
    file.resize(card_at);
    append(file, as_bytes(card));

    const Key input = passphrase_key(passphrase, ByteView(file).subspan(salt_at, salt_size), cost);
    append(file, commitment_of(input, file, file.size()).view());
    Bytes secrets;
    secrets.reserve(2 * Key::size);
    append(secrets, identity.signing.seed());
    append(secrets, identity.secret.view());
    Aead wrap(wrap_key_of(input, file, file.size()));
    const Bytes aad = file;
    wrap.seal(Aead::Nonce{}, aad, secrets, file);
    wipe(secrets);
    append(file, sha256(file).view());
    return file;
}

Card identity_card(ByteView file, std::string_view what) { return parse(file, what).card; }

std::optional<Identity> open_identity(ByteView file, std::string_view passphrase, std::string_view what) {
    auto parsed = parse(file, what);
    const Key input = passphrase_key(passphrase, file.subspan(salt_at, salt_size), parsed.cost);
    if (!equal_in_constant_time(commitment_of(input, file, parsed.commitment_at).view(),
                                file.subspan(parsed.commitment_at, commitment_size)))
        return std::nullopt;
    const auto sealed_at = parsed.commitment_at + commitment_size;
    Aead wrap(wrap_key_of(input, file, sealed_at));
    Bytes secrets;
    secrets.reserve(sealed_size);
    if (!wrap.open(Aead::Nonce{}, file.first(sealed_at), file.subspan(sealed_at, sealed_size), secrets))
        throw malformed(what);
    Identity identity{std::move(parsed.card), SigningKey(ByteView(secrets).first(Key::size)),
                      RecipientSecret(ByteView(secrets).subspan(Key::size, Key::size))};
    wipe(secrets);
    RecipientPublic recipient;
    x25519_public(identity.secret.view(), recipient.bytes);
    if (identity.signing.id() != identity.card.key || recipient != identity.card.recipient)
        throw malformed(what);
    return identity;
}

}  // namespace coffre::crypto
