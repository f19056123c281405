// SPDX-License-Identifier: BSD-3-Clause
#include "pool/size_needed.h"

#include <algorithm>

namespace kld::pool {

namespace {
constexpr std::uint64_t kMiB = 1ULL << 20;
constexpr std::uint64_t kPerEntry = 2048;    // a dnode, its directory entry and what they compress to
constexpr std::uint64_t kSlop = 128 * kMiB;  // OpenZFS keeps a 32nd, at least this (spa_get_slop_space)
constexpr std::uint64_t kLabels = 5 * kMiB;  // labels and boot area
}  // namespace

std::uint64_t size_needed(std::uint64_t allocated, const FillCounts& done, std::uint64_t bytes, std::uint64_t entries) {
    // Little was written yet: as if nothing could be compressed.
    const double ratio =
        done.bytes < 16 * kMiB ? 1.0 : std::min(1.1, static_cast<double>(allocated) / static_cast<double>(done.bytes));
    const auto to_come = static_cast<std::uint64_t>(static_cast<double>(bytes) * ratio) + entries * kPerEntry;
    const std::uint64_t data = (allocated + to_come) / 100 * 106;
    const std::uint64_t with_slop = std::max(data + kSlop, data / 31 * 32) + kLabels;
    // The end of a device that is no whole metaslab stays unused: at most a 16th of it.
    const std::uint64_t all = with_slop / 15 * 16;
    return (all + kMiB - 1) / kMiB * kMiB;
}

}  // namespace kld::pool
