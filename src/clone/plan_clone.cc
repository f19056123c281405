// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "base/text.h"
#include "boot/environments.h"
#include "clone/clone.h"
#include "datasets/make.h"
#include "zfs/names.h"

namespace kld::clone {
namespace {

/// What the person sees below the source and will not see below the clone.
void warn_of_children(const datasets::World& world, const Source& source, zfs::Plan& plan) {
    std::vector<std::string> others;
    for (const auto& mount : world.mounts)
        if (!source.path.empty() && mount.target != source.path &&
            mount.target.starts_with(source.path == "/" ? "/" : source.path + "/") && mount.type == "zfs")
            others.push_back(mount.target);
    if (!others.empty())
        plan.warnings.push_back(
            fmt::format("other datasets are mounted below it and are not part of the clone: {}", join(others, ", ")));
}

}  // namespace

Result<zfs::Plan> plan_clone(const datasets::World& world, const Source& source, const datasets::Place& place,
                             const zfs::Properties& inherited, const std::vector<std::string>& snapshots,
                             std::time_t now) {
    const auto* dataset = world.find(source.dataset);
    if (dataset == nullptr) return fail("there is no dataset " + source.dataset, "kdf -a shows all", ExitCode::usage);
    if (dataset->value("keystatus") == "unavailable")
        return fail(fmt::format("{} is encrypted and its key is not loaded", source.dataset),
                    "zfs load-key " + shell_quote(source.dataset), ExitCode::refused);
    KLD_CHECK(datasets::expect_outside_the_system(place.path));
    KLD_CHECK(datasets::expect_free(world, place));
    if (!place.missing.empty())
        return fail(fmt::format("cannot make {}: there is no {}", place.path, place.missing.back()),
                    "mkdir -p " + shell_quote(place.missing.back()));
    // A clone lies in the pool of its origin, wherever it is mounted.
    KLD_TRY(const auto home, datasets::home_of(world, boot::pool_of(source.dataset), place.path));

    const auto origin = source.dataset + "@" + zfs::stamped("clone", now, [&](const std::string& name) {
                            return contains(snapshots, source.dataset + "@" + name);
                        });
    KLD_CHECK(zfs::check_length(origin));
    zfs::Plan plan;
    warn_of_children(world, source, plan);
    if (boot::is_boot_environment(*dataset))
        plan.warnings.push_back("a clone of a boot environment for looking at: kbe create makes one that boots");
    plan.steps.push_back({"snapshot " + origin,
                          {"zfs", "snapshot", "-o", std::string(zfs::kReason) + "=kclone", origin},
                          {"zfs", "destroy", origin}});
    datasets::add_mountpoint(place, plan);
    // With canmount=on it would be mounted by `zfs clone`, and stay behind when that fails.
    zfs::Step clone{fmt::format("clone {} as {}", origin, home.dataset),
                    {"zfs", "clone", "-o", "canmount=noauto"},
                    {"zfs", "destroy", home.dataset}};
    if (!home.mountpoint.empty()) clone.argv.insert(clone.argv.end(), {"-o", "mountpoint=" + home.mountpoint});
    for (const auto& [name, value] : inherited) clone.argv.insert(clone.argv.end(), {"-o", name + "=" + value});
    clone.argv.insert(clone.argv.end(), {origin, home.dataset});
    plan.steps.push_back(std::move(clone));
    plan.steps.push_back({fmt::format("have {} mounted at each boot", home.dataset),
                          {"zfs", "set", "canmount=on", home.dataset},
                          {"zfs", "set", "canmount=noauto", home.dataset}});
    plan.steps.push_back(datasets::mount_step(home.dataset, place.path));
    return plan;
}

}  // namespace kld::clone
