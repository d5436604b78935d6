#pragma once
// What a server asks for with a 401, and how a request answers: digest (RFC 7616, RFC 2617, RFC 2069) and
// basic (RFC 7617). Pure but for the random it is given; sends nothing and decides nothing.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_client.hpp"
#include "base/random.hpp"

namespace coffre::http {

// One challenge of a WWW-Authenticate header: its scheme and parameters in lower case, values unquoted.
struct Challenge {
    std::string scheme;
    std::vector<std::pair<std::string, std::string>> parameters;

    // "" where there is none of that name.
    [[nodiscard]] std::string_view parameter(std::string_view name) const;
};

// All of an answer, in order. What is not well-formed is passed over.
std::vector<Challenge> challenges_of(const HttpHeaders& headers);

// A digest under way: one server nonce, and how often it was used.
class Digest {
public:
    // The first challenge that can be answered; false where there is none. A nonce that was there goes.
    bool take(const std::vector<Challenge>& challenges, Random& random);
    void forget() { *this = {}; }

    [[nodiscard]] bool ready() const { return !nonce_.empty(); }
    [[nodiscard]] std::uint32_t uses() const { return uses_; }
    // It says that the login was right and the nonce is used up. Of what take() took.
    [[nodiscard]] bool stale() const { return stale_; }
    // The nonce that an answer wants used from now on (Authentication-Info), if it names one.
    void take_next(const HttpHeaders& headers);

    // The value of Authorization for one request; counts it. `target`: path and query as they are sent.
    // To be wiped.
    std::string authorization(std::string_view method, std::string_view target, std::string_view user,
                              std::string_view password);

private:
    std::string realm_, nonce_, opaque_, algorithm_, cnonce_;
    bool has_opaque_ = false, with_qop_ = false, stale_ = false;
    std::uint32_t uses_ = 0;
};

// To be wiped.
std::string basic_authorization(std::string_view user, std::string_view password);

}  // namespace coffre::http
