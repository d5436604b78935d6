#include "store/crypto/recovery.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace coffre::crypto {

namespace {

constexpr std::size_t bits_per_word = 11;
constexpr std::size_t check_word = recovery_word_count - 1;  // the last, counted from 0
constexpr unsigned not_a_word = recovery_list_size;
constexpr std::size_t shortest_word = 4;  // letters that suffice to tell a word of the list

// Where what was typed is taken for recovery words.
constexpr std::size_t known_min = 20;
constexpr std::size_t count_min = 20;
constexpr std::size_t count_max = 28;

constexpr std::array<std::string_view, recovery_list_size> list = {
#include "store/crypto/recovery_words.def"
};
static_assert(!list.back().empty());

// The 11 bits from bit 11 n on, the most significant first.
unsigned bits_of_word(ByteView bytes, std::size_t n) {
    unsigned bits = 0;
    for (std::size_t at = n * bits_per_word; at < (n + 1) * bits_per_word; ++at)
        bits = bits << 1 | (bytes[at / 8] >> (7 - at % 8) & 1U);
    return bits;
}

// Into bytes that are zero there.
void put_bits_of_word(std::span<std::uint8_t> bytes, std::size_t n, unsigned bits) {
    for (std::size_t i = 0; i < bits_per_word; ++i) {
        const std::size_t at = n * bits_per_word + i;
        const unsigned bit = bits >> (bits_per_word - 1 - i) & 1U;
        bytes[at / 8] = static_cast<std::uint8_t>(bytes[at / 8] | bit << (7 - at % 8));
    }
}

unsigned check_bits(const RecoverySecret& secret) {
    return bits_of_word(sha256({as_bytes("coffre/1/recovery-words"), secret.value.view()}).view(), 0);
}

// The letters of U+00C0 to U+00FF without their accents; a space where there is none.
constexpr std::string_view latin_1 =
    "aaaaaa ceeeeiiii nooooo  uuuuy  "
    "aaaaaa ceeeeiiii nooooo  uuuuy y";
static_assert(latin_1.size() == 64);

// Appends what the first character of `rest` is here: its letters, nothing for a combining accent (U+0300 to
// U+036F), a space for all else. Never longer than the bytes it reads, whose number it returns.
std::size_t fold_one(std::string_view rest, std::string& out) {
    const auto lead = static_cast<unsigned char>(rest[0]);
    const auto next = static_cast<unsigned char>(rest.size() > 1 ? rest[1] : '\0');
    const bool in_two = next >= 0x80 && next <= 0xbf;
    const unsigned point = in_two && lead >= 0xc2 && lead <= 0xdf ? (lead & 0x1fU) << 6 | (next & 0x3fU) : 0;
    if (point >= 0x300 && point <= 0x36f) return 2;
    if (point == 0xc6 || point == 0xe6) {
        out += "ae";
    } else if (point == 0x152 || point == 0x153) {
        out += "oe";
    } else if (point >= 0xc0 && point <= 0xff) {
        out.push_back(latin_1[point - 0xc0]);
    } else if (lead >= 'A' && lead <= 'Z') {
        out.push_back(static_cast<char>(lead - 'A' + 'a'));
    } else {
        out.push_back(lead >= 'a' && lead <= 'z' ? rest[0] : ' ');
    }
    return point == 0 ? 1 : 2;
}

// The words of what was typed, a–z only, one after the other. Its copy is wiped when it goes.
class TypedWords {
public:
    explicit TypedWords(std::string_view typed) {
        text_.reserve(typed.size());  // no second copy
        while (!typed.empty()) typed.remove_prefix(fold_one(typed, text_));
    }
    TypedWords(const TypedWords&) = delete;
    TypedWords& operator=(const TypedWords&) = delete;
    ~TypedWords() { wipe(std::span(reinterpret_cast<std::uint8_t*>(text_.data()), text_.size())); }

    // Empty behind the last.
    std::string_view next() {
        const std::size_t begin = std::min(text_.find_first_not_of(' ', at_), text_.size());
        at_ = std::min(text_.find(' ', begin), text_.size());
        return std::string_view(text_).substr(begin, at_ - begin);
    }

private:
    std::string text_;
    std::size_t at_ = 0;
};

// The place of the one word that begins so. The list is sorted: it is the first that is not below.
unsigned place_of(std::string_view word) {
    if (word.size() < shortest_word) return not_a_word;
    const auto* const found = std::lower_bound(list.begin(), list.end(), word);
    if (found == list.end() || !found->starts_with(word)) return not_a_word;
    return static_cast<unsigned>(found - list.begin());
}

Error refusal(Message why) { return {Errc::no_key, std::move(why), say<Msg::hint_recovery_words>()}; }

}  // namespace

std::span<const std::string_view, recovery_list_size> recovery_word_list() { return list; }

RecoverySecret recovery_secret(Key drawn) {
    drawn.writable().back() &= 0xf8;
    return {std::move(drawn)};
}

std::string recovery_words(const RecoverySecret& secret) {
    std::string words;
    words.reserve(recovery_word_count * 9);  // 8 letters and a space: no second copy
    for (std::size_t n = 0; n < check_word; ++n) {
        words += list[bits_of_word(secret.value.view(), n)];
        words += ' ';
    }
    words += list[check_bits(secret)];
    return words;
}

std::optional<RecoverySecret> parse_recovery_words(std::string_view typed) {
    TypedWords words(typed);
    RecoverySecret secret;
    unsigned check = not_a_word;
    std::size_t count = 0;
    std::size_t known = 0;
    std::size_t unknown_number = 0;  // of the first, counted from 1
    for (auto word = words.next(); !word.empty(); word = words.next(), ++count) {
        const unsigned place = place_of(word);
        if (place == not_a_word) {
            if (unknown_number == 0) unknown_number = count + 1;
            continue;
        }
        ++known;
        if (count < check_word) put_bits_of_word(secret.value.writable(), count, place);
        if (count == check_word) check = place;
    }
    if (known < known_min || count < count_min || count > count_max) return std::nullopt;
    if (count != recovery_word_count) throw refusal(say<Msg::recovery_words_count>(std::to_string(count)));
    if (unknown_number != 0) throw refusal(say<Msg::recovery_word_unknown>(std::to_string(unknown_number)));
    if (check != check_bits(secret)) throw refusal(say<Msg::recovery_words_check>());
    return secret;
}

}  // namespace coffre::crypto
