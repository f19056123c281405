// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/chroot.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.h"
#include "zfs/mounts.h"

namespace kld::recovery {
namespace {

zfs::Step mount_step(std::vector<std::string> options, const std::string& what, const std::string& place) {
    std::vector<std::string> argv{"mount"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {what, place});
    return {fmt::format("mount {} on {}", what, place), argv, {"umount", "--recursive", "--lazy", place}};
}

std::vector<std::string> zfs_options(const ChrootWorld& world) {
    return {"-t", "zfs", "-o", world.pool.readonly ? "zfsutil,ro" : "zfsutil"};
}

/// File systems that the environment's own system would mount by itself, parents before what lies below them.
std::vector<const boot::Dataset*> shared_datasets(const ChrootWorld& world) {
    std::vector<const boot::Dataset*> shared;
    for (const auto& dataset : world.datasets)
        if (const auto& place = dataset.value("mountpoint");
            dataset.value("canmount") == "on" && place.size() > 1 && place.starts_with('/'))
            shared.push_back(&dataset);
    std::stable_sort(shared.begin(), shared.end(), [](const auto* left, const auto* right) {
        return left->value("mountpoint") < right->value("mountpoint");
    });
    return shared;
}

void add_datasets(const ChrootWorld& world, Files& files, zfs::Plan& plan) {
    std::vector<std::string> taken;
    for (const auto* dataset : shared_datasets(world)) {
        const auto& below = dataset->value("mountpoint");
        const auto place = world.pool.altroot + below;
        if (dataset->value("keystatus") == "unavailable") {
            plan.warnings.push_back(fmt::format("{} is not mounted: its key is not loaded (zfs load-key {})",
                                                dataset->name, shell_quote(dataset->name)));
            continue;
        }
        // Below another file system that comes first, nobody knows yet what is there.
        const bool hidden = std::any_of(taken.begin(), taken.end(), [&](const auto& other) {
            return zfs::lies_in(below, other) && below != other;
        });
        if (contains(taken, below) || (!hidden && files.kind(place) != FileKind::directory)) {
            plan.warnings.push_back(
                fmt::format("{} is not mounted: {}", dataset->name,
                            contains(taken, below) ? "another one is on " + below : "there is no directory " + below));
            continue;
        }
        taken.push_back(below);
        plan.steps.push_back(mount_step(zfs_options(world), dataset->name, place));
    }
}

/// Where etc/resolv.conf of the environment leads, below its root; empty when there is none.
std::string resolver_place(const std::string& root, Files& files) {
    const std::string path = "/etc/resolv.conf";
    if (files.kind(root + path) != FileKind::symlink) return files.exists(root + path) ? path : "";
    std::error_code error;
    const auto link = std::filesystem::read_symlink(root + path, error);
    if (error) return {};
    return (std::filesystem::path("/etc") / link).lexically_normal().string();
}

void add_resolver(const ChrootWorld& world, Files& files, zfs::Plan& plan) {
    if (world.resolver.empty()) return;
    const auto& root = world.pool.altroot;
    const auto place = resolver_place(root, files);
    if (place.starts_with("/run/")) {
        // /run is the chroot's own: the file can be made there.
        plan.steps.push_back({"take along the name servers of this system",
                              {"install", "-D", "-m", "0644", "/etc/resolv.conf", root + place},
                              {},
                              true});
    } else if (!place.empty() && files.kind(root + place) == FileKind::regular) {
        auto step = mount_step({"--bind"}, "/etc/resolv.conf", root + place);
        step.text = "take along the name servers of this system";
        plan.steps.push_back(std::move(step));
    } else {
        plan.warnings.emplace_back(
            "/etc/resolv.conf of the environment is no file: names cannot be looked up in there");
    }
}

void add_partition(const ChrootWorld& world, Files& files, zfs::Plan& plan) {
    const auto place = esp_place(world, files);
    if (place.empty() || world.partitions.empty()) return;
    const auto& partition = world.partitions.front();
    if (partition.type == "vfat")
        plan.steps.push_back(mount_step({"-t", "vfat", "-o", world.pool.readonly ? "umask=0077,ro" : "umask=0077"},
                                        partition.device, world.pool.altroot + place));
    else
        plan.warnings.push_back(partition.device + " has no FAT and is not mounted on " + place);
}

}  // namespace

Result<zfs::Step> plan_root(const ChrootWorld& world) {
    const auto* dataset = boot::find_dataset(world.datasets, world.environment);
    if (dataset != nullptr && dataset->value("keystatus") == "unavailable")
        return fail(world.environment + " is encrypted and its key is not loaded",
                    "zfs load-key " + shell_quote(world.environment), ExitCode::refused);
    return mount_step(zfs_options(world), world.environment, world.pool.altroot);
}

std::string esp_place(const ChrootWorld& world, Files& files) {
    const auto& root = world.pool.altroot;
    std::vector<std::string> places{"/boot/efi", "/efi"};
    if (const auto fstab = files.read(root + "/etc/fstab"))
        for (const auto& line : lines(*fstab))
            if (const auto fields = words(line);
                fields.size() > 2 && !fields[0].starts_with('#') && fields[2] == "vfat")
                places.insert(places.begin(), fields[1]);
    for (const auto& place : places)
        if (place.starts_with('/') && files.kind(root + place) == FileKind::directory) return place;
    return {};
}

Inside plan_inside(const ChrootWorld& world, Files& files) {
    const auto& root = world.pool.altroot;
    Inside inside;
    auto& needed = inside.needed.steps;
    for (const std::string shared : {"/dev", "/proc", "/sys"})
        needed.push_back(mount_step({"--rbind"}, shared, root + shared));
    needed.push_back(mount_step({"-t", "tmpfs", "-o", "mode=0755,nosuid,nodev"}, "tmpfs", root + "/run"));
    auto& wanted = inside.wanted;
    add_datasets(world, files, wanted);
    if (files.kind("/run/udev") == FileKind::directory) {
        wanted.steps.push_back({"make /run/udev there", {"mkdir", root + "/run/udev"}, {}, true});
        wanted.steps.push_back(mount_step({"--rbind"}, "/run/udev", root + "/run/udev"));
    }
    add_partition(world, files, wanted);
    add_resolver(world, files, wanted);
    return inside;
}

Result<zfs::Plan> whole_plan(Runner& runner, const ChrootWorld& world, Files& files) {
    KLD_TRY(auto root, plan_root(world));
    KLD_CHECK(runner.run({.argv = root.argv}));
    auto inside = plan_inside(world, files);
    KLD_CHECK(runner.run({.argv = root.undo}));
    zfs::Plan plan{{std::move(root)}, std::move(inside.wanted.warnings)};
    for (auto* part : {&inside.needed, &inside.wanted})
        plan.steps.insert(plan.steps.end(), part->steps.begin(), part->steps.end());
    return plan;
}

Result<int> run_in_chroot(Runner& runner, Files& files, Events& events, const ChrootWorld& world,
                          const std::vector<std::string>& command) {
    KLD_TRY(const auto root, plan_root(world));
    NoEvents quiet;
    KLD_CHECK(zfs::apply({{root}, {}}, runner, quiet));
    const auto enter = [&]() -> Result<int> {
        const auto inside = plan_inside(world, files);
        KLD_CHECK(zfs::apply(inside.needed, runner, quiet));
        for (const auto& warning : inside.wanted.warnings) events.warning(warning);
        for (const auto& step : inside.wanted.steps)
            if (const auto done = runner.run({.argv = step.argv}); !done)
                events.warning(fmt::format("cannot {}: {}", step.text, join(done.error().details, "; ")));
        std::vector<std::string> argv{"chroot", world.pool.altroot};
        argv.insert(argv.end(), command.begin(), command.end());
        return run_in_foreground({.argv = argv});
    };
    auto code = enter();
    [[maybe_unused]] const auto unmounted = runner.run({.argv = root.undo});
    return code;
}

}  // namespace kld::recovery
