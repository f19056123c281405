// SPDX-License-Identifier: BSD-3-Clause
#include "be/inside.h"

#include <fmt/core.h>

#include "base/text.h"
#include "zfs/own_mounts.h"
#include "zfs/passing_mount.h"

namespace kld::be {
namespace {

/// Of mktemp(1).
constexpr const char* kPlace = "/run/kldload-inside.XXXXXX";

zfs::Step make_place() {
    return {"make a directory for it", {"mktemp", "--directory", kPlace}};
}

/// Nobody else has these mounts, so nothing of them stays; the directory is everybody's.
std::vector<zfs::Step> leave_place(const std::string& place) {
    return {{"unmount all of it", {"umount", "--recursive", "--lazy", place}}, {"remove " + place, {"rmdir", place}}};
}

}  // namespace

Result<zfs::Plan> plan_inside(const World& world, const std::string& name, const std::string& place,
                              const std::vector<std::string>& command) {
    KLD_TRY(const auto* environment, world.environment(name));
    if (environment->name == world.running)
        return fail(name + " is the one that runs", "run the command as it is", ExitCode::refused);
    if (environment->value("keystatus") == "unavailable")
        return fail(name + " is encrypted and its key is not loaded", "zfs load-key " + shell_quote(environment->name),
                    ExitCode::refused);
    zfs::Plan plan;
    plan.steps.push_back(
        {fmt::format("mount {} on {}", environment->name, place),
         {"mount", "-t", "zfs", "-o", zfs::mount_options(*environment, false), environment->name, place}});
    for (const std::string shared : {"/dev", "/proc", "/sys", "/run"})
        plan.steps.push_back(
            {fmt::format("mount {} there, too", shared), {"mount", "--rbind", shared, place + shared}});
    std::vector<std::string> argv{"chroot", place};
    argv.insert(argv.end(), command.begin(), command.end());
    plan.steps.push_back({"run the command in it", std::move(argv)});
    return plan;
}

Result<zfs::Plan> whole_plan_inside(const World& world, const std::string& name,
                                    const std::vector<std::string>& command) {
    KLD_TRY(auto plan, plan_inside(world, name, kPlace, command));
    plan.steps.insert(plan.steps.begin(), make_place());
    for (auto& step : leave_place(kPlace)) plan.steps.push_back(std::move(step));
    return plan;
}

Result<int> run_inside(Runner& runner, const World& world, const std::string& name,
                       const std::vector<std::string>& command, int stdout_fd) {
    KLD_CHECK(plan_inside(world, name, kPlace, command));
    KLD_CHECK(zfs::have_own_mounts());
    KLD_TRY(const auto made, runner.run({.argv = make_place().argv}));
    const std::string place(trim(made.out));
    const auto enter = [&]() -> Result<int> {
        KLD_TRY(auto plan, plan_inside(world, name, place, command));
        const auto last = std::move(plan.steps.back());
        plan.steps.pop_back();
        for (const auto& step : plan.steps) KLD_CHECK(runner.run({.argv = step.argv}));
        return run_in_foreground({.argv = last.argv, .stdout_fd = stdout_fd});
    };
    auto code = enter();
    for (const auto& step : leave_place(place)) [[maybe_unused]] const auto left = runner.run({.argv = step.argv});
    return code;
}

}  // namespace kld::be
