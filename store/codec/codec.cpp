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

}  // namespace

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
