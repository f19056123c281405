// SPDX-License-Identifier: BSD-3-Clause
#include "menu/pools.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace kld::menu {
namespace {

struct Members {
    std::set<std::uint64_t> present;
    std::map<std::uint64_t, std::set<std::uint64_t>> leaves;
    std::uint64_t top_levels = 1;
    std::uint64_t newest = 0;
};

std::size_t count_missing(const Members& members) {
    std::size_t missing = members.top_levels > members.leaves.size() ? members.top_levels - members.leaves.size() : 0;
    for (const auto& [top, leaves] : members.leaves)
        for (const auto leaf : leaves) missing += members.present.contains(leaf) ? 0 : 1;
    return missing;
}

}  // namespace

std::string temporary_name(const std::string& name, std::uint64_t guid) {
    return fmt::format("{}-{:06}", name, guid % 1000000);
}

std::vector<FoundPool> find_pools(const std::map<std::string, Label>& labels) {
    std::map<std::uint64_t, FoundPool> by_guid;
    std::map<std::uint64_t, Members> members_of;
    for (const auto& [device, label] : labels) {
        if (label.state != PoolState::active && label.state != PoolState::exported) continue;
        auto& pool = by_guid[label.pool_guid];
        auto& members = members_of[label.pool_guid];
        if (pool.devices.empty() || label.txg > members.newest) {
            members.newest = label.txg;
            members.top_levels = label.top_level_count;
            pool.name = label.pool;
            pool.guid = label.pool_guid;
            pool.state = label.state;
            pool.hostid = label.hostid;
            pool.hostname = label.hostname;
        }
        pool.written = std::max(pool.written, label.written);
        pool.devices.push_back(device);
        members.present.insert(label.guid);
        members.leaves[label.top_guid] = label.leaves;
    }
    std::vector<FoundPool> pools;
    for (auto& [guid, pool] : by_guid) {
        pool.missing = count_missing(members_of[guid]);
        pools.push_back(std::move(pool));
    }
    std::stable_sort(pools.begin(), pools.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::set<std::string> taken;
    for (auto& pool : pools) {
        const bool first = taken.insert(pool.name).second;
        pool.import_name = first ? pool.name : temporary_name(pool.name, pool.guid);
    }
    return pools;
}

std::vector<std::string> import_command(const FoundPool& pool, PoolAccess access) {
    std::vector<std::string> argv{"zpool", "import", "-N"};
    if (access == PoolAccess::read) argv.insert(argv.end(), {"-o", "readonly=on"});
    argv.insert(argv.end(), {"-o", "cachefile=none"});
    for (const auto& device : pool.devices) {
        argv.emplace_back("-d");
        argv.push_back(device);
    }
    if (pool.import_name != pool.name) argv.emplace_back("-t");
    argv.push_back(std::to_string(pool.guid));
    if (pool.import_name != pool.name) argv.push_back(pool.import_name);
    return argv;
}

}  // namespace kld::menu
