#pragma once
// tests/servers/fake_s3.py as a child of this process: ends with the object, or when this process dies.

#include <string>
#include <vector>

#include <sys/types.h>

#include "drivers/remote/s3.hpp"
#include "tests/support/scoped_temp_dir.hpp"

namespace coffre::test {

class FakeS3 {
public:
    explicit FakeS3(const std::vector<std::string>& arguments = {});
    ~FakeS3();
    FakeS3(const FakeS3&) = delete;
    FakeS3& operator=(const FakeS3&) = delete;

    // With credentials that it takes; the bucket is "bucket", the prefix "site/".
    [[nodiscard]] remote::RemoteSpec spec() const;
    // The bytes that it holds under a name below the prefix; empty when there is none.
    [[nodiscard]] std::optional<Bytes> object(const std::string& name) const;
    // What it logged: one line of JSON a request.
    [[nodiscard]] std::vector<std::string> log() const;

private:
    ScopedTempDir folder_;
    pid_t child_ = -1;
    int input_ = -1;  // it ends when this ends
    int port_ = 0;
};

}  // namespace coffre::test
