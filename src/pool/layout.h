// SPDX-License-Identifier: BSD-3-Clause
// The layout file: the pool, its datasets, their properties, and which paths go where (docs/pool.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "pool/property.h"

namespace kld::pool {

struct DatasetLayout {
    std::string name{};  ///< below the pool, "" for the pool's root dataset
    std::vector<Setting> settings{};
    std::string mountpoint{};                        ///< effective: inherited or its own; "none", "legacy" or a path
    bool mounts = true;                              ///< canmount is not off
    std::map<std::string, std::string> effective{};  ///< inheritable native properties in force here, as text
    std::uint64_t normalization = 0, utf8only = 0, casesensitivity = 0;
    std::uint64_t record_size = 131072;

    /// Files go into it.
    bool takes_files() const { return mounts && mountpoint.starts_with('/'); }
};

struct Layout {
    std::string pool{};
    unsigned ashift = 12;
    std::string compatibility{};
    std::vector<std::string> features{};    ///< those of `compatibility` that this libzpool knows
    std::vector<std::string> left_out{};    ///< those that it does not know
    std::vector<Setting> settings{};        ///< of the pool, without `bootfs`
    std::vector<DatasetLayout> datasets{};  ///< the root dataset first, parents before children
    std::vector<std::string> snapshots{};   ///< "dataset@name", below the pool
    std::string bootfs{};                   ///< below the pool, or empty

    std::string full_name(const std::string& dataset) const { return dataset.empty() ? pool : pool + "/" + dataset; }
};

/// @param text  the file's content
/// @param shown  how errors name the file
/// Needs OpenZFS to be started: it knows the properties. Errors name the dataset and property, exit 2.
Result<Layout> parse_layout(const std::string& text, const std::string& shown);

}  // namespace kld::pool
