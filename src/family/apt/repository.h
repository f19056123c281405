// SPDX-License-Identifier: BSD-3-Clause
// A signed apt repository in a directory, for the packages that the builder makes itself.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "packing/repository.h"

namespace kld::apt {

struct Repository {
    std::string directory;
    std::string line;  ///< the sources.list(5) line to use it, with signed-by
};

/// Publishes the given .deb files as a flat repository, signed with the builder's repository key, which is made on
/// first use in `key_directory` (0700). Packages that lie in the directory already stay in it: machines may still ask
/// for them. One of the same name with other content is an error.
Result<Repository> publish(Runner& runner, Files& files, const std::string& directory, const std::string& key_directory,
                           const std::vector<std::string>& debs);

/// The same, with a ready-made kldload.sources in it, for machines that find it under a URL.
Result<packing::Source> publish(Runner& runner, Files& files, const packing::Publication& publication);

/// The public half of the repository key, as apt takes it: ASCII armour. The key is made when there is none.
Result<std::string> repository_key(Runner& runner, Files& files, const std::string& key_directory);

/// What packing and publishing need of the host.
Status need_programs(Files& files);

}  // namespace kld::apt
