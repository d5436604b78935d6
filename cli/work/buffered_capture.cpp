#include "cli/work/buffered_capture.hpp"

namespace coffre::cli {

void BufferedCapture::hold(std::uint64_t bytes) {
    if (!budget_.take(bytes)) throw TooMuchToHold();
    held_ += bytes;
}

void BufferedCapture::file(const Path& path, bool executable, ByteView content) {
    hold(content.size());
    calls_.push_back({path, HeldFile{executable, Bytes(content.begin(), content.end())}});
}

void BufferedCapture::large_file(const Path& path, bool executable, std::uint64_t size, const Pieces& next) {
    hold(size);
    HeldFile held{executable, {}};
    held.content.reserve(size);
    try {
        for (auto piece = next(); !piece.empty(); piece = next()) append(held.content, piece);
    } catch (const Error& error) {
        if (error.code() != Errc::failed) throw;
        failed(path, error.message());
        return;
    }
    calls_.push_back({path, std::move(held)});
}

void BufferedCapture::link(const Path& path, const std::string& target) {
    calls_.push_back({path, HeldLink{target}});
}

void BufferedCapture::empty_folder(const Path& path) { calls_.push_back({path, HeldFolder{}}); }

void BufferedCapture::skipped(const Path& path, const Message& why) {
    calls_.push_back({path, HeldProblem{false, why}});
}

void BufferedCapture::failed(const Path& path, const Message& why) {
    calls_.push_back({path, HeldProblem{true, why}});
}

void BufferedCapture::replay(CaptureSink& sink) const {
    for (const auto& call : calls_) {
        if (const auto* held = std::get_if<HeldFile>(&call.what))
            sink.file(call.path, held->executable, held->content);
        else if (const auto* link_ = std::get_if<HeldLink>(&call.what))
            sink.link(call.path, link_->target);
        else if (const auto* problem = std::get_if<HeldProblem>(&call.what))
            problem->failed ? sink.failed(call.path, problem->why) : sink.skipped(call.path, problem->why);
        else
            sink.empty_folder(call.path);
    }
}

}  // namespace coffre::cli
