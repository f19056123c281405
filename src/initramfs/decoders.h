// SPDX-License-Identifier: BSD-3-Clause
// The compressions in which a kernel takes its initramfs, each decoded to its exact end.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace kld::initramfs {

enum class Format { cpio, gzip, xz, zstd, lz4, bzip2, lzma };

/// "cpio", "gzip", …
std::string_view format_name(Format format);

/// The compression whose magic `bytes` begins with; never cpio.
std::optional<Format> compression_of(std::string_view bytes);

/// Told each piece of what was unpacked; an error stops the decoder and comes back from it.
using Sink = std::function<Status(std::string_view)>;

/// Unpacks one stream from the beginning of `bytes`. What follows the stream is left alone.
/// @returns how many bytes the stream took; an error when it is damaged or cut short, or of a kind that kernels refuse
Result<std::size_t> decode(Format format, std::string_view bytes, const Sink& sink);

}  // namespace kld::initramfs
