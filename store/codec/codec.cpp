#include "store/codec/codec.hpp"

// For ZSTD_d_stableOutBuffer: a parameter's number, no symbol.
#define ZSTD_STATIC_LINKING_ONLY
#include <algorithm>
#include <memory>
#include <utility>

#include <zstd.h>

#include "base/error.hpp"
#include "base/handle.hpp"
#include "store/codec/spread.hpp"

namespace coffre::codec {

namespace {

// Making a context costs more than compressing a small file; one a thread is kept.
ZSTD_CCtx* compressor() {
    thread_local const Handle<ZSTD_CCtx, ZSTD_freeCCtx> context(ZSTD_createCCtx());
    if (!context) throw std::bad_alloc();
    return context.get();
}

ZSTD_DCtx* decompressor() {
    thread_local const Handle<ZSTD_DCtx, ZSTD_freeDCtx> context(ZSTD_createDCtx());
    if (!context) throw std::bad_alloc();
    return context.get();
}

std::size_t checked(std::size_t result) {
    if (ZSTD_isError(result) != 0)
        throw Error(Errc::failed, say<Msg::codec_failed>(ZSTD_getErrorName(result)));
    return result;
}

// The window must cover base and plain together, or what lies far back in the base is out of reach.
int window_log(std::size_t total) {
    int log = 10;
    while (log < 31 && (std::size_t{1} << log) < total) ++log;
    return log;
}

constexpr int mixed_level = 1;                      // of what has random stretches, at capture
constexpr std::size_t long_matches_from = 1 << 20;  // bytes: worth their own search from here on

// Room for the largest frame, most of which is never touched: not filled with zeros first.
class FrameRoom {
public:
    explicit FrameRoom(std::size_t plain_size)
        : size_(ZSTD_compressBound(plain_size)), bytes_(new std::uint8_t[size_]) {}

    std::uint8_t* data() { return bytes_.get(); }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] Bytes first(std::size_t count) const { return {bytes_.get(), bytes_.get() + count}; }

private:
    std::size_t size_;
    std::unique_ptr<std::uint8_t[]> bytes_;
};

// Where content that compresses begins and where it ends again, in steps of `stretch`; the last is the end of
// all. One: it is of one kind throughout.
std::vector<std::size_t> kind_changes(ByteView plain) {
    constexpr std::size_t stretch = 4096;
    constexpr std::size_t sample = 1024;
    std::vector<std::size_t> ends;
    bool random = false;
    for (std::size_t at = 0; at + stretch <= plain.size(); at += stretch) {
        const bool was = std::exchange(random, looks_random(plain.subspan(at, stretch), sample));
        if (at > 0 && random != was) ends.push_back(at);
    }
    ends.push_back(plain.size());
    return ends;
}

}  // namespace

Bytes compress_delta(ByteView base, ByteView plain, int level) {
    auto* context = compressor();
    FrameRoom frame(plain.size());
    const auto total = base.size() + plain.size();
    checked(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters));
    checked(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level));
    checked(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log(total)));
    if (total >= long_matches_from)
        checked(ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1));
    checked(ZSTD_CCtx_refPrefix(context, base.data(), base.size()));
    const auto size =
        checked(ZSTD_compress2(context, frame.data(), frame.size(), plain.data(), plain.size()));
    checked(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters));
    return frame.first(size);
}

Bytes decompress_delta(ByteView base, ByteView frame, std::uint64_t plain_size, std::string_view what) {
    if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != plain_size)
        throw Error(Errc::damaged, say<Msg::malformed>(what));
    auto* context = decompressor();
    checked(ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters));
    checked(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 31));
    checked(ZSTD_DCtx_refPrefix(context, base.data(), base.size()));
    Bytes plain(plain_size);
    const std::size_t size =
        ZSTD_decompressDCtx(context, plain.data(), plain.size(), frame.data(), frame.size());
    checked(ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters));
    if (ZSTD_isError(size) != 0 || size != plain_size) throw Error(Errc::damaged, say<Msg::malformed>(what));
    return plain;
}

