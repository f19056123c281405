// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/leave.h"

#include <fmt/core.h>

#include "base/text.h"
#include "boot/dataset.h"
#include "recovery/import.h"

namespace kld::recovery {
namespace {

/// "rpool/home" and "rpool/home@a" are of rpool, "rpool2/x" is not.
bool is_of(const zfs::Mount& mount, const std::string& pool) {
    const auto name = boot::pool_of(mount.source);
    return mount.type == "zfs" && name.substr(0, name.find('@')) == pool;
}

}  // namespace

zfs::Plan plan_export(const ImportedPool& pool, const std::vector<zfs::Mount>& mounts) {
    zfs::Plan plan;
    for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount)
        if (is_of(*mount, pool.name) || zfs::lies_in(mount->target, pool.altroot))
            plan.steps.push_back({"unmount " + mount->target, {"umount", mount->target}, {}});
    plan.steps.push_back({"export " + pool.name, {"zpool", "export", pool.name}, {}});
    return plan;
}

zfs::Plan plan_tidy(const ImportedPool& pool) {
    if (!is_own_place(pool.altroot)) return {};
    return {
        {{"remove " + pool.altroot, {"find", pool.altroot, "-xdev", "-depth", "-type", "d", "-empty", "-delete"}, {}}},
        {}};
}

Status leave(Runner& runner, Files& files, Events& events, const ImportedPool& pool,
             const std::vector<zfs::Mount>& mounts) {
    if (auto done = zfs::apply(plan_export(pool, mounts), runner, events); !done) {
        if (done.error().hint.empty())
            done.error().hint = "end what uses it: fuser -vm " + shell_quote(pool.altroot) + ", and again";
        return done;
    }
    for (const auto& step : plan_tidy(pool).steps)
        if (const auto done = runner.run({.argv = step.argv}); !done)
            events.warning(fmt::format("cannot {}: {}", step.text, join(done.error().details, "; ")));
    const auto left = look_at_place(files, pool.altroot);
    if (left && left->kind == FileKind::directory && !left->empty)
        events.warning(
            fmt::format("{} is not empty: krecovery import does not take it again before it is", pool.altroot));
    return {};
}

}  // namespace kld::recovery
