// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/import.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "zfs/names.h"

namespace kld::recovery {
namespace {

std::string describe(const SeenPool& pool) {
    return fmt::format("{} ({})", pool.label.name, pool.label.guid);
}

bool is_taken(const Scene& scene, const std::string& name) {
    return std::any_of(scene.imported.begin(), scene.imported.end(),
                       [&](const auto& pool) { return pool.name == name; });
}

Status expect_not_imported(const SeenPool& pool) {
    if (!pool.imported) return {};
    if (pool.imported->runs)
        return fail(fmt::format("{} is the pool that this system runs from", describe(pool)),
                    "kbe works on it; a copy of its disk has the same GUID and cannot be told from it: take it out, or "
                    "recover it on another machine",
                    ExitCode::refused);
    return fail(fmt::format("{} is imported already, as {}{}", describe(pool), pool.imported->name,
                            pool.imported->altroot.empty() ? "" : " at " + pool.imported->altroot),
                pool.imported->altroot.empty() ? "zpool export " + shell_quote(pool.imported->name) + ", and again"
                                               : "krecovery list shows its boot environments",
                ExitCode::refused);
}

Status expect_importable(const SeenPool& pool, const ImportWish& wish) {
    Error error{fmt::format("{} cannot be imported here", describe(pool)), {}, {}, ExitCode::refused};
    if (!pool.offer.status.empty()) error.details.push_back(pool.offer.status);
    if (!pool.offer.action.empty()) error.details.push_back(pool.offer.action);
    if (!pool.offer.may_be_imported()) {
        error.message += fmt::format(": its state is {}", pool.offer.state);
        error.hint = pool.label.missing > 0
                         ? fmt::format("{} of its devices are not there: attach them", pool.label.missing)
                         : "zpool import, and dmesg, say more; a rescue system with a newer OpenZFS may know what this "
                           "one does not";
        return fail(std::move(error));
    }
    if (!pool.offer.only_for_reading() || wish.readonly) return {};
    error.message += " for writing";
    error.hint = "--read-only, or a rescue system with a newer OpenZFS";
    return fail(std::move(error));
}

Status expect_ours(const Scene& scene, const SeenPool& pool, const ImportWish& wish) {
    if (wish.force || !pool.of_another_system(scene.hostid)) return {};
    const auto& label = pool.label;
    return fail(fmt::format("{} was last used by another system, {} (hostid {:08x}){}, and not exported",
                            describe(pool), label.hostname.empty() ? "without a name" : label.hostname, label.hostid,
                            label.written == 0 ? "" : ", which wrote on " + local_time(label.written)),
                "two systems that write to one pool destroy it: --force once that one does not run", ExitCode::refused);
}

Status expect_free_place(const std::string& altroot, const Place& place, const std::vector<zfs::Mount>& mounts) {
    if (!altroot.starts_with('/') || altroot == "/" || ("/" + altroot + "/").find("/../") != std::string::npos)
        return fail(fmt::format("'{}' is no directory for a pool", altroot), "--altroot /mnt, or another one below /",
                    ExitCode::usage);
    for (const auto& mount : mounts)
        if (mount.target != "/" && zfs::lies_in(mount.target, altroot))
            return fail(fmt::format("{} is mounted on {}", mount.source, mount.target),
                        "umount " + shell_quote(mount.target) + ", or name another directory with --altroot",
                        ExitCode::refused);
    if (place.kind == FileKind::none || (place.kind == FileKind::directory && place.empty)) return {};
    return fail(altroot + (place.kind == FileKind::directory ? " is not empty" : " is no directory"),
                "name an empty directory, or one that is not there yet, with --altroot", ExitCode::refused);
}

}  // namespace

bool is_own_place(const std::string& altroot) {
    return altroot.starts_with(kPlaces) && altroot.size() > std::string_view(kPlaces).size() &&
           (altroot + "/").find("/../") == std::string::npos;
}

Result<const SeenPool*> find_pool(const Scene& scene, const std::string& wanted) {
    std::vector<const SeenPool*> found;
    std::vector<std::string> known;
    for (const auto& pool : scene.pools) {
        known.push_back(describe(pool));
        if (std::to_string(pool.label.guid) == wanted) return &pool;
        if (pool.label.name == wanted) found.push_back(&pool);
    }
    if (found.size() == 1) return found.front();
    if (found.empty())
        return fail("there is no pool " + wanted + " on any device",
                    known.empty() ? "no device has a pool: are all disks attached?" : "there are: " + join(known, ", "),
                    ExitCode::usage);
    std::vector<std::string> guids;
    for (const auto* pool : found)
        guids.push_back(std::to_string(pool->label.guid) +
                        (pool->imported && pool->imported->runs ? " (this system's own)" : ""));
    return fail(fmt::format("{} pools are called {}", found.size(), wanted),
                "name one by its GUID: " + join(guids, ", ") + "; krecovery pools shows more", ExitCode::usage);
}

std::string name_here(const Scene& scene, const SeenPool& pool, const ImportWish& wish) {
    if (!wish.name.empty()) return wish.name;
    return is_taken(scene, pool.label.name) ? menu::temporary_name(pool.label.name, pool.label.guid) : pool.label.name;
}

std::string altroot_of(const Scene& scene, const SeenPool& pool, const ImportWish& wish) {
    auto place = wish.altroot.empty() ? kPlaces + replace_all(name_here(scene, pool, wish), " ", "_") : wish.altroot;
    while (place.size() > 1 && place.ends_with('/')) place.pop_back();
    return place;
}

Result<Place> look_at_place(Files& files, const std::string& altroot) {
    Place place{files.kind(altroot)};
    if (place.kind != FileKind::directory) return place;
    KLD_TRY(const auto names, files.list(altroot));
    place.empty = names.empty();
    return place;
}

Result<zfs::Plan> plan_import(const Scene& scene, const ImportWish& wish, const Place& place,
                              const std::vector<zfs::Mount>& mounts) {
    KLD_TRY(const auto* pool, find_pool(scene, wish.pool));
    KLD_CHECK(expect_not_imported(*pool));
    KLD_CHECK(expect_importable(*pool, wish));
    KLD_CHECK(expect_ours(scene, *pool, wish));
    const auto name = name_here(scene, *pool, wish);
    KLD_CHECK(zfs::check_component(name, "pool"));
    if (is_taken(scene, name))
        return fail("another pool is called " + name + " here", "give it another name with --name", ExitCode::refused);
    const auto altroot = altroot_of(scene, *pool, wish);
    KLD_CHECK(expect_free_place(altroot, place, mounts));

    zfs::Plan plan;
    if (pool->label.missing > 0)
        plan.warnings.push_back(fmt::format("{} of its devices are not there", pool->label.missing));
    if (wish.force && pool->of_another_system(scene.hostid))
        plan.warnings.push_back(fmt::format("{} had it last: it must not run now", pool->label.hostname));
    if (place.kind == FileKind::none)
        plan.steps.push_back({"make " + altroot, {"mkdir", "-p", "-m", "0700", altroot}, {"rmdir", altroot}});
    const bool renamed = name != pool->label.name;
    zfs::Step step{fmt::format("import {}{} at {}{}, without mounting anything", describe(*pool),
                               renamed ? " as " + name + " until it is exported" : "", altroot,
                               wish.readonly ? ", for reading alone" : ""),
                   {"zpool", "import", "-N", "-R", altroot},
                   {"zpool", "export", name}};
    auto& argv = step.argv;
    if (wish.readonly) argv.insert(argv.end(), {"-o", "readonly=on"});
    if (wish.force) argv.emplace_back("-f");
    for (const auto& device : pool->label.devices) argv.insert(argv.end(), {"-d", device});
    if (renamed) argv.emplace_back("-t");
    argv.push_back(std::to_string(pool->label.guid));
    if (renamed) argv.push_back(name);
    plan.steps.push_back(std::move(step));
    return plan;
}

}  // namespace kld::recovery
