#include "store/codec/codec.hpp"

#include <zstd.h>

#include "base/error.hpp"
#include "base/handle.hpp"

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

constexpr std::size_t long_matches_from = 1 << 20;  // bytes: worth their own search from here on

}  // namespace

Bytes compress_delta(ByteView base, ByteView plain, int level) {
    auto* context = compressor();
    Bytes frame(ZSTD_compressBound(plain.size()));
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
    frame.resize(size);
    return frame;
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

Bytes compress(ByteView plain, int level) {
    Bytes frame(ZSTD_compressBound(plain.size()));
    const std::size_t size =
        ZSTD_compressCCtx(compressor(), frame.data(), frame.size(), plain.data(), plain.size(), level);
    if (ZSTD_isError(size) != 0) throw Error(Errc::failed, say<Msg::codec_failed>(ZSTD_getErrorName(size)));
    frame.resize(size);
    return frame;
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

}  // namespace coffre::codec
