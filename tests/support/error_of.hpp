#pragma once
// What an expression throws, as a value to compare.

#include <optional>

#include "base/error.hpp"

namespace coffre::test {

// The code of the Error that `fn` throws; empty when it throws none. Anything else passes through.
template <class Fn>
std::optional<Errc> error_of(Fn&& fn) {
    try {
        fn();
    } catch (const Error& error) {
        return error.code();
    }
    return std::nullopt;
}

// The message of the Error that `fn` throws; empty when it throws none.
template <class Fn>
std::optional<Msg> message_of(Fn&& fn) {
    try {
        fn();
    } catch (const Error& error) {
        return error.message().id;
    }
    return std::nullopt;
}

}  // namespace coffre::test
