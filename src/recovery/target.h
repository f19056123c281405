// SPDX-License-Identifier: BSD-3-Clause
// The pool that is being recovered: imported, at an altroot, and not the one that this system runs from.
#pragma once

#include <string>

#include "recovery/scene.h"

namespace kld::recovery {

/// @param asked  a name as it is called here, or a GUID; empty: the only one below kPlaces, where krecovery import puts
///                it when nothing else is said
/// Errors: none or several (exit 2); the one that this system runs from, or one without an altroot (refused).
Result<ImportedPool> find_target(const std::vector<ImportedPool>& imported, const std::string& asked);

/// Refuses a pool that is imported for reading alone, for `what`.
Status expect_writable(const ImportedPool& pool, const std::string& what);

}  // namespace kld::recovery
