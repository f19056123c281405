// SPDX-License-Identifier: BSD-3-Clause
// Recognises what lies in a partition already, so that it is not written over by mistake.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"

namespace kld::pool {

/// @returns a name ("ZFS pool rpool", "ext file system", …), or empty when nothing is recognised
Result<std::string> signature_of(const Fd& fd, std::uint64_t offset, std::uint64_t size);

/// Exit 3 when something is recognised and `force` is false.
Status refuse_used(const Fd& fd, std::uint64_t offset, std::uint64_t size, const std::string& shown, bool force);

}  // namespace kld::pool
