#pragma once
// The one exception type. Its code is the exit status of the command line (docs/architecture.md),
// its message and hint are ids of the compiled-in English/French table and are rendered only where
// they are shown. Arguments never hold configuration text or secrets.

#include <exception>
#include <string>
#include <vector>

#include "base/message.hpp"

namespace coffre {

enum class Errc : int {
    failed = 1,   // failed, or not found
    usage = 2,    // wrong usage, ambiguous name
    partial = 3,  // part of the work failed, the rest is stored
    trouble = 4,  // what would be `failed` where 1 means "they differ" (diff --exit-code)
    no_repository = 10,
    locked = 11,   // by another process for longer than the limit
    no_key = 12,   // no key slot opens with what was given
    damaged = 13,  // data damaged or tampered with
    no_space = 14,
    unreachable = 15,  // a remote or an equipment cannot be reached or refuses
    refused = 16,      // a safety rule refuses
};

class Error : public std::exception {
public:
    Error(Errc code, Message message) : Error(code, std::move(message), Message{}) {}
    Error(Errc code, Message message, Message hint);
    // Of a call of the system, with its errno.
    Error(Errc code, Message message, Message hint, int system_number);

    [[nodiscard]] Errc code() const { return code_; }
    [[nodiscard]] const Message& message() const { return message_; }
    [[nodiscard]] const Message& hint() const { return hint_; }
    [[nodiscard]] const char* what() const noexcept override { return rendered_.c_str(); }

    // The system's errno, for those who must tell "read-only" from "gone"; 0 where no call of it failed.
    [[nodiscard]] int system_number() const { return system_number_; }

    // A copy with a hint, where the thrower could not know the way out and the caller does.
    [[nodiscard]] Error with_hint(Message hint) const {
        return {code_, message_, std::move(hint), system_number_};
    }

private:
    Errc code_;
    Message message_;
    Message hint_;
    int system_number_ = 0;
    std::string rendered_;  // English, for debuggers and tests
};

}  // namespace coffre
