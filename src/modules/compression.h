// SPDX-License-Identifier: BSD-3-Clause
// The compressions in which distributions ship kernel modules: .ko.xz, .ko.zst, .ko.gz.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kld::modules {

/// No module comes near this many bytes; what unpacks to more is not one.
inline constexpr std::size_t kLargestModule = std::size_t{256} << 20;

/// The bytes of a module: unpacked when they begin with the magic of xz, zstd or gzip, else as they are.
/// @returns an error for a damaged or truncated stream, and for one that unpacks to more than `limit` bytes
Result<std::string> unpack_module(std::string_view bytes, std::size_t limit = kLargestModule);

/// One xz stream as the kernel's own decoder takes it: CRC32 check, 1 MiB dictionary (the kernel's Makefile.modinst).
Result<std::string> pack_xz(std::string_view bytes);

}  // namespace kld::modules
