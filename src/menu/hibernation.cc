// SPDX-License-Identifier: BSD-3-Clause
#include "menu/hibernation.h"

#include <fcntl.h>

#include "menu/deadline.h"

namespace kld::menu {

bool holds_hibernated_system(const Fd& device) {
    // The signature of a swap area ends its first page (kernel/power/swap.c: HIBERNATE_SIG takes its place).
    constexpr std::string_view kSignature = "S1SUSPEND";
    constexpr std::uint64_t kPageSize = 4096;
    const auto found = device.read_at(kSignature.size(), kPageSize - 10);
    return found && *found == kSignature;
}

Status check_nobody_hibernates(const std::vector<std::string>& devices) {
    for (const auto& path : devices) {
        const auto hibernated =
            with_deadline<bool>("reading " + path, std::chrono::seconds(10), [path]() -> Result<bool> {
                KLD_TRY(const auto device, Fd::open(path, O_RDONLY | O_NONBLOCK));
                return holds_hibernated_system(device);
            });
        if (hibernated.value_or(false))
            return fail(path + " holds a hibernated system, which must go on or be shut down first");
    }
    return {};
}

}  // namespace kld::menu
