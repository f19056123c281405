// SPDX-License-Identifier: BSD-3-Clause
// Turns answers into the overlay that makes a machine out of a root tree.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "catalog/catalog.h"
#include "config/answers.h"
#include "image/tree_facts.h"

namespace kld::image {

struct Personalisation {
    config::Answers answers;
    catalog::Profile profile;
    std::string esp_partuuid;                    ///< as the partition table has it
    std::map<std::string, std::string> files{};  ///< what the package family adds: content by path, mode 0644
    long time = 0;                               ///< of the overlay's files, seconds since the epoch
};

/// Writes the overlay tar. Files that must not be shared between machines are emptied here and made on first boot.
/// Refuses a tree in which an account has no password at all, and a time zone that the tree does not know.
Status write_overlay(const TreeFacts& tree, const Personalisation& wish, const std::string& path);

}  // namespace kld::image
