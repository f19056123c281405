// SPDX-License-Identifier: BSD-3-Clause
// What those who import a disk image expect of it (docs/formats.md), looked at in the finished file.
#pragma once

#include <string>

namespace kld::test {

/// Azure's: fixed, the size a multiple of 1 MiB, one footer at the end that says so.
void expect_fixed_vhd(const std::string& image);

/// VMware's: streamOptimized.
void expect_stream_optimized(const std::string& image);

/// Unpacks `directory`/`name`.ova there. Expects the description first, the sums of the manifest to be those of the
/// files, and the disk `name`-disk1.vmdk to be streamOptimized.
void expect_appliance(const std::string& directory, const std::string& name);

}  // namespace kld::test
