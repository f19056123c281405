// SPDX-License-Identifier: BSD-3-Clause
// A repository for dnf in which both are signed: each package, and the list of them.
#pragma once

#include "base/files.h"
#include "base/runner.h"
#include "packing/repository.h"

namespace kld::dnf {

/// Adds the packages, signed, and a ready-made kldload.repo. The key is made on first use. A package that is there
/// already stays; one of the same name with other content is refused, and so is one that this key has not signed.
Result<packing::Source> publish(Runner& runner, Files& files, const packing::Publication& publication);

/// What packing and publishing need of the host.
Status need_programs(Files& files);

}  // namespace kld::dnf
