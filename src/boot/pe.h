// SPDX-License-Identifier: BSD-3-Clause
// The parts of an EFI program (PE32+), and whether the file is whole.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kld::boot {

// Microsoft's "PE Format", Machine Types and Windows Subsystem.
inline constexpr std::uint16_t kMachineX64 = 0x8664;
inline constexpr std::uint16_t kEfiApplication = 10;

struct EfiProgram {
    std::map<std::string, std::string_view> sections{};  ///< ".linux" → its bytes in the file
    std::uint16_t machine = 0;                           ///< kMachineX64, or another
    std::uint16_t subsystem = 0;                         ///< kEfiApplication, or another
    bool is_signed = false;                              ///< a certificate table is there; who signed is not looked at
};

/// The views point into `bytes`, which are not trusted. A section or table that ends beyond the file is an error.
Result<EfiProgram> read_efi_program(std::string_view bytes);

}  // namespace kld::boot
