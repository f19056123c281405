// SPDX-License-Identifier: BSD-3-Clause
// What of a feature is ours, as a package: described once, packed by each family.
#pragma once

#include <string>

#include "packing/package.h"
#include "pipeline/build.h"

namespace kld::pipeline {

/// "kldload-cloud"
std::string feature_package_name(const std::string& feature);

/// What lies in packaging/features/<feature>, at the same places, and the feature's program with a link, a man page and
/// a completion for each of its names.
Result<packing::Package> describe_feature(Build& build, const std::string& feature);

/// The same as a .deb. @returns its path in the cache
Result<std::string> feature_package(Build& build, const std::string& feature);

/// A program of ours, stripped, at its place in a package.
Result<packing::File> shipped_program(Build& build, const std::string& name);

/// The time of all files in packages of ours.
long package_time();

}  // namespace kld::pipeline
