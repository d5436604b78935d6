#include "tests/support/scoped_temp_dir.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace coffre::test {

ScopedTempDir::ScopedTempDir() {
    const char* const chosen = std::getenv("TMPDIR");
    for (const std::string parent : {chosen != nullptr ? chosen : "/dev/shm", "/tmp"}) {
        std::string pattern = parent + "/coffre-test-XXXXXX";
        if (::mkdtemp(pattern.data()) != nullptr) {
            path_ = pattern;
            return;
        }
    }
    throw std::runtime_error("no place for temporary files");
}

ScopedTempDir::~ScopedTempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace coffre::test
