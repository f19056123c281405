// SPDX-License-Identifier: BSD-3-Clause
// Datasets with the properties that decide about booting, as `zfs get` prints them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kld::boot {

struct Property {
    std::string value;
    std::string source;  ///< "local", "received", "default", "inherited from <dataset>", "-", …
};

struct Dataset {
    std::string name;
    std::map<std::string, Property> properties;

    /// The value, or "-" when the property is not set.
    const std::string& value(const std::string& property) const;
};

/// The properties that `parse_datasets` wants, comma-separated for `zfs get`.
extern const char* const kBootProperties;

/// Output of `zfs get -Hp -o name,property,value,source -t filesystem <properties>`, in the order of appearance. Values
/// of users may have tabs and line breaks, which zfs prints as they are: no value hides another dataset.
/// @param asked  the properties, comma-separated; empty: all there are
/// Errors: there is output, and no line of it is one of a property.
Result<std::vector<Dataset>> parse_datasets(std::string_view output, std::string_view asked = {});

/// The dataset of that name, or nullptr.
const Dataset* find_dataset(const std::vector<Dataset>& datasets, std::string_view name);

/// The part of a dataset's name before the first slash.
std::string pool_of(std::string_view dataset);

/// "rpool/ROOT/default" → "rpool/ROOT"; a pool's own name as it is.
std::string parent_of(std::string_view dataset);

}  // namespace kld::boot
