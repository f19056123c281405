// SPDX-License-Identifier: BSD-3-Clause
#include "samples/initramfs.h"

#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <iostream>

namespace kld::initramfs::test {
namespace {

std::string gzip(std::string bytes) {
    z_stream stream{};
    constexpr int kGzip = 16 + MAX_WBITS;
    deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string xz(const std::string& bytes, lzma_check check) {
    std::string out(lzma_stream_buffer_bound(bytes.size()), '\0');
    std::size_t used = 0;
    lzma_easy_buffer_encode(1, check, nullptr, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                            reinterpret_cast<std::uint8_t*>(out.data()), &used, out.size());
    return out.substr(0, used);
}

std::string lzma(const std::string& bytes) {
    lzma_options_lzma options{};
    lzma_lzma_preset(&options, 1);
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_alone_encoder(&stream, &options) != LZMA_OK) std::abort();
    std::string out(bytes.size() * 2 + 1024, '\0');
    stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    stream.avail_in = bytes.size();
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream.avail_out = out.size();
    if (lzma_code(&stream, LZMA_FINISH) != LZMA_STREAM_END) std::abort();
    out.resize(out.size() - stream.avail_out);
    lzma_end(&stream);
    return out;
}

void put(std::string& bytes, std::size_t offset, std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) bytes[offset + i] = static_cast<char>(value >> (8 * i));
}

std::string lz4(const std::string& bytes) {
    std::string out(8 + static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(bytes.size()))), '\0');
    const int size = LZ4_compress_default(bytes.data(), out.data() + 8, static_cast<int>(bytes.size()),
                                          static_cast<int>(out.size()) - 8);
    put(out, 0, 0x184c2102, 4);
    put(out, 4, static_cast<std::uint64_t>(size), 4);
    return out.substr(0, 8 + static_cast<std::size_t>(size));
}

std::string bzip2(std::string bytes) {
    auto size = static_cast<unsigned>(bytes.size() * 2 + 1024);
    std::string out(size, '\0');
    BZ2_bzBuffToBuffCompress(out.data(), &size, bytes.data(), static_cast<unsigned>(bytes.size()), 1, 0, 0);
    return out.substr(0, size);
}

std::string zstd(const std::string& bytes) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    return out.substr(0, ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
}

}  // namespace

std::string compress(Format format, const std::string& bytes) {
    switch (format) {
        case Format::gzip:
            return gzip(bytes);
        case Format::xz:
            return xz(bytes, LZMA_CHECK_CRC32);
        case Format::zstd:
            return zstd(bytes);
        case Format::lz4:
            return lz4(bytes);
        case Format::bzip2:
            return bzip2(bytes);
        case Format::lzma:
            return lzma(bytes);
        case Format::cpio:
            break;
    }
    return bytes;
}

std::string xz_with_crc64(const std::string& bytes) {
    return xz(bytes, LZMA_CHECK_CRC64);
}

std::string archive(const std::vector<NewEntry>& entries) {
    auto made = make_archive(entries);
    if (made) return *std::move(made);
    std::cerr << render(made.error());
    std::abort();
}

std::string make_elf(const std::vector<std::string>& libraries, const std::string& interpreter) {
    constexpr std::size_t kHeaders = 64 + 3 * 56;
    std::string strings(1, '\0');
    std::string dynamic;
    const auto tag = [&dynamic](std::uint64_t key, std::uint64_t value) {
        dynamic.append(16, '\0');
        put(dynamic, dynamic.size() - 16, key, 8);
        put(dynamic, dynamic.size() - 8, value, 8);
    };
    for (const auto& library : libraries) {
        tag(1, strings.size());
        strings += library + std::string(1, '\0');
    }
    const auto loader = interpreter + std::string(1, '\0');
    const auto dynamic_at = kHeaders + loader.size();
    const auto strings_at = dynamic_at + dynamic.size() + 32;
    constexpr std::uint64_t kAddress = 0x400000;
    tag(5, kAddress + strings_at);
    tag(0, 0);
    std::string elf(kHeaders, '\0');
    elf.replace(0, 6,
                "\x7f"
                "ELF\x02\x01");
    put(elf, 0x20, 64, 8);
    put(elf, 0x36, 56, 2);
    put(elf, 0x38, 3, 2);
    elf += loader + dynamic + strings;
    const auto part = [&elf](std::size_t index, std::uint64_t type, std::uint64_t offset, std::uint64_t size) {
        const auto at = 64 + 56 * index;
        put(elf, at, type, 4);
        put(elf, at + 8, offset, 8);
        put(elf, at + 16, kAddress + offset, 8);
        put(elf, at + 32, size, 8);
    };
    part(0, 1, 0, elf.size());
    part(1, interpreter.empty() ? 0 : 3, kHeaders, loader.size());
    part(2, 2, dynamic_at, dynamic.size());
    return elf;
}

}  // namespace kld::initramfs::test
