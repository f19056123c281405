// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "base/process_table.h"
#include "base/text.h"
#include "clone/clone.h"
#include "zfs/mounts.h"

namespace kld::clone {
namespace {

bool is_in(const std::string& path, const std::string& directory) {
    return path == directory || path.starts_with(directory == "/" ? "/" : directory + "/");
}

std::string file_system(const zfs::Mount* mount) {
    return mount == nullptr ? "an unknown file system" : mount->type == "zfs" ? mount->source : mount->type;
}

/// Why no block of the source can be one of the copy, too; empty when it can. FICLONE, which cp uses, ends at the
/// border of a dataset (openzfs#16837).
std::string why_not_shared(const datasets::World& world, const Source& source, const datasets::Place& place,
                           const Sharing& sharing) {
    const auto* from = zfs::mount_of(world.mounts, source.path);
    const auto* to = zfs::mount_of(world.mounts, place.path);
    if (from == nullptr || from->type != "zfs") return fmt::format("it lies on {}, not on ZFS", file_system(from));
    if (sharing.feature != "active" && sharing.feature != "enabled")
        return fmt::format("the pool {} has no feature@block_cloning", boot::pool_of(from->source));
    if (!sharing.switched_on) return "this ZFS does not clone blocks (2.2 and later do)";
    if (!*sharing.switched_on) return "block cloning is switched off: zfs_bclone_enabled is 0";
    if (to == nullptr || to->source != from->source)
        return fmt::format("it lies on {}, and {} on {}: blocks are shared within one dataset", from->source,
                           place.path, file_system(to));
    for (const auto& mount : world.mounts)
        if (mount.target != source.path && is_in(mount.target, source.path) && mount.target != from->target)
            return fmt::format("{} is mounted below it, on {}", mount.source, mount.target);
    return {};
}

constexpr std::string_view kEnd = ".kclone-partial";

struct Parts {
    std::string directory, begin;  ///< "/srv", ".copy."
};

Parts parts_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return {slash == 0 ? "/" : path.substr(0, slash), "." + path.substr(slash + 1) + "."};
}

zfs::Step removal(const std::string& text, const std::string& path) {
    return {text, {"rm", "--recursive", "--force", "--one-file-system", "--", path}, {}, true};
}

}  // namespace

std::string partial_name(const std::string& path, const std::string& mark) {
    const auto [directory, begin] = parts_of(path);
    return (directory == "/" ? "" : directory) + "/" + begin + mark + std::string(kEnd);
}

std::vector<std::string> leftovers(Files& files, const std::string& path) {
    const auto [directory, begin] = parts_of(path);
    std::vector<std::string> found;
    for (const auto& name : files.list(directory).value_or(std::vector<std::string>{})) {
        if (!name.starts_with(begin) || !name.ends_with(kEnd) || name.size() <= begin.size() + kEnd.size()) continue;
        const auto mark = name.substr(begin.size(), name.size() - begin.size() - kEnd.size());
        const bool is_mark = mark.find_first_not_of("0123456789-") == std::string::npos;
        if (is_mark && !is_running(files, mark)) found.push_back(partial_name(path, mark));
    }
    return found;
}

Result<zfs::Plan> plan_copy(const datasets::World& world, const Source& source, const datasets::Place& place,
                            const Sharing& sharing, const CopyWish& wish) {
    const auto& target = place.path;
    if (source.path.empty())
        return fail(source.dataset + " is not mounted", "zfs mount " + shell_quote(source.dataset), ExitCode::refused);
    if (place.kind != FileKind::none)
        return fail(target + " is there already", "choose another path: nothing is overwritten", ExitCode::refused);
    if (!place.missing.empty())
        return fail(fmt::format("cannot make {}: there is no {}", target, place.missing.back()),
                    "mkdir -p " + shell_quote(place.missing.back()));
    if (is_in(target, source.path))
        return fail(fmt::format("{} lies inside of {}", target, source.path), "choose a path outside of it",
                    ExitCode::refused);
    const auto reason = why_not_shared(world, source, place, sharing);
    if (!reason.empty() && !wish.copy)
        return fail(fmt::format("cannot share the blocks of {}: {}", source.path, reason),
                    "--copy copies them, which takes its time and as much space again", ExitCode::refused);
    zfs::Plan plan;
    for (const auto& left : wish.leftovers)
        plan.steps.push_back(removal(fmt::format("take away {}, which a killed kclone left", left), left));
    const auto* mount = zfs::mount_of(world.mounts, source.path);
    if (reason.empty())
        // Blocks that are not on the disk yet cannot be cloned.
        plan.steps.push_back({fmt::format("write all data of {} to its disks", boot::pool_of(mount->source)),
                              {"zpool", "sync", boot::pool_of(mount->source)},
                              {},
                              true});
    else
        plan.warnings.push_back("blocks are copied, not shared: " + reason);
    const auto partial = partial_name(target, wish.mark);
    plan.steps.push_back({"make " + partial, {"mkdir", "--mode=0700", "--", partial}, removal({}, partial).argv});
    plan.steps.push_back(
        {fmt::format("{} {} to {}", reason.empty() ? "clone" : "copy", source.path, partial),
         // --archive alone is silent about attributes that it could not copy.
         {"cp", "--archive", "--preserve=xattr", reason.empty() ? "--reflink=always" : "--reflink=auto",
          "--no-target-directory", "--", source.path, partial},
         {},
         true});
    // mv never merges: a directory with entries that has come meanwhile stays as it is.
    plan.steps.push_back({fmt::format("call it {}", target),
                          {"mv", "--no-target-directory", "--", partial, target},
                          {"mv", "--no-target-directory", "--", target, partial}});
    return plan;
}

}  // namespace kld::clone
