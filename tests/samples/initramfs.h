// SPDX-License-Identifier: BSD-3-Clause
// Small images in every compression for the tests of src/initramfs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "initramfs/cpio_writer.h"
#include "initramfs/decoders.h"

namespace kld::initramfs::test {

inline constexpr Format kCompressions[] = {Format::gzip, Format::xz,    Format::zstd,
                                           Format::lz4,  Format::bzip2, Format::lzma};

/// Like the program of the same name; lz4 in the legacy form, xz with CRC32.
std::string compress(Format format, const std::string& bytes);

/// xz with CRC64, the program's default.
std::string xz_with_crc64(const std::string& bytes);

/// Must succeed.
std::string archive(const std::vector<NewEntry>& entries);

inline NewEntry directory(const std::string& path) {
    return {.path = path, .mode = 0040755};
}
inline NewEntry link(const std::string& path, const std::string& target) {
    return {.path = path, .mode = 0120777, .content = target};
}
inline NewEntry program(const std::string& path, const std::string& content) {
    return {.path = path, .mode = 0100755, .content = content};
}

/// A 64-bit ELF file that asks for these libraries.
std::string make_elf(const std::vector<std::string>& libraries, const std::string& interpreter = {});

/// The error's message, or "no error": asking a success for its error is undefined.
template <typename T>
std::string message_of(const Result<T>& result) {
    return result ? "no error" : result.error().message;
}

/// Calls `f` with `rounds` copies of `bytes` in which a few bytes are overwritten at random, always the same ones.
template <typename F>
void mutate(const std::string& bytes, int rounds, F&& f) {
    std::uint32_t state = 4711;
    const auto next = [&state] { return state = state * 1664525U + 1013904223U, state >> 8U; };
    for (int round = 0; round < rounds; ++round) {
        auto mutated = bytes;
        for (auto changes = 1 + next() % 4; changes > 0 && !mutated.empty(); --changes)
            mutated[next() % mutated.size()] = static_cast<char>(next());
        f(mutated);
    }
}

}  // namespace kld::initramfs::test
