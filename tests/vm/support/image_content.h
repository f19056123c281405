// SPDX-License-Identifier: BSD-3-Clause
// Takes files out of a finished image, without a machine.
#pragma once

#include <string>

#include "base/result.h"

namespace kld::test {

/// What lies at `path` of the boot environment rpool/ROOT/default as it was built, into the new directory `to`.
Status extract_from_image(const std::string& image, const std::string& path, const std::string& to);

}  // namespace kld::test
