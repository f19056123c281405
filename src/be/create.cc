// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "base/text.h"
#include "be/changes.h"
#include "zfs/names.h"

namespace kld::be {
namespace {

/// One dataset per boot environment: what lies below another dataset would not be rolled back with it.
Status refuse_children(const World& world, const std::string& dataset) {
    const auto children = world.children(dataset);
    if (children.empty()) return {};
    return fail(fmt::format("{} has datasets below it: {}", dataset, join(children, ", ")),
                "a boot environment is one dataset: move them beside it (zfs rename), or their files into it",
                ExitCode::refused);
}

zfs::Step snapshot_step(const std::string& name, const std::string& reason) {
    std::vector<std::string> argv{"zfs", "snapshot"};
    if (!reason.empty()) argv.insert(argv.end(), {"-o", std::string(kReason) + "=" + reason});
    argv.push_back(name);
    return {"snapshot " + name, std::move(argv), {"zfs", "destroy", name}};
}

Status refuse_taken(const World& world, const std::string& name) {
    KLD_CHECK(zfs::check_component(name, "boot environment"));
    if (name.find(' ') != std::string::npos)
        return fail("'" + name + "' has a blank in it: a kernel's command line could not name it",
                    "use letters, digits and - _ . :", ExitCode::usage);
    const auto dataset = world.dataset_of(name);
    KLD_CHECK(zfs::check_length(dataset));
    if (world.find(dataset) != nullptr)
        return fail("there is already a boot environment " + name, "kbe list shows all; choose another name",
                    ExitCode::refused);
    return {};
}

void override_with(Properties& all, const Properties& own) {
    for (const auto& [name, value] : own) {
        std::erase_if(all, [&, key = &name](const auto& property) { return property.first == *key; });
        all.emplace_back(name, value);
    }
}

}  // namespace

Result<std::string> source_dataset(const World& world, const std::string& source) {
    if (source.empty()) {
        if (world.running.empty())
            return fail("no boot environment runs here", "name the one to start from with -e", ExitCode::usage);
        return world.running;
    }
    KLD_TRY(const auto* found, world.environment(zfs::split_snapshot(source).dataset));
    return found->name;
}

Result<zfs::Plan> plan_create(const World& world, const std::string& name, const std::string& source,
                              const Properties& inherited, const Properties& own) {
    KLD_CHECK(refuse_taken(world, name));
    KLD_TRY(const auto from, source_dataset(world, source));
    KLD_CHECK(refuse_children(world, from));
    for (const auto& [property, value] : own)
        if (property == "mountpoint" || property == "canmount")
            return fail(fmt::format("{} of a boot environment is not for choosing", property),
                        "leave it out: menus look for mountpoint=/ and canmount=noauto", ExitCode::usage);
    zfs::Plan plan;
    std::string origin;
    if (const auto named = zfs::split_snapshot(source).snapshot; !named.empty()) {
        origin = from + "@" + named;
        if (world.find_snapshot(origin) == nullptr)
            return fail("there is no snapshot " + origin, "kbe list -s shows them", ExitCode::usage);
    } else {
        origin = from + "@" + zfs::stamped("kbe", world.now, [&](const std::string& candidate) {
                     return world.find_snapshot(from + "@" + candidate) != nullptr;
                 });
        plan.steps.push_back(snapshot_step(origin, "kbe"));
    }
    auto properties = inherited;
    override_with(properties, own);
    const auto dataset = world.dataset_of(name);
    zfs::Step clone{fmt::format("clone {} as {}", origin, dataset),
                    {"zfs", "clone", "-o", "canmount=noauto", "-o", "mountpoint=/"},
                    {"zfs", "destroy", dataset}};
    for (const auto& [property, value] : properties)
        clone.argv.insert(clone.argv.end(), {"-o", property + "=" + value});
    clone.argv.insert(clone.argv.end(), {origin, dataset});
    plan.steps.push_back(std::move(clone));
    return plan;
}

Result<zfs::Plan> plan_snapshot(const World& world, const std::string& name) {
    const auto parts = zfs::split_snapshot(name);
    KLD_CHECK(zfs::check_component(parts.snapshot, "snapshot"));
    KLD_TRY(const auto* environment, world.environment(parts.dataset));
    const auto snapshot = environment->name + "@" + parts.snapshot;
    KLD_CHECK(zfs::check_length(snapshot));
    if (world.find_snapshot(snapshot) != nullptr)
        return fail("there is already a snapshot " + snapshot, "choose another name", ExitCode::refused);
    return zfs::Plan{{snapshot_step(snapshot, {})}, {}};
}

Result<Export> plan_export(const World& world, const std::string& name, const ExportWish& wish) {
    KLD_TRY(const auto* environment, world.environment(name));
    const auto& key = environment->value("keystatus");
    const bool encrypted = key == "available" || key == "unavailable";
    if (encrypted && !wish.plain && !wish.raw)
        return fail(name + " is encrypted", "--raw keeps it so, with the same key; --plain sends what anybody can read",
                    ExitCode::refused);
    if (encrypted && wish.plain && key == "unavailable")
        return fail(fmt::format("{} is encrypted and its key is not loaded", name),
                    "zfs load-key " + shell_quote(environment->name), ExitCode::refused);
    const auto snapshot =
        environment->name + "@" + zfs::stamped("export", world.now, [&](const std::string& candidate) {
            return world.find_snapshot(environment->name + "@" + candidate) != nullptr;
        });
    // Blocks as they are stored, with the properties that were set.
    Export made{snapshot_step(snapshot, "kbe"), {"zfs", "send", "-p", "-L", "-c", snapshot}};
    if (encrypted && wish.raw) {
        made.send = {"zfs", "send", "-w", "-p", snapshot};
    } else if (encrypted) {
        made.send = {"zfs", "send", "-L", "-c", snapshot};
        made.warnings.push_back(
            "what was set on it (zfs get -s local all) is not in the stream: set it again after import");
    }
    return made;
}

zfs::Plan whole(const Export& made) {
    const auto& snapshot = made.send.back();
    return {
        {made.snapshot, {"send " + snapshot + " to stdout", made.send}, {"destroy " + snapshot, made.snapshot.undo}},
        made.warnings};
}

Result<zfs::Step> plan_import(const World& world, const std::string& name) {
    KLD_CHECK(refuse_taken(world, name));
    const auto dataset = world.dataset_of(name);
    return zfs::Step{"receive " + dataset + " from stdin",
                     {"zfs", "receive", "-u", "-o", "canmount=noauto", "-o", "mountpoint=/", dataset}};
}

Result<zfs::Plan> plan_rename(const World& world, const std::string& from, const std::string& to) {
    KLD_TRY(const auto* environment, world.environment(from));
    KLD_CHECK(refuse_taken(world, to));
    if (world.on_trial(environment->name))
        return fail(from + " is on trial under this name", "kbe activate -T ends the trial", ExitCode::refused);
    const auto target = world.dataset_of(to);
    // -u: what is mounted stays where it is, the root of the running system too. bootfs follows by itself.
    zfs::Plan plan{{{fmt::format("rename {} to {}", environment->name, target),
                     {"zfs", "rename", "-u", environment->name, target},
                     {"zfs", "rename", "-u", target, environment->name}}},
                   {}};
    // What a person gave a name is theirs from then on.
    if (const auto reason = environment->properties.find(kReason);
        reason != environment->properties.end() && reason->second.source == "local")
        plan.steps.push_back(
            {fmt::format("keep {} from kbe prune", target), {"zfs", "inherit", kReason, target}, {}, true});
    return plan;
}

World with_environment(World world, const std::string& dataset) {
    world.datasets.push_back({dataset, {{"mountpoint", {"/", "local"}}, {"canmount", {"noauto", "local"}}}});
    return world;
}

}  // namespace kld::be
