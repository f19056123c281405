// SPDX-License-Identifier: BSD-3-Clause
#include "image/bios_notice.h"

#include <fcntl.h>

#include <array>

#include "base/fd.h"

/// In bios_notice.S. UEFI 2.10 5.2.1: boot code of the legacy MBR.
extern "C" const std::array<char, 440> kld_bios_notice;

namespace kld::image {

std::string_view bios_notice() {
    return {kld_bios_notice.data(), kld_bios_notice.size()};
}

Status write_bios_notice(const std::string& path) {
    KLD_TRY(const auto disk, Fd::open(path, O_RDWR));
    return disk.write_at(bios_notice(), 0);
}

}  // namespace kld::image
