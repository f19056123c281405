// SPDX-License-Identifier: BSD-3-Clause
#include "catalog/entries.h"

#include <fmt/core.h>

#include "base/text.h"

namespace kld::catalog {

Result<std::vector<std::string>> known_ids(Files& files, const std::string& folder) {
    KLD_TRY(const auto names, files.list(folder));
    std::vector<std::string> known;
    for (const auto& name : names)
        if (name.ends_with(".toml")) known.push_back(name.substr(0, name.size() - 5));
    return known;
}

Result<std::string> read_entry(Files& files, const std::string& folder, const std::string& what,
                               const std::string& id) {
    const auto path = fmt::format("{}/{}.toml", folder, id);
    // The id becomes part of a path: it must not lead elsewhere.
    if (id.find('/') == std::string::npos && files.kind(path) == FileKind::regular) return files.read(path);
    KLD_TRY(const auto known, known_ids(files, folder));
    return fail(fmt::format("no {} is called '{}'", what, id), "known: " + join(known, ", "), ExitCode::usage);
}

}  // namespace kld::catalog
