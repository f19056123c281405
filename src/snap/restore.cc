// SPDX-License-Identifier: BSD-3-Clause
#include "snap/restore.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::snap {
namespace {

std::string below(const std::string& directory, const std::string& name) {
    return directory == "/" ? "/" + name : directory + "/" + name;
}

/// "/home/user" in "/home" → "user"; the place itself → "".
std::string relative_to(const std::string& path, const std::string& place) {
    if (path == place) return {};
    return path.substr(place == "/" ? 1 : place.size() + 1);
}

Result<std::string> target_of(const Opened& opened, const RestoreWish& wish, const std::string& path,
                              const std::string& relative) {
    const auto parts = zfs::split_snapshot(wish.snapshot);
    if (!wish.to.empty()) {
        // The whole of a dataset has no name of its own.
        const auto name = relative.empty() ? parts.snapshot : relative.substr(relative.rfind('/') + 1);
        return below(wish.to, name);
    }
    if (!opened.mounted)
        return fail(fmt::format("{} is not mounted, so {} has no place to go back to", parts.dataset, path),
                    "say where it goes with --to DIRECTORY", ExitCode::usage);
    if (relative.empty())
        return fail(fmt::format("{} is the whole of {}", path, parts.dataset),
                    "ksnap rollback goes back to a snapshot; --to DIRECTORY copies all files of it", ExitCode::usage);
    return path;
}

/// Why what lies at the target cannot be replaced.
Status check_target(const RestoreWorld& world, const RestoreWish& wish, const RestoreItem& item) {
    const auto parent = zfs::parent_directory(item.target);
    if (item.parent_kind != FileKind::directory)
        return fail(
            fmt::format("there is no directory {} to put {} into", parent, item.path),
            wish.to.empty() ? "restore that directory, or say with --to where it goes" : "mkdir " + shell_quote(parent),
            ExitCode::refused);
    for (const auto& mount : world.mounts)
        if (zfs::lies_in(mount.target, item.target))
            return fail(fmt::format("{} is mounted on {}", mount.source, mount.target),
                        "name what is wanted below it, or say with --to where it goes", ExitCode::refused);
    if (const auto* mount = zfs::mount_of(world.mounts, parent);
        wish.to.empty() && mount != nullptr && mount->source != zfs::split_snapshot(wish.snapshot).dataset)
        return fail(fmt::format("{} lies on {} now, and the snapshot is {}", item.path, mount->source, wish.snapshot),
                    "say with --to where it goes", ExitCode::refused);
    if (item.target_kind != FileKind::none && !wish.overwrite)
        return fail(fmt::format("{} is there already", item.target),
                    "--overwrite keeps it beside as " + item.kept + "; --to DIRECTORY copies elsewhere",
                    ExitCode::refused);
    return {};
}

Status check_source(const RestoreWorld& world, const RestoreWish& wish, const RestoreItem& item) {
    if (item.source_kind != FileKind::none) return {};
    const auto dataset = zfs::split_snapshot(wish.snapshot).dataset;
    const auto* mount = zfs::mount_of(world.mounts, item.path);
    const bool elsewhere = mount != nullptr && mount->type == "zfs" && mount->source != dataset;
    return fail(fmt::format("{} is not in {}", item.path, wish.snapshot),
                elsewhere ? fmt::format("it lies on {}: ksnap list {} shows the snapshots of that", mount->source,
                                        shell_quote(mount->source))
                          : "ksnap list shows other snapshots; ksnap diff what was removed since one",
                ExitCode::usage);
}

Status check_items(const RestoreWorld& world, const RestoreWish& wish) {
    for (const auto& item : world.items) {
        KLD_CHECK(check_source(world, wish, item));
        KLD_CHECK(check_target(world, wish, item));
        for (const auto& other : world.items)
            if (&other != &item && zfs::lies_in(other.target, item.target))
                return fail(fmt::format("{} and {} would both go to {}", item.path, other.path, item.target),
                            "restore one after the other", ExitCode::usage);
    }
    return {};
}

/// Never over something that came to be there meanwhile.
std::vector<std::string> move(const std::string& from, const std::string& to) {
    return {"mv", "--no-clobber", "--no-target-directory", "--", from, to};
}

}  // namespace

