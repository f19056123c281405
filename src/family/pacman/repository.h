// SPDX-License-Identifier: BSD-3-Clause
// A repository for pacman in which both are signed: each package, and the database of them.
#pragma once

#include "base/files.h"
#include "base/runner.h"
#include "packing/repository.h"

namespace kld::pacman {

/// Adds the packages with their signatures, and a ready-made kldload.conf. The key is made on first use. A package that
/// is there already stays; one of the same name with other content is refused. The database, whose name is kldload,
/// says the newest of each.
Result<packing::Source> publish(Runner& runner, Files& files, const packing::Publication& publication);

/// What packing and publishing need of the host.
Status need_programs(Files& files);

}  // namespace kld::pacman
