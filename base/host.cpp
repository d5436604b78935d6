#include "base/host.hpp"

#include <algorithm>

namespace coffre {

bool is_loopback(const std::string& host) {
    if (host == "localhost" || host == "[::1]" || host == "::1") return true;
    // 127.0.0.0/8, as four numbers: a name may begin like that and be anywhere.
    const bool digits = host.find_first_not_of("0123456789.") == std::string::npos;
    return host.starts_with("127.") && digits && std::count(host.begin(), host.end(), '.') == 3;
}

}  // namespace coffre
