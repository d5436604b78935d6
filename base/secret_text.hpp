#pragma once
// A text that wipes itself: passwords and tokens of equipments on their way from the vault to the wire.

#include <map>
#include <string>
#include <string_view>

namespace coffre {

// Zeroes all of the text's room, also what lies beyond its end, and makes it empty.
void wipe_text(std::string& text) noexcept;

// Moved, never copied, never printed.
class SecretText {
public:
    SecretText() = default;
    // Takes a copy; the caller wipes its own.
    explicit SecretText(std::string_view text) : text_(text) {}
    ~SecretText() { wipe_text(text_); }
    SecretText(SecretText&& other) noexcept;
    SecretText& operator=(SecretText&& other) noexcept;
    SecretText(const SecretText&) = delete;
    SecretText& operator=(const SecretText&) = delete;

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }

private:
    std::string text_;
};

// By name: "password", "token"…
using SecretTexts = std::map<std::string, SecretText>;

}  // namespace coffre
