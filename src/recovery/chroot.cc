// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/chroot.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/alone.h"
#include "base/text.h"
#include "recovery/esp_choice.h"
#include "zfs/mounts.h"
#include "zfs/passing_mount.h"

namespace kld::recovery {
namespace {

zfs::Step mount_step(std::vector<std::string> options, const std::string& what, const std::string& place) {
    std::vector<std::string> argv{"mount"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {what, place});
    return {fmt::format("mount {} on {}", what, place), argv, {"umount", "--recursive", place}};
}

/// What is this system's own may be in use as it likes: it is let go of with all that is mounted in it.
zfs::Step mount_own(std::vector<std::string> options, const std::string& what, const std::string& place) {
    auto step = mount_step(std::move(options), what, place);
    step.undo = {"umount", "--lazy", place};
    return step;
}

zfs::Step mount_dataset(const boot::Dataset& dataset, bool readonly, const std::string& place) {
    return mount_step({"-t", "zfs", "-o", zfs::mount_options(dataset, readonly)}, dataset.name, place);
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
        plan.steps.push_back(mount_dataset(*dataset, world.pool.readonly, place));
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
    const auto choice = choose_esp(files, world.pool.altroot, world.partitions);
    if (!choice.warning.empty()) plan.warnings.push_back(choice.warning);
    if (!choice.partition) return;
    plan.steps.push_back(mount_step({"-t", "vfat", "-o", world.pool.readonly ? "umask=0077,ro" : "umask=0077"},
                                    choice.partition->device, world.pool.altroot + choice.place));
}

/// With the environment mounted.
Result<int> run_with_all(Runner& runner, Files& files, Events& events, const ChrootWorld& world,
                         const std::vector<std::string>& command, const RunInside& run) {
    const auto inside = plan_inside(world, files);
    NoEvents quiet;
    KLD_CHECK(zfs::apply(inside.needed, runner, quiet));
    for (const auto& warning : inside.wanted.warnings) events.warning(warning);
    for (const auto& step : inside.wanted.steps)
        if (const auto done = runner.run({.argv = step.argv}); !done)
            events.warning(fmt::format("cannot {}: {}", step.text, join(done.error().details, "; ")));
    auto code = run(command, world.pool.altroot);
    for (auto step = inside.needed.steps.rbegin(); step != inside.needed.steps.rend(); ++step)
        [[maybe_unused]] const auto let_go = runner.run({.argv = step->undo});
    return code;
}

}  // namespace

Result<zfs::Step> plan_root(const ChrootWorld& world) {
    const auto* dataset = boot::find_dataset(world.datasets, world.environment);
    if (dataset != nullptr && dataset->value("keystatus") == "unavailable")
        return fail(world.environment + " is encrypted and its key is not loaded",
                    "zfs load-key " + shell_quote(world.environment), ExitCode::refused);
    return mount_dataset(dataset == nullptr ? boot::Dataset{world.environment, {}} : *dataset, world.pool.readonly,
                         world.pool.altroot);
}

RunInside run_and_leave_nothing(int stdout_fd) {
    return [stdout_fd](const std::vector<std::string>& command, const std::string& root) {
        return run_alone({.argv = command, .stdout_fd = stdout_fd}, root);
    };
}

Inside plan_inside(const ChrootWorld& world, Files& files) {
    const auto& root = world.pool.altroot;
    Inside inside;
    auto& needed = inside.needed.steps;
    for (const std::string shared : {"/dev", "/proc", "/sys"})
        needed.push_back(mount_own({"--rbind"}, shared, root + shared));
    needed.push_back(mount_own({"-t", "tmpfs", "-o", "mode=0755,nosuid,nodev"}, "tmpfs", root + "/run"));
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
    auto inspected = world;
    inspected.pool.readonly = true;
    KLD_TRY(const auto look, plan_root(inspected));
    KLD_CHECK(runner.run({.argv = look.argv}));
    auto inside = plan_inside(world, files);
    KLD_CHECK(runner.run({.argv = look.undo}));
    zfs::Plan plan{{std::move(root)}, std::move(inside.wanted.warnings)};
    for (auto* part : {&inside.needed, &inside.wanted})
        plan.steps.insert(plan.steps.end(), part->steps.begin(), part->steps.end());
    return plan;
}

Result<int> run_in_chroot(Runner& runner, Files& files, Events& events, const ChrootWorld& world,
                          const std::vector<std::string>& command, const RunInside& run) {
    KLD_TRY(const auto root, plan_root(world));
    NoEvents quiet;
    KLD_CHECK(zfs::apply({{root}, {}}, runner, quiet));
    auto code = run_with_all(runner, files, events, world, command, run);
    if (const auto unmounted = runner.run({.argv = root.undo}); !unmounted) {
        const auto& error = unmounted.error();
        events.warning(fmt::format("{} is still in use, and krecovery export may be refused: {}", world.pool.altroot,
                                   error.details.empty() ? error.message : join(error.details, "; ")));
        [[maybe_unused]] const auto hidden =
            runner.run({.argv = {"umount", "--recursive", "--lazy", world.pool.altroot}});
    }
    return code;
}

}  // namespace kld::recovery
