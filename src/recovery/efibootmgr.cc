// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/efibootmgr.h"

#include <fmt/core.h>

#include "recovery/programs.h"

namespace kld::recovery {

Result<std::vector<std::string>> find_efibootmgr(Runner& runner, Files& files, const ChrootWorld& world,
                                                 const std::string& path) {
    constexpr const char* kProgram = "efibootmgr";
    if (!find_program(files, kProgram, path).empty()) return std::vector<std::string>{};
    auto looked_at = world;
    looked_at.pool.readonly = true;
    const auto& root = world.pool.altroot;
    KLD_TRY(const auto mount, plan_root(looked_at));
    KLD_CHECK(runner.run({.argv = mount.argv}));
    for (const auto* directory : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
        if (!files.exists(root + directory + kProgram)) continue;
        NoEvents quiet;
        KLD_CHECK(zfs::apply(plan_inside(looked_at, files).needed, runner, quiet));
        return std::vector<std::string>{"chroot", root};
    }
    return fail(
        fmt::format("neither this system nor {} has efibootmgr", world.environment),
        "install it in one of them (krecovery chroot); without an entry the firmware boots EFI/BOOT/BOOTX64.EFI "
        "of the disk",
        ExitCode::refused);
}

}  // namespace kld::recovery
