// SPDX-License-Identifier: BSD-3-Clause
#include "snap/kinship.h"

#include <fmt/core.h>

#include <optional>

#include "zfs/names.h"
#include "zfs/own_mounts.h"
#include "zfs/passing_mount.h"

namespace kld::snap {
namespace {

/// "/run/kldload-diff.x/etc/motd" → "/etc/motd"
std::string below(const std::string& path, const std::string& place) {
    if (place == "/" || !path.starts_with(place)) return path;
    const auto rest = path.substr(place.size());
    return rest.empty() ? "/" : rest;
}

}  // namespace

Result<std::string> common_snapshot(const be::World& world, const std::string& first, const std::string& second) {
    KLD_TRY(const auto* one, world.environment(first));
    KLD_TRY(const auto* other, world.environment(second));
    if (one == other)
        return fail(first + " cannot be compared with itself", "name another one: kbe list", ExitCode::usage);
    for (const auto& [clone, source] : {std::pair(one, other), std::pair(other, one)})
        if (const auto& origin = clone->value("origin"); zfs::split_snapshot(origin).dataset == source->name)
            return origin;
    return fail(fmt::format("{} and {} are no clones of each other", first, second),
                "kbe mount both, and compare their directories (diff -r)", ExitCode::refused);
}

Result<std::vector<Change>> changes_of(Runner& runner, const be::World& world, const std::string& dataset,
                                       const std::string& since) {
    const auto read_at = [&](const std::string& place) -> Result<std::vector<Change>> {
        KLD_TRY(auto changes, read_diff(runner, since, dataset));
        for (auto& change : changes) {
            change.path = below(change.path, place);
            if (!change.new_path.empty()) change.new_path = below(change.new_path, place);
        }
        return changes;
    };
    const auto place = dataset == world.running ? std::string("/") : zfs::place_of(world.mounts, dataset);
    if (!place.empty()) return read_at(place);
    return zfs::with_own_mounts([&]() -> Result<std::vector<Change>> {
        const auto* known = world.find(dataset);
        KLD_TRY(const auto mount,
                zfs::PassingMount::make(runner, known == nullptr ? boot::Dataset{dataset, {}} : *known, true, "diff"));
        return read_at(mount.place());
    });
}

}  // namespace kld::snap
