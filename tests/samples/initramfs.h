// SPDX-License-Identifier: BSD-3-Clause
// Small images in every compression for the tests of src/initramfs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "initramfs/cpio_writer.h"
#include "initramfs/decoders.h"
#include "samples/damage.h"

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

using kld::test::message_of;
using kld::test::mutate;

}  // namespace kld::initramfs::test
