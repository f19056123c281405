// SPDX-License-Identifier: BSD-3-Clause
#include "modules/compression.h"

#include <fmt/core.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace kld::modules {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::string_view kXzMagic(
    "\xfd"
    "7zXZ\0",
    6);
constexpr std::string_view kZstdMagic("\x28\xb5\x2f\xfd", 4);
constexpr std::string_view kGzipMagic("\x1f\x8b\x08", 3);

tl::unexpected<Error> too_large(std::size_t limit) {
    return fail(fmt::format("the compressed module unpacks to more than {} MiB", limit >> 20));
}

tl::unexpected<Error> damaged(std::string_view format) {
    return fail(fmt::format("the {} stream of the module is damaged or cut short", format));
}

Result<std::string> unpack_xz(std::string_view bytes, std::size_t limit) {
    lzma_stream stream = LZMA_STREAM_INIT;
    constexpr std::uint64_t kMemory = std::uint64_t{256} << 20;
    if (lzma_stream_decoder(&stream, kMemory, LZMA_CONCATENATED) != LZMA_OK)
        return fail("no memory for the xz decoder");
    const std::unique_ptr<lzma_stream, decltype(&lzma_end)> guard(&stream, lzma_end);
    stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    stream.avail_in = bytes.size();
    std::string out;
    std::string chunk(kChunk, '\0');
    while (true) {
        stream.next_out = reinterpret_cast<std::uint8_t*>(chunk.data());
        stream.avail_out = chunk.size();
        const auto code = lzma_code(&stream, LZMA_FINISH);
        out.append(chunk, 0, chunk.size() - stream.avail_out);
        if (out.size() > limit) return too_large(limit);
        if (code == LZMA_STREAM_END) return out;
        if (code != LZMA_OK) return damaged("xz");
    }
}

Result<std::string> unpack_zstd(std::string_view bytes, std::size_t limit) {
    const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
    if (!stream) return fail("no memory for the zstd decoder");
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::string out;
    std::string chunk(kChunk, '\0');
    while (true) {
        ZSTD_outBuffer room{chunk.data(), chunk.size(), 0};
        const auto left = ZSTD_decompressStream(stream.get(), &room, &in);
        if (ZSTD_isError(left) != 0) return damaged("zstd");
        out.append(chunk, 0, room.pos);
        if (out.size() > limit) return too_large(limit);
        if (in.pos == in.size && left == 0) return out;
        if (in.pos == in.size && room.pos < room.size) return damaged("zstd");
    }
}

Result<std::string> unpack_gzip(std::string_view bytes, std::size_t limit) {
    if (bytes.size() > std::numeric_limits<uInt>::max()) return too_large(limit);
    z_stream stream{};
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) return fail("no memory for the gzip decoder");
    const std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&stream, inflateEnd);
    std::string in(bytes);
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    std::string out;
    std::string chunk(kChunk, '\0');
    while (true) {
        stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
        stream.avail_out = static_cast<uInt>(chunk.size());
        const int code = inflate(&stream, Z_NO_FLUSH);
        out.append(chunk, 0, chunk.size() - stream.avail_out);
        if (out.size() > limit) return too_large(limit);
        if (code == Z_STREAM_END) return out;
        if (code != Z_OK) return damaged("gzip");
    }
}

}  // namespace

Result<std::string> unpack_module(std::string_view bytes, std::size_t limit) {
    if (bytes.starts_with(kXzMagic)) return unpack_xz(bytes, limit);
    if (bytes.starts_with(kZstdMagic)) return unpack_zstd(bytes, limit);
    if (bytes.starts_with(kGzipMagic)) return unpack_gzip(bytes, limit);
    if (bytes.size() > limit) return too_large(limit);
    return std::string(bytes);
}

Result<std::string> pack_xz(std::string_view bytes) {
    lzma_options_lzma options{};
    if (lzma_lzma_preset(&options, LZMA_PRESET_DEFAULT) != 0) return fail("liblzma does not know its default preset");
    options.dict_size = 1U << 20;
    const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    std::string out(lzma_stream_buffer_bound(bytes.size()), '\0');
    std::size_t used = 0;
    const auto code = lzma_stream_buffer_encode(const_cast<lzma_filter*>(filters), LZMA_CHECK_CRC32, nullptr,
                                                reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                                reinterpret_cast<std::uint8_t*>(out.data()), &used, out.size());
    if (code != LZMA_OK)
        return fail(fmt::format("xz cannot compress the module (liblzma code {})", static_cast<int>(code)));
    out.resize(used);
    return out;
}

}  // namespace kld::modules
