// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/decoders.h"

#include <bzlib.h>
#include <fmt/core.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>

namespace kld::initramfs {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 18;
constexpr std::uint64_t kDecoderMemory = std::uint64_t{192} << 20;

struct Magic {
    Format format;
    std::string_view name;
    std::string_view bytes;
};

// The lz4 frame is the legacy one: kernels know no other.
constexpr std::array<Magic, 6> kMagics{{{Format::gzip, "gzip", std::string_view("\x1f\x8b", 2)},
                                        {Format::xz, "xz",
                                         std::string_view("\xfd"
                                                          "7zXZ\0",
                                                          6)},
                                        {Format::zstd, "zstd", std::string_view("\x28\xb5\x2f\xfd", 4)},
                                        {Format::lz4, "lz4", std::string_view("\x02\x21\x4c\x18", 4)},
                                        {Format::bzip2, "bzip2", std::string_view("BZh", 3)},
                                        {Format::lzma, "lzma", std::string_view("\x5d\0\0", 3)}}};

tl::unexpected<Error> damaged(Format format) {
    return fail(fmt::format("the {} stream is damaged or cut short", format_name(format)));
}

tl::unexpected<Error> no_memory(Format format) {
    return fail(fmt::format("no memory for the {} decoder", format_name(format)));
}

/// Window of `bytes` that a decoder with 32-bit counters may be given at once.
unsigned window(std::string_view bytes) {
    return static_cast<unsigned>(std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max()));
}

Result<std::size_t> decode_gzip(std::string_view bytes, const Sink& sink) {
    z_stream stream{};
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) return no_memory(Format::gzip);
    const std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&stream, inflateEnd);
    std::string chunk(kChunk, '\0');
    std::size_t used = 0;
    while (true) {
        const auto room = window(bytes.substr(used));
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + used));
        stream.avail_in = room;
        stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
        stream.avail_out = static_cast<uInt>(chunk.size());
        const int code = inflate(&stream, Z_NO_FLUSH);
        used += room - stream.avail_in;
        KLD_CHECK(sink(std::string_view(chunk).substr(0, chunk.size() - stream.avail_out)));
        if (code == Z_STREAM_END) return used;
        if (code != Z_OK) return damaged(Format::gzip);
    }
}

Result<std::size_t> decode_bzip2(std::string_view bytes, const Sink& sink) {
    bz_stream stream{};
    if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) return no_memory(Format::bzip2);
    const std::unique_ptr<bz_stream, decltype(&BZ2_bzDecompressEnd)> guard(&stream, BZ2_bzDecompressEnd);
    std::string chunk(kChunk, '\0');
    std::size_t used = 0;
    while (true) {
        const auto room = window(bytes.substr(used));
        stream.next_in = const_cast<char*>(bytes.data() + used);
        stream.avail_in = room;
        stream.next_out = chunk.data();
        stream.avail_out = static_cast<unsigned>(chunk.size());
        const int code = BZ2_bzDecompress(&stream);
        const auto taken = room - stream.avail_in;
        const auto given = chunk.size() - stream.avail_out;
        used += taken;
        KLD_CHECK(sink(std::string_view(chunk).substr(0, given)));
        if (code == BZ_STREAM_END) return used;
        if (code != BZ_OK || (taken == 0 && given == 0)) return damaged(Format::bzip2);
    }
}

Result<std::size_t> decode_lzma(Format format, std::string_view bytes, const Sink& sink) {
    lzma_stream stream = LZMA_STREAM_INIT;
    const auto begun = format == Format::xz ? lzma_stream_decoder(&stream, kDecoderMemory, 0)
                                            : lzma_alone_decoder(&stream, kDecoderMemory);
    if (begun != LZMA_OK) return no_memory(format);
    const std::unique_ptr<lzma_stream, decltype(&lzma_end)> guard(&stream, lzma_end);
    stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    stream.avail_in = bytes.size();
    std::string chunk(kChunk, '\0');
    while (true) {
        stream.next_out = reinterpret_cast<std::uint8_t*>(chunk.data());
        stream.avail_out = chunk.size();
        const auto code = lzma_code(&stream, LZMA_RUN);
        KLD_CHECK(sink(std::string_view(chunk).substr(0, chunk.size() - stream.avail_out)));
        if (code == LZMA_STREAM_END) return bytes.size() - stream.avail_in;
        if (code == LZMA_MEMLIMIT_ERROR) return no_memory(format);
        if (code != LZMA_OK) return damaged(format);
    }
}

