// SPDX-License-Identifier: BSD-3-Clause
// Small made-up EFI programs.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace kld::boot::test {

/// A PE32+ file with these sections, name → bytes, in order.
std::string make_efi_program(const std::vector<std::pair<std::string, std::string>>& sections, bool is_signed = true);

/// One that is a UKI: a kernel of this release, and an initramfs with these modules, name → bytes.
std::string make_uki(const std::string& kernel, const std::vector<std::pair<std::string, std::string>>& modules,
                     bool is_signed = true);

}  // namespace kld::boot::test
