// SPDX-License-Identifier: BSD-3-Clause
// Makes small archives that can be put behind an existing initramfs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace kld::initramfs {

struct NewEntry {
    std::string path;  ///< without leading slash; its directories come before it, or are in the image already
    std::uint32_t mode = 0100644;
    std::string content{};  ///< of a regular file, or the target of a link
};

/// One newc archive, a multiple of four bytes long. Owner is root, times are zero: the same entries give the same
/// bytes.
/// @returns an error for an empty path, one with a leading slash and one longer than 4095 bytes
Result<std::string> make_archive(const std::vector<NewEntry>& entries);

/// The archive with the zero bytes in front that it needs behind an image of `image_size` bytes, whatever that image
/// ends with: an archive must begin at a multiple of four, and an lz4 stream must be set off by four zero bytes.
Result<std::string> make_appendix(std::uint64_t image_size, const std::vector<NewEntry>& entries);

}  // namespace kld::initramfs
