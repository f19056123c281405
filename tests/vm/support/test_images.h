// SPDX-License-Identifier: BSD-3-Clause
// What make-test-images made: how to log in, and what Secure Boot needs.
#pragma once

#include <string>

#include "vm/support/guest.h"
#include "vm/support/images.h"

namespace kld::test {

inline constexpr const char* kRootPassword = "kldload-tests";

/// Options for a machine of the image `name`: the user admin with the tests' key, root with kRootPassword.
Result<GuestOptions> test_image(const std::string& name);

/// A text that the build of the image `name` reported: "kernel", "zfs", "certificate", "tools_tree".
Result<std::string> report_of(const std::string& name, const std::string& key);

/// Options as those of test_image(), with Secure Boot on and the builder's certificate enrolled.
Result<GuestOptions> secure_test_image(const std::string& name);

/// The disk with packages that `make-test-images --update` made, for GuestOptions::more_drives: virtio-packages in
/// /dev/disk/by-id.
vm::Drive packages_drive();

}  // namespace kld::test
