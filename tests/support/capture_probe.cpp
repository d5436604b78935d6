// coffre_capture_probe DRIVER URL [NAME=VALUE…]: one capture in a process of its own, and what it cost.
// Settings and secrets by name; "sample" is the driver of no make (sample_driver.hpp). Ends itself after 60
// seconds.
//
// URL "" where the settings say where it is. Prints: "code N" (0: captured), "message …", "file PATH" and
// "camera LABEL" for each (printable), "complete yes|no" with "failed …" for each part, "peak-kib N".

#include <algorithm>
#include <cstdio>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "tests/support/sample_driver.hpp"

namespace {

using namespace coffre;

void run(const std::string& name, const drivers::DriverContext& context) {
    const bool known = name != "sample";
    const auto driver = known ? drivers::make_driver(name, context) : test::sample_driver().make(context);
    drivers::MemoryFiles files;
    driver->capture(files);
    Model model;
    if (known)
        model = drivers::model_of(driver->id(), files);
    else
        test::sample_driver().model(files, model);
    std::printf("complete %s\n", files.complete() ? "yes" : "no");
    for (const auto& problem : files.failed_parts())
        std::printf("failed %s\n", text(Lang::en, problem.why.id, problem.why.args).c_str());
    for (const auto& file : files.files()) std::printf("file %s\n", printable(file.path).c_str());
    for (const auto& [key, item] : model.items())
        if (key.first == Category::cameras)
            std::printf("camera %s\n", text(say<Msg::device_section_missing>(item.label)).c_str());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    ::alarm(60);
    drivers::DriverSettings settings;
    if (*argv[2] != '\0') settings["url"] = argv[2];
    SecretTexts secrets;
    const auto& info =
        std::string(argv[1]) == "sample" ? test::sample_driver() : drivers::driver_named(argv[1]);
    const auto is_secret = [&](const std::string& name) {
        return std::any_of(info.settings.begin(), info.settings.end(),
                           [&](const auto& setting) { return setting.secret && setting.name == name; });
    };
    for (int i = 3; i < argc; ++i) {
        const std::string word = argv[i];
        const auto sign = word.find('=');
        const auto name = word.substr(0, sign);
        if (is_secret(name))
            secrets.insert_or_assign(name, SecretText(word.substr(sign + 1)));
        else
            settings[name] = word.substr(sign + 1);
    }
    int code = 0;
    try {
        const drivers::DriverContext context{
            {system_files(), system_clock(), system_random(), process_id()}, "NVR-HALL", settings, secrets};
        run(argv[1], context);
    } catch (const Error& error) {
        code = static_cast<int>(error.code());
        std::printf("message %s\n", text(Lang::en, error.message().id, error.message().args).c_str());
    }
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    std::printf("code %d\npeak-kib %ld\n", code, usage.ru_maxrss);
    return 0;
}
