// SPDX-License-Identifier: BSD-3-Clause
#include "menu/launcher.h"

#include <fcntl.h>
#include <fmt/core.h>

#include "boot/command_line.h"
#include "menu/environment.h"
#include "menu/handover.h"
#include "menu/kexec.h"
#include "menu/log.h"

namespace kld::menu {

std::string final_command_line(const Entry& entry, const std::string& arguments) {
    return boot::command_line({entry.root_prefix, entry.root, arguments, entry.hostid});
}

Status load_entry(Runner& runner, const Entry& entry, const boot::KernelPair& kernel, const std::string& command_line,
                  const std::optional<Secret>& passphrase) {
    log_line(fmt::format("boot {} kernel {} pool guid {} hostid 0x{:08x}", entry.dataset, kernel.kernel,
                         entry.pool_guid, entry.hostid));
    log_line("command line: " + command_line);
    {
        KLD_TRY(const auto mounted, MountedEnvironment::mount(entry.dataset, "/run/kldload/boot"));
        KLD_TRY(const auto image, mounted.open(kernel.kernel, O_RDONLY));
        KLD_TRY(auto initramfs, mounted.open(kernel.initramfs, O_RDONLY));
        if (passphrase) {
            KLD_TRY(initramfs, initramfs_with_key(initramfs, *passphrase));
            log_line("the key goes along, behind the initramfs");
        }
        KLD_CHECK(load_kernel(image, initramfs, command_line));
        log_line("kernel loaded");
    }
    release_pools(runner);
    log_line("pools exported");
    return {};
}

void release_pools(Runner& runner) {
    Command unmount{{"umount", "-a", "-t", "zfs"}};
    Command release{{"zpool", "export", "-a"}};
    unmount.timeout = release.timeout = std::chrono::seconds(30);
    unmount.accept = [](int) { return true; };
    [[maybe_unused]] const auto unmounted = runner.run(unmount);
    if (const auto released = runner.run(release); !released) log_line(render(released.error()));
}

}  // namespace kld::menu
