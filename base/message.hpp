#pragma once
// Every text that a user sees, in English and in French, and the one function that renders it.
//
// The table is base/messages.def: an id, the English, the French. {0}, {1}… are the arguments. say<>
// checks at compile time that a message gets exactly the arguments that both languages name, so a lost
// placeholder does not build. JSON keys, kinds and codes are not texts: they are never translated.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coffre {

enum class Lang : std::uint8_t { en, fr };

enum class Msg : std::uint16_t {
#define COFFRE_MESSAGE(id, en, fr) id,
#include "base/messages.def"
#undef COFFRE_MESSAGE
    count_
};

// A text of one area alone, beside that area (cli/texts/): the table of all would make everything anew with
// each of them. Constants of static storage, and nothing else.
struct Text {
    std::string_view en, fr;
};

// A text that is not rendered yet. The default one is "no text".
struct Message {
    Msg id = Msg::none;
    std::vector<std::string> args;
    const Text* own = nullptr;  // in place of `id`

    [[nodiscard]] bool empty() const { return id == Msg::none && own == nullptr; }
};

// Not thread-safe: called once, at the start of main. Tests call it between cases.
void set_language(Lang lang);
Lang language();

// The one function: the text of `id` in `lang`, arguments put in. Arguments are shown as they are, except
// that control and bidirectional-override characters are escaped, so that no name can drive a terminal.
std::string text(Lang lang, Msg id, const std::vector<std::string>& args);
std::string text(Lang lang, const Message& message);
inline std::string text(const Message& message) { return text(language(), message); }

// The raw cell of the table, for the checks of the table itself.
std::string_view message_cell(Lang lang, Msg id);
std::string_view message_name(Msg id);

// Makes control and bidirectional characters visible (\x1b, \u202e): names from devices are data.
std::string printable(std::string_view text);

// Valid UTF-8 throughout (RFC 3629).
bool is_utf8(std::string_view text);

namespace detail {

consteval int placeholder_count(std::string_view cell) {
    int highest = 0;
    for (std::size_t i = 0; i + 2 < cell.size(); ++i) {
        if (cell[i] == '{' && cell[i + 1] >= '0' && cell[i + 1] <= '9' && cell[i + 2] == '}') {
            const int n = cell[i + 1] - '0' + 1;
            highest = n > highest ? n : highest;
        }
    }
    return highest;
}

consteval int message_arity(Msg id, Lang lang) {
    switch (id) {
#define COFFRE_MESSAGE(name, en_text, fr_text) \
    case Msg::name:                            \
        return placeholder_count(lang == Lang::en ? std::string_view(en_text) : std::string_view(fr_text));
#include "base/messages.def"
#undef COFFRE_MESSAGE
        default:
            return -1;
    }
}

}  // namespace detail

template <Msg id, class... Args>
Message say(Args&&... args) {
    static_assert(detail::message_arity(id, Lang::en) == static_cast<int>(sizeof...(Args)),
                  "the English text names other arguments");
    static_assert(detail::message_arity(id, Lang::fr) == static_cast<int>(sizeof...(Args)),
                  "the French text names other arguments");
    return Message{id, {std::string(std::forward<Args>(args))...}};
}

template <const Text& own, class... Args>
Message say(Args&&... args) {
    static_assert(detail::placeholder_count(own.en) == static_cast<int>(sizeof...(Args)),
                  "the English text names other arguments");
    static_assert(detail::placeholder_count(own.fr) == static_cast<int>(sizeof...(Args)),
                  "the French text names other arguments");
    return Message{Msg::none, {std::string(std::forward<Args>(args))...}, &own};
}

// say, rendered at once in the current language.
template <Msg id, class... Args>
std::string tr(Args&&... args) {
    return text(say<id>(std::forward<Args>(args)...));
}
template <const Text& own, class... Args>
std::string tr(Args&&... args) {
    return text(say<own>(std::forward<Args>(args)...));
}

}  // namespace coffre
