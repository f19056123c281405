// SPDX-License-Identifier: BSD-3-Clause
// Versions: their order inside file names, as `sort -V` has it, and the feature set of one of OpenZFS.
#pragma once

#include <string>
#include <string_view>

namespace kld::boot {

/// Negative, zero or positive: `left` comes before, equals, comes after `right`. Rules of coreutils' version sort:
/// digits compare as numbers, "~" before the end, letters before other signs, a file suffix like ".img" counts last.
int compare_versions(std::string_view left, std::string_view right);

/// "2.3.9-0+deb13u1" → "2.3".
std::string major_minor(std::string_view version);

/// The name of OpenZFS's feature set of a version: "2.3.9-0+deb13u1" → "openzfs-2.3-linux".
std::string feature_set_name(std::string_view zfs_version);

}  // namespace kld::boot
