// SPDX-License-Identifier: BSD-3-Clause
// Names of datasets and snapshots: what ZFS takes, and names that say when.
#pragma once

#include <ctime>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kld::zfs {

/// "rpool/ROOT/default@kpkg-20261127-035700"
struct SnapshotName {
    std::string dataset;
    std::string snapshot;  ///< without the @; empty when there is none
};
SnapshotName split_snapshot(std::string_view name);

/// One part of a dataset's name, or a snapshot's: letters, digits and "-_.: ", not longer than ZFS takes.
/// @param what  for the error: "boot environment"
Status check_component(std::string_view name, const std::string& what);

/// The whole name, with its pool and slashes. ZFS takes 255 bytes of it.
Status check_length(const std::string& dataset);

/// "<prefix>-20261127-035700", in UTC so that no hour comes twice; with "-2", "-3", … behind it when that is taken.
std::string stamped(const std::string& prefix, std::time_t now, const std::function<bool(const std::string&)>& taken);

/// "default-back-20261127-035700" and "default-back-20261127-035700-2" → "default" for the word "-back": names that
/// are made of names do not grow.
std::string without_stamp(const std::string& name, std::string_view word);

}  // namespace kld::zfs
