// SPDX-License-Identifier: BSD-3-Clause
// Reads a system to be checked, wherever it lies. Nothing of it is changed.
#pragma once

#include <string>

#include "base/runner.h"
#include "check/system.h"

namespace kld::check {

/// What is needed to look into disks.
struct Reader {
    Runner& runner;
    Files& files;
    std::string pool_program;  ///< kldload-pool
    std::string scratch;       ///< a directory of one's own, which must outlive the System
};

/// A disk or an image of one: raw, or what qemu-img reads, or an ova. Other formats are unpacked into `scratch` first.
/// Errors: no partition table, no pool, several pools; a pool that cannot be opened.
Result<System> read_disk(const Reader& reader, const std::string& path);

/// A root tree in a directory.
System read_directory(Files& files, const std::string& path);

/// This machine, by its own zfs and zpool.
Result<System> read_running(Runner& runner, Files& files);

/// What of any environment is looked at, as patterns of kldload-pool extract.
const std::vector<std::string>& wanted_paths();

/// The pool in what `kldload-pool list --json` printed.
Result<Pool> parse_pool(const std::string& json);

}  // namespace kld::check