Result<Opened> open_snapshot(Runner& runner, Files& files, const std::vector<zfs::Mount>& mounts,
                             const std::string& snapshot) {
    const auto parts = zfs::split_snapshot(snapshot);
    auto rows = zfs::list(
        runner, {.root = parts.dataset, .types = {"filesystem"}, .properties = {"mountpoint"}, .recursive = false});
    if (!rows)
        return fail(std::move(rows.error())
                        .with_hint("only a file system has files to restore; zfs list shows the datasets there are"));
    if (rows->size() != 1) return fail("zfs list says nothing about " + parts.dataset);
    Opened opened;
    opened.place = zfs::place_of(mounts, parts.dataset);
    const auto* seen = opened.place.empty() ? nullptr : zfs::mount_of(mounts, opened.place);
    opened.mounted = seen != nullptr && seen->source == parts.dataset;
    if (opened.mounted) {
        opened.base = below(opened.place, ".zfs/snapshot/" + parts.snapshot);
        // Opening the directory is what mounts the snapshot there.
        if (const auto names = files.list(opened.base); names && !names->empty()) return opened;
    } else {
        const auto& mountpoint = rows->front()[0];
        opened.place = mountpoint.starts_with('/') ? mountpoint : "/";
    }
    auto mount = zfs::PassingMount::make(runner, snapshot, "ro", "restore");
    if (!mount)
        return fail(
            std::move(mount.error())
                .with_hint(fmt::format("ksnap list {} shows the snapshots there are", shell_quote(parts.dataset))));
    opened.base = mount->place();
    opened.mount.emplace(std::move(*mount));
    return opened;
}

Result<RestoreWorld> probe_restore(Files& files, const std::vector<zfs::Mount>& mounts, const Opened& opened,
                                   const RestoreWish& wish, std::time_t now) {
    RestoreWorld world{mounts, {}};
    std::set<std::string> scratches;
    for (const auto& path : wish.paths) {
        if (!zfs::lies_in(path, opened.place))
            return fail(fmt::format("{} is not in {}, which {} {}", path, zfs::split_snapshot(wish.snapshot).dataset,
                                    opened.mounted ? "is mounted on" : "would be mounted on", opened.place),
                        "name paths as they are seen there", ExitCode::usage);
        const auto relative = relative_to(path, opened.place);
        RestoreItem item{path, relative.empty() ? opened.base : below(opened.base, relative), {}};
        KLD_TRY(item.target, target_of(opened, wish, path, relative));
        const auto parent = zfs::parent_directory(item.target);
        item.source_kind = files.kind(item.source);
        item.target_kind = files.kind(item.target);
        item.parent_kind = files.kind(parent);
        item.kept = zfs::stamped(item.target + ".before-restore", now,
                                 [&](const std::string& name) { return files.exists(name); });
        item.scratch = zfs::stamped(below(parent, ".ksnap"), now, [&](const std::string& name) {
            return files.exists(name) || scratches.contains(name);
        });
        scratches.insert(item.scratch);
        world.items.push_back(std::move(item));
    }
    return world;
}

Result<zfs::Plan> plan_restore(const RestoreWorld& world, const RestoreWish& wish) {
    KLD_CHECK(check_items(world, wish));
    zfs::Plan plan;
    std::vector<zfs::Step> places, ends;
    for (const auto& item : world.items) {
        const auto& name = item.target.substr(item.target.rfind('/') + 1);
        const auto copy = item.scratch + "/" + name;
        const auto remove = [](const std::string& what) -> std::vector<std::string> {
            return {"rm", "--recursive", "--force", "--one-file-system", "--", what};
        };
        // A copy that failed half way goes with its directory.
        plan.steps.push_back(
            {"make " + item.scratch, {"mkdir", "-m", "0700", "--", item.scratch}, remove(item.scratch)});
        // --archive alone is silent about attributes that it could not copy.
        plan.steps.push_back({fmt::format("copy {} out of {}", item.path, wish.snapshot),
                              {"cp", "--archive", "--preserve=xattr", "--reflink=auto", "--no-target-directory", "--",
                               item.source, copy},
                              remove(copy)});
        if (item.target_kind != FileKind::none)
            places.push_back({fmt::format("keep what is there as {}", item.kept), move(item.target, item.kept),
                              move(item.kept, item.target)});
        places.push_back({fmt::format("put it to {}", item.target), move(copy, item.target), move(item.target, copy)});
        // Fails when something came to be there meanwhile and the copy was not moved.
        ends.push_back(
            {"remove " + item.scratch, {"rmdir", "--", item.scratch}, {"mkdir", "-m", "0700", "--", item.scratch}});
    }
    std::move(places.begin(), places.end(), std::back_inserter(plan.steps));
    std::move(ends.begin(), ends.end(), std::back_inserter(plan.steps));
    return plan;
}

}  // namespace kld::snap
