// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/properties.h"

#include "base/text.h"
#include "zfs/query.h"

namespace kld::zfs {
namespace {

/// Keys are those of the origin; the others say how a dataset was made and cannot be given to a clone.
const std::vector<std::string> kNotForClones{"mountpoint",  "canmount",    "encryption",      "keyformat",
                                             "keylocation", "pbkdf2iters", "casesensitivity", "normalization",
                                             "utf8only",    kReason,       kUnfinished};

}  // namespace

Result<Properties> parse_properties(const std::vector<std::string>& words) {
    Properties properties;
    for (const auto& word : words) {
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail("'" + word + "' is no PROPERTY=VALUE", "write it as -o compression=zstd", ExitCode::usage);
        properties.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
    return properties;
}

Properties local_of(const boot::Dataset& dataset) {
    Properties properties;
    for (const auto& [name, property] : dataset.properties)
        if ((property.source == "local" || property.source == "received") && !contains(kNotForClones, name))
            properties.emplace_back(name, property.value);
    return properties;
}

Command local_properties_command(const std::string& dataset) {
    return get_command({.root = dataset, .properties = {"all"}, .sources = {"local", "received"}, .recursive = false});
}

Result<Properties> parse_local_properties(std::string_view output) {
    KLD_TRY(const auto read, boot::parse_datasets(output));
    return read.empty() ? Properties{} : local_of(read.front());
}

Result<Properties> local_properties(Runner& runner, const std::string& dataset) {
    KLD_TRY(const auto output, runner.run(local_properties_command(dataset)));
    return parse_local_properties(output.out);
}

}  // namespace kld::zfs
