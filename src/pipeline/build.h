// SPDX-License-Identifier: BSD-3-Clause
// What every step of a build is given.
#pragma once

#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/lock.h"
#include "base/runner.h"
#include "catalog/catalog.h"
#include "family/apt/resolver.h"
#include "modules/signing_key.h"
#include "pipeline/places.h"

namespace kld::pipeline {

struct Build {
    Runner& runner;
    Files& files;
    Events& events;
    Places places;
};

/// A distribution as its archive has it today.
struct Archive {
    catalog::Distro distro;          ///< with the components that its features need
    std::vector<std::string> lines;  ///< sources.list(5) lines for the builder
    apt::Resolved resolved;
    std::string lists;  ///< directory of the private apt that knows it
};

/// Reads the host's mirrors and asks them what the distribution offers. What they lack of the features is an error.
Result<Archive> open_archive(Build& build, const catalog::Distro& distro, const catalog::FeatureSet& features = {});

/// To be held while the private apt of an archive is updated or asked: two builds at once would take indices away from
/// each other.
Result<Lock> lock_lists(Build& build, const std::string& directory);

/// The builder's signing key, made on first use.
Result<modules::SigningKey> builder_key(Build& build);

/// Time given to all that is built, so that the same input gives the same bytes: SOURCE_DATE_EPOCH, else `otherwise`.
long build_time(long otherwise);

}  // namespace kld::pipeline
