// SPDX-License-Identifier: BSD-3-Clause
#include "vm/firmware.h"

#include <fmt/core.h>

namespace kld::vm {

Result<Firmware> find_firmware(Files& files, bool secure_boot, const std::string& directory) {
    Firmware firmware;
    firmware.secure_boot = secure_boot;
    firmware.code = directory + (secure_boot ? "/OVMF_CODE_4M.secboot.fd" : "/OVMF_CODE_4M.fd");
    firmware.vars = directory + (secure_boot ? "/OVMF_VARS_4M.ms.fd" : "/OVMF_VARS_4M.fd");
    for (const auto& path : {firmware.code, firmware.vars})
        if (!files.exists(path))
            return fail(fmt::format("UEFI firmware for virtual machines is missing: {}", path), "apt install ovmf");
    return firmware;
}

}  // namespace kld::vm
