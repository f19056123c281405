// SPDX-License-Identifier: BSD-3-Clause
// What must hold on every machine that has just booted, asked over any shell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vm/support/ask.h"

namespace kld::test {

/// Waits until the system says it is up, then expects: no failed unit, a pool without complaints, the root on
/// `dataset`, all file systems of the layout mounted and nothing of another boot environment, /var/log mounted before
/// the journal's first line (of a systemd in the initramfs: before it went to disk) and nothing below it, an own hostid
/// that kernel and file agree on, first boot over, and no cache file of pools.
void expect_healthy(const RootShell& shell, const std::string& dataset);

/// A disk that is larger than the image, and that its pool uses all of it.
inline constexpr std::uint64_t kBigDisk = 20ULL << 30;
void expect_grown(const RootShell& shell);

/// All that tells one machine from another: ids, keys, GUIDs of disk and pool, in a fixed order.
inline constexpr std::size_t kPoolPartuuid = 6, kPoolGuid = 8;  ///< their places in that order
std::vector<std::string> identities(const RootShell& shell, const std::string& pool);

/// Expects dpkg --verify to be silent but for the stated files. Reads all of the system: a minute under emulation.
void expect_stock(const RootShell& shell);

}  // namespace kld::test
