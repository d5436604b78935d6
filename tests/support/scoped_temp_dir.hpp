#pragma once
// A real folder of its own for one test, under TMPDIR or in /dev/shm, removed with all it holds at the end.

#include <string>

namespace coffre::test {

class ScopedTempDir {
public:
    ScopedTempDir();
    ~ScopedTempDir();
    ScopedTempDir(const ScopedTempDir&) = delete;
    ScopedTempDir& operator=(const ScopedTempDir&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string& below) const { return path_ + "/" + below; }

private:
    std::string path_;
};

}  // namespace coffre::test
