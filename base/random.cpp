#include "base/random.hpp"

#include <cerrno>

#include <sys/random.h>

#include "base/error.hpp"

namespace coffre {

namespace {

class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        while (!out.empty()) {
            const ssize_t count = ::getrandom(out.data(), out.size(), 0);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) throw Error(Errc::failed, say<Msg::no_random>());
            out = out.subspan(static_cast<std::size_t>(count));
        }
    }
};

}  // namespace

Random& system_random() {
    static SystemRandom random;
    return random;
}

}  // namespace coffre
