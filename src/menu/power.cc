// SPDX-License-Identifier: BSD-3-Clause
#include "menu/power.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/fd.h"

namespace kld::menu {
namespace {

/// Asks the firmware to show its setup at the next start (UEFI specification 8.5.4, OsIndications).
Status ask_for_firmware_setup() {
    constexpr const char* kDirectory = "/sys/firmware/efi/efivars";
    if (::mount("efivarfs", kDirectory, "efivarfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0 && errno != EBUSY)
        return fail(errno_error("cannot reach the firmware's variables", errno));
    KLD_TRY(
        const auto variable,
        Fd::open(std::string(kDirectory) + "/OsIndications-8be4df61-93ca-11d2-aa0d-00e098032b8c", O_WRONLY | O_CREAT));
    // Four bytes of attributes (non-volatile, boot and run time), then the value: bit 0, boot to firmware setup.
    return variable.write_all(std::string("\x07\0\0\0\x01\0\0\0\0\0\0\0", 12));
}

}  // namespace

Error change_power(ActionKind action) {
    if (action == ActionKind::firmware)
        if (const auto asked = ask_for_firmware_setup(); !asked) return Error(asked.error());
    ::sync();
    ::reboot(action == ActionKind::power_off ? RB_POWER_OFF : RB_AUTOBOOT);
    return errno_error("cannot change the power state", errno);
}

}  // namespace kld::menu
