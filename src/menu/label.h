// SPDX-License-Identifier: BSD-3-Clause
// Reads what a ZFS vdev label says about its pool, without ZFS.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace kld::menu {

/// Values of `state` in a label (sys/fs/zfs.h, pool_state_t).
enum class PoolState : std::uint64_t { active = 0, exported = 1, destroyed = 2, spare = 3, cache = 4 };

struct Label {
    std::string pool;
    std::uint64_t pool_guid = 0;
    PoolState state = PoolState::active;
    std::uint64_t txg = 0;
    std::uint64_t written = 0;  ///< seconds since 1970: when the pool wrote last, by this device; 0 when it has not
    std::uint32_t hostid = 0;   ///< 0 when the label has none
    std::string hostname{};
    std::uint64_t guid = 0;             ///< of this device
    std::uint64_t top_guid = 0;         ///< of its top-level vdev
    std::uint64_t top_level_count = 1;  ///< vdev_children: how many top-level vdevs the pool has
    std::set<std::uint64_t> leaves{};   ///< devices of this device's top-level vdev
};

/// Offset and length of the name-value list inside a vdev label.
inline constexpr std::uint64_t kLabelSize = 256 << 10;
inline constexpr std::uint64_t kLabelListOffset = 16 << 10;
inline constexpr std::uint64_t kLabelListSize = 112 << 10;
inline constexpr std::uint64_t kUberblocksOffset = 128 << 10;
inline constexpr std::uint64_t kUberblocksSize = 128 << 10;

/// @param list  kLabelListSize bytes, an XDR nvlist. Nothing when they are no label of a pool, or cut short.
std::optional<Label> parse_label(std::string_view list);

/// @param uberblocks  the end of a label. @returns the time in the newest of them that this machine's byte order reads,
/// 0 when there is none
std::uint64_t last_written(std::string_view uberblocks);

/// The newest readable of the four labels of a device; nothing when it has none.
/// @param both_ends  false for a disk with partitions: the labels at its end belong to the last partition
std::optional<Label> read_label(const Fd& device, bool both_ends);

}  // namespace kld::menu
