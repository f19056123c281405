// SPDX-License-Identifier: BSD-3-Clause
// Properties that a person or a program gives a dataset, and those that a clone of it must be told.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/runner.h"
#include "boot/dataset.h"

namespace kld::zfs {

/// Name and value, in the order in which they are given.
using Properties = std::vector<std::pair<std::string, std::string>>;

/// The property that says why kldload made a snapshot or a dataset: "kbe", "kpkg", "kupgrade", "ksnap", "kclone". What
/// does not carry it is never taken away by itself.
inline constexpr const char* kReason = "org.kldload:reason";
/// Has the dataset's own name from its making until all of it is done: what a killed command left is known by it.
inline constexpr const char* kUnfinished = "org.kldload:unfinished";
/// Its value on the snapshot that a running export sends.
inline constexpr const char* kExporting = "kexport";

/// "compression=zstd" and the like, as -o gives them. Errors (exit 2): no name, no equals sign.
Result<Properties> parse_properties(const std::vector<std::string>& words);

/// What was set on the dataset itself and a clone must be told: user properties and native ones, without what a clone
/// has from its origin (encryption) and what whoever makes the clone decides (mountpoint, canmount).
Result<Properties> local_properties(Runner& runner, const std::string& dataset);

/// The same of a dataset that was read with all of its properties and their sources.
Properties local_of(const boot::Dataset& dataset);

/// What local_properties() runs, and what it makes of the output.
Command local_properties_command(const std::string& dataset);
Result<Properties> parse_local_properties(std::string_view output);

}  // namespace kld::zfs
