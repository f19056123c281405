// SPDX-License-Identifier: BSD-3-Clause
#include "menu/entries.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "boot/command_line.h"
#include "boot/environments.h"
#include "boot/hostid.h"
#include "boot/keymap.h"
#include "boot/os_release.h"
#include "menu/handover.h"

namespace kld::menu {
namespace {

const FoundPool* pool_with(const std::vector<FoundPool>& pools, std::uint64_t guid) {
    for (const auto& pool : pools)
        if (pool.guid == guid) return &pool;
    return nullptr;
}

/// How the next kernel is told which dataset is its root. A temporary name means nothing there.
std::string spell_root(const std::string& dataset, const ImportedPool& pool, const FoundPool* label, bool by_guid) {
    const auto slash = dataset.find('/');
    const auto below = slash == std::string::npos ? std::string() : dataset.substr(slash);
    if (by_guid) return std::to_string(pool.guid) + below;
    return (label == nullptr ? pool.name : label->name) + below;
}

std::string keymap_of(const boot::Dataset& dataset) {
    const auto& value = dataset.value(boot::kKeymapProperty);
    return value == "-" ? std::string() : value;
}

Entry make_entry(const boot::Dataset& dataset, const std::vector<boot::Dataset>& datasets, const ImportedPool& pool,
                 const FoundPool* label, const EnvironmentContent& content, World& world) {
    Entry entry;
    entry.dataset = dataset.name;
    entry.keymap = keymap_of(dataset);
    entry.pool_guid = pool.guid;
    if (dataset.value("encryptionroot") != "-") entry.encryption_root = dataset.value("encryptionroot");
    entry.takes_key = takes_key(content.root_script);
    const auto system = boot::parse_os_release(content.os_release);
    entry.system = system.pretty_name;
    entry.kernels = boot::kernel_pairs(content.boot_names);
    if (entry.kernels.empty()) return entry;
    const auto chosen = boot::default_kernel(entry.kernels, dataset.value("org.zfsbootmenu:kernel"));
    entry.default_kernel = chosen.index;
    if (!chosen.warning.empty()) world.notes.push_back(fmt::format("{}: {}", dataset.name, chosen.warning));
    const auto& prefix = dataset.value("org.zfsbootmenu:rootprefix");
    entry.root_prefix = prefix != "-" ? prefix : boot::root_prefix_for(system);
    entry.root = spell_root(dataset.name, pool, label, understands_pool_guid(content.root_script));
    entry.arguments = boot::dataset_arguments(datasets, dataset.name);
    entry.hostid = boot::hostid_to_pass(label != nullptr && label->state == PoolState::exported,
                                        label == nullptr ? 0 : label->hostid, boot::parse_hostid_file(content.hostid),
                                        content.fresh_hostid);
    return entry;
}

/// Nothing from inside is known. A raw key has bytes that no keyboard has.
void add_locked(const boot::Dataset& dataset, const ImportedPool& pool, const FoundPool* label, World& world) {
    if (dataset.value("keyformat") == "raw") {
        world.problems.push_back(
            fmt::format("{} is encrypted with a raw key: load it in the recovery shell (zfs load-key {})", dataset.name,
                        dataset.value("encryptionroot")));
        return;
    }
    Entry entry;
    entry.dataset = dataset.name;
    entry.keymap = keymap_of(dataset);
    entry.pool_guid = pool.guid;
    entry.hostid = label == nullptr ? 0 : label->hostid;
    entry.encryption_root = dataset.value("encryptionroot");
    entry.locked = true;
    world.entries.push_back(std::move(entry));
}

/// What may be the default, best first: of the preferred pool alone, else of the pool on the disk that the menu came
/// from (a copy of the machine on a second disk must not take over), else by name.
std::vector<std::string> default_candidates(const std::vector<ImportedPool>& imported,
                                            const std::vector<FoundPool>& found, const std::string& prefer) {
    std::vector<std::string> candidates;
    const auto preferred = [&](const ImportedPool& pool) {
        const auto* label = pool_with(found, pool.guid);
        return prefer == pool.name || prefer == std::to_string(pool.guid) ||
               (label != nullptr && prefer == label->name);
    };
    if (prefer.find('/') != std::string::npos) return {prefer};
    const auto here = [&](const ImportedPool& pool) {
        const auto* label = pool_with(found, pool.guid);
        return label != nullptr && label->on_boot_disk;
    };
    const bool any = std::any_of(imported.begin(), imported.end(), preferred);
    auto ordered = imported;
    std::stable_partition(ordered.begin(), ordered.end(), here);
    for (const auto& pool : ordered)
        if (pool.bootfs != "-" && (!any || preferred(pool))) candidates.push_back(pool.bootfs);
    return candidates;
}

void choose_default(const std::vector<std::string>& candidates, World& world) {
    for (const auto& name : candidates) {
        const auto at =
            std::find_if(world.entries.begin(), world.entries.end(), [&](const Entry& e) { return e.dataset == name; });
        if (at != world.entries.end()) {
            world.default_entry = static_cast<std::size_t>(at - world.entries.begin());
            return;
        }
        world.problems.push_back(fmt::format("{} is the default, but cannot be booted", name));
    }
    if (candidates.empty() && !world.entries.empty())
        world.problems.emplace_back("No pool has the property bootfs: nothing boots by itself");
}

/// There is one keyboard, whatever number of pools.
void choose_keymap(World& world) {
    if (world.default_entry) world.keymap = world.entries[*world.default_entry].keymap;
    for (const auto& entry : world.entries)
        if (world.keymap.empty()) world.keymap = entry.keymap;
}

}  // namespace

Result<std::vector<ImportedPool>> parse_imported_pools(std::string_view output) {
    std::vector<ImportedPool> pools;
    for (const auto& line : lines(output)) {
        const auto fields = split(line, '\t');
        if (fields.size() != 3) return fail(fmt::format("zpool list printed a line without three fields: '{}'", line));
        KLD_TRY(const auto guid, parse_number(fields[1]));
        pools.push_back({fields[0], guid, fields[2]});
    }
    return pools;
}

bool understands_pool_guid(std::string_view root_script) {
    // The script compares what was asked for with `zpool get name,guid`; older ones know names alone.
    return root_script.find("name,guid") != std::string_view::npos;
}

World make_world(const std::vector<FoundPool>& found, const std::vector<ImportedPool>& imported,
                 const std::vector<boot::Dataset>& datasets, const Inspect& inspect, const std::string& prefer) {
    World world;
    world.pools = found;
    for (const auto& pool : imported) {
        std::vector<boot::Dataset> own;
        for (const auto& dataset : datasets)
            if (boot::pool_of(dataset.name) == pool.name) own.push_back(dataset);
        const auto environments = boot::boot_environments(own, pool.bootfs);
        world.notes.insert(world.notes.end(), environments.warnings.begin(), environments.warnings.end());
        for (const auto& name : environments.names) {
            const auto& dataset = *boot::find_dataset(own, name);
            if (dataset.value("keystatus") == "unavailable") {
                add_locked(dataset, pool, pool_with(found, pool.guid), world);
                continue;
            }
            const auto content = inspect(name);
            if (!content) {
                world.problems.push_back(fmt::format("{}: {}", name, content.error().message));
                continue;
            }
            auto entry = make_entry(dataset, datasets, pool, pool_with(found, pool.guid), *content, world);
            if (entry.kernels.empty())
                world.problems.push_back(fmt::format("{} has no kernel with its initramfs in /boot", name));
            else
                world.entries.push_back(std::move(entry));
        }
    }
    choose_default(default_candidates(imported, found, prefer), world);
    choose_keymap(world);
    return world;
}

}  // namespace kld::menu
