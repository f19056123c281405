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

/// True for a clone of the source that nobody has seen yet: a kclone that was killed left it unmounted, and nothing was
/// ever written to it. All that is in it is in its snapshot, too.
bool is_left_over(const datasets::World& world, const Source& source, const boot::Dataset* dataset) {
    return dataset != nullptr && dataset->value("origin").starts_with(source.dataset + "@clone-") &&
           dataset->value("written") == "0" && zfs::place_of(world.mounts, dataset->name).empty();
}

}  // namespace

Status expect_place(const std::vector<zfs::Mount>& mounts, const datasets::Place& place) {
    KLD_CHECK(datasets::expect_outside_the_system(place.path));
    KLD_CHECK(datasets::expect_free(mounts, place));
    if (place.missing.empty()) return {};
    return fail(fmt::format("cannot make {}: there is no {}", place.path, place.missing.back()),
                "mkdir -p " + shell_quote(place.missing.back()));
}

Result<zfs::Plan> plan_clone(const Reading& reading, const Source& source, const datasets::Place& place) {
    const auto& world = reading.world;
    if (source.dataset != reading.dataset)
        return fail(fmt::format("another dataset than {} is at {} now", reading.dataset, source.path), "try again",
                    ExitCode::refused);
    const auto* dataset = world.find(source.dataset);
    if (dataset == nullptr) return fail("there is no dataset " + source.dataset, "kdf -a shows all", ExitCode::usage);
    if (dataset->value("keystatus") == "unavailable")
        return fail(fmt::format("{} is encrypted and its key is not loaded", source.dataset),
                    "zfs load-key " + shell_quote(source.dataset), ExitCode::refused);
    KLD_CHECK(expect_place(world.mounts, place));
    // A clone lies in the pool of its origin, wherever it is mounted.
    KLD_TRY(const auto home, datasets::home_of(world, boot::pool_of(source.dataset), place.path));
    const bool was_left = is_left_over(world, source, home.there);
    if (!was_left) KLD_CHECK(datasets::expect_new(home));

    const auto& origin = reading.origin;
    zfs::Plan plan;
    warn_of_children(world, source, plan);
    if (boot::is_boot_environment(*dataset))
        plan.warnings.push_back("a clone of a boot environment for looking at: kbe create makes one that boots");
    // A `zfs clone` that cannot mount what it made leaves it behind, and fails or not as its version has it: what hangs
    // on this snapshot alone goes with it.
    plan.steps.push_back(
        {"snapshot " + origin, snapshot_command(origin), {"zfs", "destroy", "-R", origin}, false, reading.taken});
    if (was_left)
        plan.steps.push_back({fmt::format("take away {}, which a killed kclone left", home.dataset),
                              {"zfs", "destroy", home.dataset},
                              {},
                              true});
    datasets::add_mountpoint(place, plan);
    zfs::Step clone{
        fmt::format("clone {} as {}", origin, home.dataset), {"zfs", "clone"}, {"zfs", "destroy", home.dataset}};
    if (!home.mountpoint.empty()) clone.argv.insert(clone.argv.end(), {"-o", "mountpoint=" + home.mountpoint});
    for (const auto& [name, value] : reading.inherited) clone.argv.insert(clone.argv.end(), {"-o", name + "=" + value});
    clone.argv.insert(clone.argv.end(), {origin, home.dataset});
    plan.steps.push_back(std::move(clone));
    plan.steps.push_back({fmt::format("see {} mounted on {}", home.dataset, place.path),
                          {"findmnt", "--noheadings", "--source", home.dataset, "--mountpoint", place.path},
                          {},
                          true});
    return plan;
}

}  // namespace kld::clone
