// SPDX-License-Identifier: BSD-3-Clause
// Mounts that nobody else sees and that end with this process, however it ends.
#pragma once

#include "base/result.h"

namespace kld::zfs {

/// From now on what this process and its children mount is theirs alone. Errors: no right to do that.
Status have_own_mounts();

}  // namespace kld::zfs
