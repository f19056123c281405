// SPDX-License-Identifier: BSD-3-Clause
// Where end-to-end tests find what they boot.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace kld::test {

/// The image called `name`, such as "debian-13-server": the file that KLD_TEST_IMAGE_DEBIAN_13_SERVER names, else
/// <cache>/test-images/<name>.qcow2. @returns an error that says how to get it
Result<std::string> image_path(const std::string& name);

/// The value of an environment variable that is set and not empty.
std::optional<std::string> environment(const std::string& name);

}  // namespace kld::test

/// Fails the test with the whole error, as a user would see it.
#define KLD_ASSERT_OK(expression)                                                     \
    do {                                                                              \
        const auto& kld_outcome_ = (expression);                                      \
        ASSERT_TRUE(kld_outcome_.has_value()) << ::kld::render(kld_outcome_.error()); \
    } while (false)
