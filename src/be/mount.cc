// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "base/text.h"
#include "be/changes.h"
#include "zfs/passing_mount.h"

namespace kld::be {
namespace {

constexpr const char* kPlaces = "/run/kldload/be/";

}  // namespace

std::string default_place(const World& world, const boot::Dataset& environment) {
    return kPlaces + replace_all(world.name_of(environment.name), "/", "_");
}

Result<zfs::Plan> plan_mount(const World& world, const std::string& name, const std::string& place, bool readonly,
                             bool there) {
    KLD_TRY(const auto* environment, world.environment(name));
    const auto& dataset = environment->name;
    if (const auto mounted = zfs::place_of(world.mounts, dataset); !mounted.empty())
        return fail(fmt::format("{} is mounted on {} already", name, mounted),
                    dataset == world.running ? "it is the one that runs" : "kbe unmount " + shell_quote(name),
                    ExitCode::refused);
    if (environment->value("keystatus") == "unavailable")
        return fail(fmt::format("{} is encrypted and its key is not loaded", name),
                    "zfs load-key " + shell_quote(dataset), ExitCode::refused);
    const auto target = place.empty() ? default_place(world, *environment) : place;
    zfs::Plan plan;
    if (!there) plan.steps.push_back({"make " + target, {"mkdir", "-p", "-m", "0700", target}, {"rmdir", target}});
    plan.steps.push_back({fmt::format("mount {} on {}", dataset, target),
                          {"mount", "-t", "zfs", "-o", zfs::mount_options(*environment, readonly), dataset, target},
                          {"umount", target}});
    return plan;
}

Result<zfs::Plan> plan_unmount(const World& world, const std::string& name, bool force) {
    KLD_TRY(const auto* environment, world.environment(name));
    const auto place = zfs::place_of(world.mounts, environment->name);
    if (place.empty()) return fail(name + " is not mounted", "kbe list shows what is mounted where", ExitCode::usage);
    if (environment->name == world.running)
        return fail(name + " is the one that runs", "boot another one first", ExitCode::refused);
    zfs::Plan plan;
    plan.steps.push_back({"unmount " + place, {"umount", place}, {}});
    if (force) plan.steps.back().argv = {"umount", "--lazy", "--force", place};
    if (place.starts_with(kPlaces)) plan.steps.push_back({"remove " + place, {"rmdir", place}, {}});
    return plan;
}

}  // namespace kld::be
