// SPDX-License-Identifier: BSD-3-Clause
// ksnap diff: which files changed since a snapshot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/runner.h"
#include "base/table.h"

namespace kld::snap {

struct Change {
    char kind = 'M';         ///< zfs-diff(8): '+' made, '-' removed, 'M' changed, 'R' renamed
    char type = 'F';         ///< 'F' file, '/' directory, '@' link, …
    std::string path{};      ///< as it is mounted, every byte as it is
    std::string new_path{};  ///< of what was renamed
    int links = 0;           ///< how many names a file got or lost
};

/// Output of `zfs diff -FH`. Without -h, which would leave a tab or a newline in a name as it is.
Result<std::vector<Change>> parse_diff(std::string_view output);

/// One `zfs diff`. The dataset must be mounted.
/// @param until  a later snapshot, or the dataset as it is now
Result<std::vector<Change>> read_diff(Runner& runner, const std::string& since, const std::string& until);

/// Change, type, path, new path; in JSON links, too. For people and scripts control characters and backslashes of
/// names are written as zfs-diff(8) does: \0011.
/// @param exact  names as they are, for JSON
Table list_changes(const std::vector<Change>& changes, bool exact);

/// "changes since rpool/home@a: 31", then the folders with the most of them and the first changes.
std::string summary(const std::vector<Change>& changes, const std::string& since);

}  // namespace kld::snap
