// SPDX-License-Identifier: BSD-3-Clause
// How large an image must be for a tree.
#pragma once

#include <cstdint>

namespace kld::pool {

struct FillCounts {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;  ///< of file data, holes not counted
};

/// @param allocated  bytes that the pool holds with `done` in it
/// @param bytes, entries  what is still to come; it is taken to compress as what is done already
/// @returns bytes of the vdev, with what OpenZFS keeps for itself; a whole number of MiB
std::uint64_t size_needed(std::uint64_t allocated, const FillCounts& done, std::uint64_t bytes, std::uint64_t entries);

}  // namespace kld::pool
