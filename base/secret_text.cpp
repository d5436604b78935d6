#include "base/secret_text.hpp"

#include <string.h>

namespace coffre {

void wipe_text(std::string& text) noexcept {
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

// Swapped, never moved: a short text's bytes would stay where they were.
SecretText::SecretText(SecretText&& other) noexcept {
    text_.swap(other.text_);
    wipe_text(other.text_);
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
    if (this == &other) return *this;
    text_.swap(other.text_);
    wipe_text(other.text_);
    return *this;
}

}  // namespace coffre
