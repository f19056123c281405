// SPDX-License-Identifier: BSD-3-Clause
// The files of one folder of the catalogue.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace kld::catalog {

/// Ids of all entries of a folder.
Result<std::vector<std::string>> known_ids(Files& files, const std::string& folder);

/// The text of one entry; an unknown id is a usage error that lists the known ones.
/// @param what  as people call it: "profile"
Result<std::string> read_entry(Files& files, const std::string& folder, const std::string& what, const std::string& id);

}  // namespace kld::catalog
