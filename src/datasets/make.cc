// SPDX-License-Identifier: BSD-3-Clause
#include "datasets/make.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace kld::datasets {
namespace {

Status refuse_own_places(const zfs::Properties& properties) {
    for (const auto& [name, value] : properties)
        if (name == "mountpoint" || name == "canmount")
            return fail(fmt::format("{} is what the path says", name),
                        "leave it out; zfs create makes datasets that are mounted elsewhere or not at all",
                        ExitCode::usage);
    return {};
}

zfs::Step make_directory(const std::string& path) {
    // libzfs takes an empty mountpoint away with its dataset: what is gone is gone.
    return {"make " + path, {"mkdir", "--", path}, {"rm", "--dir", "--force", "--", path}};
}

bool is_unfinished(const boot::Dataset* dataset) {
    return dataset != nullptr && dataset->value(zfs::kUnfinished) == dataset->name;
}

/// "-o NAME=VALUE" of all that is wanted.
std::vector<std::string> options_of(const Home& home, const MakeWish& wish) {
    std::vector<std::string> options;
    const auto option = [&](const std::string& name, const std::string& value) {
        options.insert(options.end(), {"-o", name + "=" + value});
    };
    if (!home.mountpoint.empty()) option("mountpoint", home.mountpoint);
    if (wish.quota) option("quota", std::to_string(*wish.quota));
    for (const auto& [name, value] : wish.properties) option(name, value);
    return options;
}

/// Made and mounted apart: a dataset that could not be mounted would stay behind a failed `zfs create`.
zfs::Step create_step(const Home& home, const MakeWish& wish) {
    zfs::Step create{"create " + home.dataset, {"zfs", "create", "-u"}, {"zfs", "destroy", home.dataset}};
    const auto options = options_of(home, wish);
    create.argv.insert(create.argv.end(), options.begin(), options.end());
    create.argv.insert(create.argv.end(), {"-o", fmt::format("{}={}", zfs::kUnfinished, home.dataset), home.dataset});
    return create;
}

/// Sets what was wanted of a dataset that is there.
void add_settings(const Home& home, const MakeWish& wish, zfs::Plan& plan) {
    const auto options = options_of(home, wish);
    if (options.empty()) return;
    zfs::Step set{fmt::format("set up {}, which a killed command left", home.dataset), {"zfs", "set"}, {}, true};
    for (std::size_t i = 1; i < options.size(); i += 2) set.argv.push_back(options[i]);
    set.argv.push_back(home.dataset);
    plan.steps.push_back(std::move(set));
}

/// A new dataset's directory is root's, with mode 0755.
void add_owner(const Place& place, zfs::Plan& plan) {
    const auto owner = fmt::format("{}:{}", place.owner.user, place.owner.group);
    const auto mode = fmt::format("{:04o}", place.owner.mode);
    if (owner != "0:0")
        plan.steps.push_back({fmt::format("give {} to {}", place.path, owner),
                              {"chown", "--", owner, place.path},
                              {"chown", "--", "0:0", place.path}});
    if (mode != "0755")
        plan.steps.push_back({fmt::format("set the mode of {} to {}", place.path, mode),
                              {"chmod", "--", mode, place.path},
                              {"chmod", "--", "0755", place.path}});
}

}  // namespace

Result<std::string> pool_at(const World& world, const Place& place) {
    const auto* mount = zfs::mount_of(world.mounts, place.path);
    if (mount == nullptr || mount->type != "zfs")
        return fail(fmt::format("{} lies on {}, not on ZFS", place.path,
                                mount == nullptr ? "nothing that is known" : mount->type),
                    "kdf shows where there are datasets", ExitCode::refused);
    if (world.in_environment(mount->source) && mount->target != "/")
        return fail(fmt::format("{} lies in the boot environment {}, which does not run", place.path, mount->source),
                    "datasets are mounted whichever environment runs: name the place as it is when it runs",
                    ExitCode::refused);
    return boot::pool_of(mount->source);
}

Status expect_free(const std::vector<zfs::Mount>& mounts, const Place& place) {
    const auto& path = place.path;
    for (const auto& mount : mounts)
        if (mount.target == path)
            return fail(fmt::format("{} is mounted on {} already", mount.source, path), "choose another path",
                        ExitCode::refused);
    if (place.kind == FileKind::none || (place.kind == FileKind::directory && place.empty)) return {};
    return fail(path + (place.kind == FileKind::directory ? " is a directory that is not empty"
                                                          : " is there, and is no directory"),
                "choose another path, or move away what is there: a dataset on it would hide it", ExitCode::refused);
}

void add_mountpoint(const Place& place, zfs::Plan& plan) {
    if (place.kind == FileKind::directory)
        // rmdir also finds out whether it is empty still.
        plan.steps.push_back({"take the place of the empty directory " + place.path,
                              {"rmdir", "--", place.path},
                              {"install", "--directory", fmt::format("--owner={}", place.owner.user),
                               fmt::format("--group={}", place.owner.group),
                               fmt::format("--mode={:04o}", place.owner.mode), "--", place.path}});
    for (const auto& parent : place.missing) plan.steps.push_back(make_directory(parent));
    plan.steps.push_back(make_directory(place.path));
}

zfs::Step mount_step(const std::string& dataset, const std::string& place) {
    return {fmt::format("mount {} on {}", dataset, place), {"zfs", "mount", dataset}, {"zfs", "unmount", dataset}};
}

Status plan_make(World& world, const Place& place, const MakeWish& wish, zfs::Plan& plan) {
    KLD_CHECK(refuse_own_places(wish.properties));
    const auto& path = place.path;
    const auto mounted = zfs::dataset_at(world.mounts, path);
    const bool half_done = is_unfinished(world.find(mounted));
    if (wish.parents && !mounted.empty() && !half_done) return {};
    KLD_CHECK(expect_outside_the_system(path));
    if (!half_done) KLD_CHECK(expect_free(world.mounts, place));
    if (!place.missing.empty() && !wish.parents)
        return fail(fmt::format("cannot make {}: there is no {}", path, place.missing.back()),
                    "-p makes the directories above, too");
    KLD_TRY(const auto pool, pool_at(world, place));
    KLD_TRY(const auto home, home_of(world, pool, path));
    const bool go_on = is_unfinished(home.there);
    if (!go_on) KLD_CHECK(expect_new(home));
    if (half_done && mounted != home.dataset) KLD_CHECK(expect_free(world.mounts, place));

    if (!half_done) add_mountpoint(place, plan);
    if (go_on)
        add_settings(home, wish, plan);
    else
        plan.steps.push_back(create_step(home, wish));
    if (!half_done) plan.steps.push_back(mount_step(home.dataset, path));
    add_owner(place, plan);
    plan.steps.push_back(
        {fmt::format("{} is done", home.dataset), {"zfs", "inherit", zfs::kUnfinished, home.dataset}, {}, true});

    // Before the next path is planned: home.there is no longer valid.
    const boot::Dataset made{home.dataset,
                             {{"type", {"filesystem", {}}}, {"mountpoint", {path, {}}}, {"canmount", {"on", {}}}}};
    if (go_on)
        *std::find_if(world.datasets.begin(), world.datasets.end(),
                      [&](const auto& dataset) { return dataset.name == made.name; }) = made;
    else
        world.datasets.push_back(made);
    if (!half_done) world.mounts.push_back({home.dataset, path, "zfs"});
    return {};
}

}  // namespace kld::datasets
