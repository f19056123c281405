// SPDX-License-Identifier: BSD-3-Clause
#include "be/inside.h"

#include "base/text.h"
#include "zfs/own_mounts.h"
#include "zfs/passing_mount.h"

namespace kld::be {

Result<int> run_inside(Runner& runner, const World& world, const std::string& name,
                       const std::vector<std::string>& command) {
    KLD_TRY(const auto* environment, world.environment(name));
    if (environment->name == world.running)
        return fail(name + " is the one that runs", "run the command as it is", ExitCode::refused);
    if (environment->value("keystatus") == "unavailable")
        return fail(name + " is encrypted and its key is not loaded", "zfs load-key " + shell_quote(environment->name),
                    ExitCode::refused);
    KLD_CHECK(zfs::have_own_mounts());
    KLD_TRY(const auto made, runner.run({.argv = {"mktemp", "--directory", "/run/kldload-inside.XXXXXX"}}));
    const std::string place(trim(made.out));
    const auto enter = [&]() -> Result<int> {
        KLD_CHECK(runner.run(
            {.argv = {"mount", "-t", "zfs", "-o", zfs::mount_options(*environment, false), environment->name, place}}));
        for (const std::string shared : {"dev", "proc", "sys", "run"})
            KLD_CHECK(runner.run({.argv = {"mount", "--rbind", "/" + shared, place + "/" + shared}}));
        std::vector<std::string> argv{"chroot", place};
        argv.insert(argv.end(), command.begin(), command.end());
        return run_in_foreground({.argv = argv});
    };
    auto code = enter();
    // Nobody else has these mounts, so nothing of them stays; the directory is everybody's.
    [[maybe_unused]] const auto unmounted = runner.run({.argv = {"umount", "--recursive", "--lazy", place}});
    [[maybe_unused]] const auto removed = runner.run({.argv = {"rmdir", place}});
    return code;
}

}  // namespace kld::be
