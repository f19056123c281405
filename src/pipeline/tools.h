// SPDX-License-Identifier: BSD-3-Clause
// The tools of installed machines for every package family: the same files, and signed repositories of them.
#pragma once

#include <string>
#include <vector>

#include "packing/package.h"
#include "packing/repository.h"
#include "pipeline/build.h"

namespace kld::pipeline {

/// Families that the tools are packed for: "apt", "dnf", "pacman".
std::vector<std::string> tool_families();

struct PackedTools {
    std::string family;
    std::string package;  ///< its path
};

/// Packs the tools into a directory, not signed. @param families  none: all
Result<std::vector<PackedTools>> pack_tools(Build& build, const std::vector<std::string>& families,
                                            const std::string& to);

struct PublishedTools {
    std::string family;
    std::string directory;  ///< `to`/<family>
    std::string package;    ///< its path in there
    packing::Source source;
};

/// Where repositories go, and for whom.
struct Publishing {
    std::vector<std::string> families;  ///< none: all
    std::string to;                     ///< one directory for each family below it
    std::string url;                    ///< where machines find `to`; empty: where it lies
};

/// Adds the tools to signed repositories. What is there already stays.
Result<std::vector<PublishedTools>> publish_tools(Build& build, const Publishing& wish);

/// The same with a package that was described before.
Result<std::vector<PublishedTools>> publish_package(Build& build, const packing::Package& package,
                                                    const Publishing& wish);

}  // namespace kld::pipeline
