// SPDX-License-Identifier: BSD-3-Clause
// What the signed repositories of all families have in common.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/lock.h"
#include "base/runner.h"

namespace kld::packing {

/// Where the public key lies in each repository.
inline constexpr const char* kKeyFile = "kldload-builder.asc";

struct Publication {
    std::string directory;              ///< of the repository; made when missing. What is there stays
    std::string url;                    ///< where machines find that directory
    std::string keys;                   ///< the builder's directory of private keys
    std::vector<std::string> packages;  ///< their paths
};

/// What a machine needs to use a repository: a file that lies in it, ready-made, and where that belongs.
struct Source {
    std::string file;                 ///< its name in the repository
    std::string target;               ///< its place on the machine
    std::string text;                 ///< what it says
    std::vector<std::string> before;  ///< shell lines, run as root beside the repository's files, that come before it
    std::vector<std::string> after;   ///< shell lines that come after it
};

/// All of its shell lines, in order.
std::vector<std::string> steps(const Source& source);

/// To be held while something is published there: a second list would be of what the first one saw.
Result<Lock> lock_repository(const std::string& directory);

/// Puts a file into the directory. What lies there under its name is never changed, since a client may be fetching it:
/// the same is fine, something else is refused.
Status add_file(Runner& runner, Files& files, const std::string& file, const std::string& directory);

/// True when both have the same content.
Result<bool> same_content(Runner& runner, const std::string& first, const std::string& second);

/// The refusal to change what was published.
Error published_otherwise(const std::string& path);

}  // namespace kld::packing
