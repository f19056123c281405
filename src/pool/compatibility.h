// SPDX-License-Identifier: BSD-3-Clause
// Pool features from OpenZFS's compatibility files, as zpool reads them (zpool-features(7)).
#pragma once

#include <string>
#include <vector>

#include "base/files.h"

namespace kld::pool {

/// @param value  "off" (all features), "legacy" (none), or file names separated by commas: looked up in
///     /etc/zfs/compatibility.d, then /usr/share/zfs/compatibility.d, or absolute. Several files: what all of them
///     have.
/// @param all  what "off" stands for
/// @returns sorted names; an error (exit 2) names the file that is missing
Result<std::vector<std::string>> compatible_features(Files& files, const std::string& value,
                                                     const std::vector<std::string>& all);

}  // namespace kld::pool
