#pragma once
// A simulated equipment (tests/simulators/*.py): a process that prints its URL as its first line and ends
// with this object. It gets "--port 0 --cert FILE --key FILE" and the arguments that a test adds.

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/support/http_server.hpp"
#include "tests/support/scoped_temp_dir.hpp"

namespace coffre::test {

// What a driver is tested against: a simulator, or a real server that a test started.
class RunningEquipment {
public:
    virtual ~RunningEquipment() = default;
    [[nodiscard]] virtual std::string url() const = 0;
    // SHA-256 of its certificate, as the setting certificate-sha256 has it; "" for http.
    [[nodiscard]] virtual std::string certificate_sha256() const = 0;
    // A line to its standard input, and the line that it answers with. "" for those that take none.
    virtual std::string tell(const std::string& line) { return (void)line, std::string(); }
};

class Simulator final : public RunningEquipment {
public:
    // `script` is the whole path of the Python file; `certificate` stays the same over several simulators
    // where it is given. Throws std::runtime_error when it does not start within 20 seconds.
    explicit Simulator(const std::string& script, const std::vector<std::string>& arguments = {},
                       const TestCertificate* certificate = nullptr);
    ~Simulator() override;
    Simulator(const Simulator&) = delete;
    Simulator& operator=(const Simulator&) = delete;

    [[nodiscard]] std::string url() const override { return url_; }
    [[nodiscard]] std::string certificate_sha256() const override {
        return url_.starts_with("https") ? certificate_.sha256 : std::string();
    }
    std::string tell(const std::string& line) override;
    // Asks it aside from the driver, for its counters and for what a test changes in it. The body of the
    // answer; throws std::runtime_error for a status other than 2xx.
    [[nodiscard]] std::string ask(const std::string& method, const std::string& path,
                                  const std::string& body = "") const;
    void stop();  // also before the end

private:
    std::string read_line(int milliseconds);

    ScopedTempDir folder_;
    TestCertificate certificate_;
    pid_t process_ = -1;
    int to_ = -1, from_ = -1;
    std::string read_, url_;
};

}  // namespace coffre::test