// Random bytes spoil the coding of what stands in one block with them: where the one ends and the other
// begins, a block does. Between random stretches a longer search finds little for its time.
Bytes compress(ByteView plain, int level) {
    auto* context = compressor();
    FrameRoom frame(plain.size());
    const auto ends = kind_changes(plain);
    if (ends.size() == 1)
        return frame.first(checked(
            ZSTD_compressCCtx(context, frame.data(), frame.size(), plain.data(), plain.size(), level)));
    checked(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters));
    checked(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel,
                                   level == capture_level ? mixed_level : level));
    checked(ZSTD_CCtx_setPledgedSrcSize(context, plain.size()));
    ZSTD_outBuffer out{frame.data(), frame.size(), 0};
    ZSTD_inBuffer in{plain.data(), 0, 0};
    for (const auto end : ends) {
        in.size = end;
        const auto directive = end == plain.size() ? ZSTD_e_end : ZSTD_e_flush;
        if (checked(ZSTD_compressStream2(context, &out, &in, directive)) != 0)
            throw Error(Errc::failed, say<Msg::codec_failed>("frame"));
    }
    checked(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters));
    return frame.first(out.pos);
}

Bytes decompress(ByteView frame, std::uint64_t plain_size, std::string_view what) {
    const auto claimed = ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (claimed != plain_size) throw Error(Errc::damaged, say<Msg::malformed>(what));
    Bytes plain(plain_size);
    const std::size_t size =
        ZSTD_decompressDCtx(decompressor(), plain.data(), plain.size(), frame.data(), frame.size());
    if (ZSTD_isError(size) != 0 || size != plain_size) throw Error(Errc::damaged, say<Msg::malformed>(what));
    return plain;
}

// The output stays where it is, and the decoder is told so: it then keeps no window of its own.
struct FrameDecoder::Context {
    Handle<ZSTD_DCtx, ZSTD_freeDCtx> zstd{ZSTD_createDCtx()};
};

FrameDecoder::FrameDecoder(Bytes frame, Bytes base, std::uint64_t plain_size, std::string what)
    : frame_(std::move(frame)),
      base_(std::move(base)),
      plain_size_(plain_size),
      held_bytes_(frame_.size() + base_.size() + plain_size),
      what_(std::move(what)),
      plain_(new std::uint8_t[plain_size]),
      context_(std::make_unique<Context>()) {
    if (ZSTD_getFrameContentSize(frame_.data(), frame_.size()) != plain_size_)
        throw Error(Errc::damaged, say<Msg::malformed>(what_));
    auto* zstd = context_->zstd.get();
    if (zstd == nullptr) throw std::bad_alloc();
    checked(ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, 31));
    checked(ZSTD_DCtx_setParameter(zstd, ZSTD_d_stableOutBuffer, 1));
    if (!base_.empty()) checked(ZSTD_DCtx_refPrefix(zstd, base_.data(), base_.size()));
}

FrameDecoder::~FrameDecoder() = default;

ByteView FrameDecoder::first(std::uint64_t count) {
    constexpr std::size_t step = 4 << 10;  // bytes of the frame: a block of it may hold 128 KiB
    const auto damaged = [&] { return Error(Errc::damaged, say<Msg::malformed>(what_)); };
    if (count > plain_size_) throw damaged();
    while (context_ && (done_ < count || count == plain_size_)) {
        ZSTD_inBuffer in{frame_.data(), std::min(frame_.size(), read_ + step), read_};
        ZSTD_outBuffer out{plain_.get(), plain_size_, done_};
        const auto left = ZSTD_decompressStream(context_->zstd.get(), &out, &in);
        const bool stuck = in.pos == read_ && out.pos == done_;
        read_ = in.pos;
        done_ = out.pos;
        if (ZSTD_isError(left) != 0 || (left != 0 && stuck)) throw damaged();
        if (left != 0) continue;
        if (done_ != plain_size_ || read_ != frame_.size()) throw damaged();
        context_.reset();
        frame_ = {};
        base_ = {};
    }
    return {plain_.get(), count};
}

}  // namespace coffre::codec
