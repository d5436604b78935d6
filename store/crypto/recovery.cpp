#include "store/crypto/recovery.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.hpp"
#include "store/crypto/primitives.hpp"

namespace coffre::crypto {

namespace {

constexpr std::array<std::string_view, recovery_list_size> list{
#include "store/crypto/recovery_words.inc"
};

constexpr unsigned bits_per_word = 11;
constexpr std::size_t secret_words = recovery_word_count - 1;
constexpr std::size_t letters_needed = 4;  // that many tell any two words apart
// So many known words, and not too many words in all, are no passphrase.
constexpr std::size_t looks_like_known = 20, looks_like_least = 22, looks_like_most = 26;

unsigned bits_at(ByteView bytes, std::size_t from) {
    unsigned value = 0;
    for (std::size_t bit = from; bit < from + bits_per_word; ++bit)
        value = (value << 1) | ((bytes[bit / 8] >> (7 - bit % 8)) & 1U);
    return value;
}

unsigned checksum(ByteView secret) {
    return bits_at(sha256({as_bytes("coffre/1/recovery-words"), secret}).view(), 0);
}

// Letters in lower case; accents off the letters that French puts them on, composed or apart.
void append_folded(std::string& word, std::string_view typed, std::size_t& at) {
    struct Fold {
        std::string_view from, to;
    };
    static constexpr Fold folds[] = {
        {"à", "a"}, {"â", "a"},  {"ä", "a"},  {"ç", "c"}, {"é", "e"},  {"è", "e"}, {"ê", "e"},
        {"ë", "e"}, {"î", "i"},  {"ï", "i"},  {"ô", "o"}, {"ö", "o"},  {"ù", "u"}, {"û", "u"},
        {"ü", "u"}, {"œ", "oe"}, {"æ", "ae"}, {"À", "a"}, {"Â", "a"},  {"Ä", "a"}, {"Ç", "c"},
        {"É", "e"}, {"È", "e"},  {"Ê", "e"},  {"Ë", "e"}, {"Î", "i"},  {"Ï", "i"}, {"Ô", "o"},
        {"Ö", "o"}, {"Ù", "u"},  {"Û", "u"},  {"Ü", "u"}, {"Œ", "oe"}, {"Æ", "ae"}};
    for (const auto& fold : folds)
        if (typed.substr(at).starts_with(fold.from)) {
            word += fold.to;
            at += fold.from.size();
            return;
        }
    const auto lead = static_cast<unsigned char>(typed[at]);
    // U+0300 to U+036F: an accent that stands behind its letter.
    const bool mark = (lead == 0xcc || lead == 0xcd) && at + 1 < typed.size();
    if (mark) {
        at += 2;
        return;
    }
    const char c = typed[at++];
    word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool separates(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ';' || c == '.' || c == ')' ||
           c == ':' || (c >= '0' && c <= '9');
}

// Held words are wiped when they go.
struct Words {
    std::vector<std::string> all;
    ~Words() {
        for (auto& word : all) wipe({reinterpret_cast<std::uint8_t*>(word.data()), word.size()});
    }
};

void split(std::string_view typed, Words& words) {
    std::string word;
    for (std::size_t at = 0; at < typed.size();) {
        if (!separates(typed[at])) {
            append_folded(word, typed, at);
            continue;
        }
        if (!word.empty()) words.all.push_back(word);
        word.clear();
        ++at;
    }
    if (!word.empty()) words.all.push_back(word);
    wipe({reinterpret_cast<std::uint8_t*>(word.data()), word.size()});
}

std::optional<unsigned> number_of(std::string_view word) {
    if (word.size() < letters_needed) return std::nullopt;
    const auto found = std::lower_bound(list.begin(), list.end(), word.substr(0, letters_needed));
    if (found == list.end() || !found->starts_with(word)) return std::nullopt;
    return static_cast<unsigned>(found - list.begin());
}

Error refuse(Message why) { return {Errc::no_key, std::move(why), say<Msg::hint_recovery_words>()}; }

}  // namespace

std::string_view recovery_word(std::size_t number) { return list.at(number); }

RecoverySecret recovery_secret(Key random) {
    RecoverySecret secret{std::move(random)};
    secret.value.writable()[Key::size - 1] &= 0xf8;
    return secret;
}

std::string recovery_words(const RecoverySecret& secret) {
    std::string words;
    words.reserve(recovery_word_count * 9);  // no copy is left behind by growing
    for (std::size_t i = 0; i < secret_words; ++i) {
        words += list[bits_at(secret.value.view(), i * bits_per_word)];
        words += ' ';
    }
    words += list[checksum(secret.value.view())];
    return words;
}

std::optional<RecoverySecret> parse_recovery_words(std::string_view typed) {
    Words words;
    split(typed, words);
    const auto known = std::count_if(words.all.begin(), words.all.end(),
                                     [](const auto& word) { return number_of(word).has_value(); });
    if (static_cast<std::size_t>(known) < looks_like_known || words.all.size() < looks_like_least ||
        words.all.size() > looks_like_most)
        return std::nullopt;
    if (words.all.size() != recovery_word_count)
        throw refuse(say<Msg::recovery_count>(std::to_string(words.all.size())));
    RecoverySecret secret;
    auto bytes = secret.value.writable();
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
    for (std::size_t i = 0; i < recovery_word_count; ++i) {
        const auto number = number_of(words.all[i]);
        if (!number) throw refuse(say<Msg::recovery_unknown>(std::to_string(i + 1)));
        if (i == secret_words) {
            if (*number != checksum(secret.value.view())) throw refuse(say<Msg::recovery_checksum>());
            break;
        }
        for (unsigned bit = 0; bit < bits_per_word; ++bit) {
            const auto at = i * bits_per_word + bit;
            const auto value = (*number >> (bits_per_word - 1 - bit)) & 1U;
            bytes[at / 8] = static_cast<std::uint8_t>(bytes[at / 8] | (value << (7 - at % 8)));
        }
    }
    return secret;
}

}  // namespace coffre::crypto