Result<std::size_t> decode_xz(std::string_view bytes, const Sink& sink) {
    // Stream flags: 0 is no check, 1 is CRC32; the kernel's decoder knows no other.
    constexpr std::size_t kCheckAt = 7;
    if (bytes.size() > kCheckAt && bytes[kCheckAt] != 0 && bytes[kCheckAt] != 1)
        return fail("the xz stream has a check that kernels cannot compute", "compress with xz --check=crc32");
    return decode_lzma(Format::xz, bytes, sink);
}

Result<std::size_t> decode_zstd(std::string_view bytes, const Sink& sink) {
    const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
    if (!stream) return no_memory(Format::zstd);
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::string chunk(kChunk, '\0');
    while (true) {
        ZSTD_outBuffer room{chunk.data(), chunk.size(), 0};
        const auto before = in.pos;
        const auto left = ZSTD_decompressStream(stream.get(), &room, &in);
        if (ZSTD_isError(left) != 0) return damaged(Format::zstd);
        KLD_CHECK(sink(std::string_view(chunk).substr(0, room.pos)));
        if (left == 0) return in.pos;
        if (in.pos == before && room.pos == 0) return damaged(Format::zstd);
    }
}

std::uint32_t little_endian(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i > 0; --i) value = (value << 8U) | static_cast<unsigned char>(bytes[i - 1]);
    return value;
}

/// Legacy frames have no end mark. Kernels (lib/decompress_unlz4.c) stop at the end of the file or at a size of zero,
/// and take any other word as the size of the next block.
Result<std::size_t> decode_lz4(std::string_view bytes, const Sink& sink) {
    constexpr std::size_t kBlock = std::size_t{8} << 20;
    constexpr std::uint32_t kMagic = 0x184c2102;
    constexpr std::size_t kWord = 4;
    const auto block = std::make_unique_for_overwrite<char[]>(kBlock);
    std::size_t used = 0;
    while (bytes.size() - used >= kWord) {
        const auto size = little_endian(bytes.substr(used, kWord));
        if (size == 0) return used;
        used += kWord;
        if (size == kMagic) continue;
        if (size > static_cast<std::size_t>(LZ4_compressBound(kBlock)) || size > bytes.size() - used) {
            auto error = damaged(Format::lz4).value();
            error.hint = "what follows an lz4 stream in an initramfs must be set off by four zero bytes";
            return fail(std::move(error));
        }
        const int got =
            LZ4_decompress_safe(bytes.data() + used, block.get(), static_cast<int>(size), static_cast<int>(kBlock));
        if (got < 0) return damaged(Format::lz4);
        KLD_CHECK(sink(std::string_view(block.get(), static_cast<std::size_t>(got))));
        used += size;
    }
    return used;
}

}  // namespace

std::string_view format_name(Format format) {
    for (const auto& magic : kMagics)
        if (magic.format == format) return magic.name;
    return "cpio";
}

std::optional<Format> compression_of(std::string_view bytes) {
    for (const auto& magic : kMagics)
        if (bytes.starts_with(magic.bytes)) return magic.format;
    return std::nullopt;
}

Result<std::size_t> decode(Format format, std::string_view bytes, const Sink& sink) {
    switch (format) {
        case Format::gzip:
            return decode_gzip(bytes, sink);
        case Format::bzip2:
            return decode_bzip2(bytes, sink);
        case Format::xz:
            return decode_xz(bytes, sink);
        case Format::lzma:
            return decode_lzma(Format::lzma, bytes, sink);
        case Format::zstd:
            return decode_zstd(bytes, sink);
        case Format::lz4:
            return decode_lz4(bytes, sink);
        case Format::cpio:
            break;
    }
    return fail("an uncompressed archive needs no decoder");
}

}  // namespace kld::initramfs
