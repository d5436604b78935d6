#include "drivers/equipment/tool.hpp"

#include <algorithm>

namespace coffre::drivers {

namespace {

constexpr std::size_t whole_max = 4 << 20;  // bytes: larger files are handed over in pieces
constexpr std::size_t piece_size = 1 << 20;

}  // namespace

Tool::Tool(const DriverContext& context, int time_limit_s, int size_limit_mib)
    : context_(context),
      time_limit_(static_cast<int>(context.number("time-limit", time_limit_s, 1, 86'400))),
      size_limit_(static_cast<std::uint64_t>(context.number("size-limit", size_limit_mib, 1, 65'536)) << 20) {
}

ProgramResult Tool::run(Program program, Bytes& output) const {
    program.time_limit_s = time_limit_;
    program.output_limit = size_limit_;
    ProgramResult result;
    try {
        result = run_program(program, [&](ByteView piece) { append(output, piece); });
    } catch (const Error& error) {
        if (error.code() != Errc::failed) throw;
        throw Error(Errc::unreachable, error.message(), error.hint());
    }
    if (result.end == ProgramEnd::too_long)
        throw Error(Errc::unreachable,
                    say<Msg::device_too_long>(context_.equipment, std::to_string(time_limit_)),
                    say<Msg::hint_device_limits>());
    if (result.end == ProgramEnd::too_much)
        throw Error(Errc::unreachable,
                    say<Msg::device_too_much>(context_.equipment, std::to_string(size_limit_)),
                    say<Msg::hint_device_limits>());
    return result;
}

Error Tool::error_of(const std::string& name, const ProgramResult& result) const {
    const auto number = std::to_string(result.number);
    return {Errc::unreachable,
            result.end == ProgramEnd::exited ? say<Msg::program_status>(context_.equipment, name, number)
                                             : say<Msg::program_signal>(context_.equipment, name, number),
            say<Msg::hint_program_failed>()};
}

Bytes Tool::output(Program program) const {
    const std::string name = program.arguments.front();
    Bytes output;
    const auto result = run(std::move(program), output);
    if (!result.succeeded()) throw error_of(name, result);
    return output;
}

void deliver_file(CaptureSink& sink, const std::string& name, ByteView content) {
    if (content.size() <= whole_max) {
        sink.file({name}, false, content);
        return;
    }
    std::size_t at = 0;
    sink.large_file({name}, false, content.size(), [&] {
        const auto piece = content.subspan(at, std::min(piece_size, content.size() - at));
        at += piece.size();
        return piece;
    });
}

WholeRestore::WholeRestore(const FileSource& wanted, const FileSource& now, const std::string& name,
                           std::uint64_t limit, const RestoreOptions& options) {
    auto content = wanted.read(name, limit);
    if (!content) throw Error(Errc::failed, say<Msg::snapshot_lacks>(name));
    if (now.read(name, limit) == content) return;
    if (!options.only.empty() || options.keep_network) {
        plan_.gaps.push_back({Category::other, name, say<Msg::gap_whole_only>()});
        return;
    }
    plan_.steps.push_back({Category::other, PlanAction::upload, name});
    content_ = std::move(*content);
}

void WholeRestore::apply(const std::function<void(const PlanStep&)>& starting) {
    for (const auto& step : plan_.steps) {
        starting(step);
        upload(content_);
    }
}

}  // namespace coffre::drivers
