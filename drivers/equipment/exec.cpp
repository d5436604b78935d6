#include "drivers/equipment/exec.hpp"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "drivers/equipment/tool.hpp"

namespace coffre::drivers {

namespace {

constexpr int time_limit_default = 300;  // seconds
constexpr int size_limit_default = 64;   // MiB
constexpr const char* output_default = "output.txt";
constexpr std::string_view secret_mark = "{secret:";
constexpr const char* secret_name = "password";

// A setting's JSON list of words; empty where it is not set.
std::vector<std::string> words_of(const DriverContext& context, const std::string& name) {
    const auto text = context.setting(name);
    if (text.empty()) return {};
    const auto refuse = [&] {
        return Error(Errc::usage, say<Msg::device_setting_argv>(context.equipment, name),
                     say<Msg::hint_equipment_edit_set>());
    };
    const auto list = nlohmann::json::parse(text, nullptr, false);
    if (!list.is_array() || list.empty()) throw refuse();
    std::vector<std::string> words;
    for (const auto& word : list) {
        if (!word.is_string()) throw refuse();
        words.push_back(word.get<std::string>());
        if (words.back().find('\0') != std::string::npos) throw refuse();
        for (auto at = words.back().find(secret_mark); at != std::string::npos;
             at = words.back().find(secret_mark, at + 1)) {
            const auto mark = std::string(secret_mark) + secret_name + "}";
            if (words.back().compare(at, mark.size(), mark) != 0)
                throw Error(Errc::usage, say<Msg::driver_secret_unknown>("exec", words.back().substr(at)),
                            say<Msg::hint_equipment_edit_set>());
            if (context.secret(secret_name).empty())
                throw Error(Errc::usage, say<Msg::driver_secret_missing>(context.equipment, secret_name),
                            say<Msg::hint_driver_secret>(context.equipment, secret_name));
        }
    }
    if (words.front().empty()) throw refuse();
    return words;
}

std::string output_name(const DriverContext& context) {
    auto name = context.setting("output");
    if (name.empty()) return output_default;
    const bool clean =
        std::none_of(name.begin(), name.end(), [](char c) { return c == '/' || (c >= 0 && c < ' '); });
    if (!clean || name == "." || name == "..")
        throw Error(Errc::usage, say<Msg::device_setting_name>(context.equipment, "output", name),
                    say<Msg::hint_equipment_edit_set>());
    return name;
}

Program program_of(const DriverContext& context, const std::vector<std::string>& words) {
    Program program;
    program.arguments = words;
    if (!context.secret(secret_name).empty())
        program.secrets[secret_name] = SecretText(context.secret(secret_name));
    return program;
}

class ExecRestore final : public WholeRestore {
public:
    ExecRestore(const FileSource& wanted, const FileSource& now, const std::string& name,
                const RestoreOptions& options, const DriverContext& context, const Tool& tool,
                const std::vector<std::string>& command)
        : WholeRestore(wanted, now, name, tool.size_limit(), options),
          context_(context),
          tool_(tool),
          command_(command) {
        if (!command.empty()) return;
        for (const auto& step : plan_.steps)
            plan_.gaps.push_back({step.part, step.what, say<Msg::gap_no_restore_command>()});
        plan_.steps.clear();
    }

private:
    void upload(ByteView content) override {
        auto program = program_of(context_, command_);
        program.input = content;
        tool_.output(std::move(program));
    }

    const DriverContext& context_;
    const Tool& tool_;
    const std::vector<std::string>& command_;
};

class ExecDriver final : public EquipmentDriver {
public:
    explicit ExecDriver(const DriverContext& context)
        : context_(context),
          tool_(context, time_limit_default, size_limit_default),
          command_(words_of(context, "command")),
          restore_command_(words_of(context, "restore-command")),
          output_(output_name(context)),
          expected_(context.number("expect", 1, 0, std::numeric_limits<std::int64_t>::max())) {}

    [[nodiscard]] std::string id() const override { return "exec 1"; }

    void capture(CaptureSink& sink) override {
        const auto content = tool_.output(program_of(context_, command_));
        if (content.size() < static_cast<std::uint64_t>(expected_))
            throw Error(
                Errc::unreachable,
                say<Msg::program_too_little>(context_.equipment, command_.front(),
                                             std::to_string(content.size()), std::to_string(expected_)),
                say<Msg::hint_program_failed>());
        deliver_file(sink, output_, content);
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        return std::make_unique<ExecRestore>(wanted, now, output_, options, context_, tool_,
                                             restore_command_);
    }

private:
    const DriverContext& context_;
    Tool tool_;
    std::vector<std::string> command_, restore_command_;
    std::string output_;
    std::int64_t expected_;
};

}  // namespace

DriverInfo exec_driver_info() {
    DriverInfo info;
    info.name = "exec";
    info.evidence = Evidence::real_product;
    info.settings = {{"command", true},
                     {"restore-command"},
                     {"output"},
                     {"expect"},
                     {"time-limit"},
                     {"size-limit"},
                     {secret_name, false, false, true}};
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<ExecDriver>(context);
    };
    return info;
}

}  // namespace coffre::drivers
