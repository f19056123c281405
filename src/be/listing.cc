// SPDX-License-Identifier: BSD-3-Clause
#include "be/listing.h"

#include <algorithm>
#include <map>

#include "boot/environments.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::be {
namespace {

Cell text_or_nothing(const std::string& value) {
    if (value.empty() || value == "-") return std::monostate{};
    return value;
}

std::string full_name(const std::string& property) {
    static const std::map<std::string, std::string> short_forms{
        {"usedds", "usedbydataset"}, {"usedrefreserv", "usedbyrefreservation"}, {"usedsnap", "usedbysnapshots"}};
    const auto found = short_forms.find(property);
    return found == short_forms.end() ? property : found->second;
}

/// Of equal ones the first by name comes first, whatever the direction.
std::vector<const boot::Dataset*> sorted(const World& world, const ListWish& wish) {
    const auto property = full_name(wish.sort.empty() ? "name" : wish.sort);
    const auto comes_before = [&](const boot::Dataset& left, const boot::Dataset& right) {
        if (property == "name") return left.name < right.name;
        if (property == "origin") return left.value(property) < right.value(property);
        return zfs::number(left.value(property)) < zfs::number(right.value(property));
    };
    std::vector<const boot::Dataset*> datasets;
    for (const auto& dataset : world.datasets) datasets.push_back(&dataset);
    std::sort(datasets.begin(), datasets.end(), [&](const auto* left, const auto* right) {
        if (comes_before(*left, *right)) return !wish.descending;
        if (comes_before(*right, *left)) return wish.descending;
        return left->name < right->name;
    });
    return datasets;
}

}  // namespace

const std::vector<std::string>& sort_properties() {
    static const std::vector<std::string> properties{
        "name",   "creation",      "origin",  "used", "usedbydataset", "usedbyrefreservation", "usedbysnapshots",
        "usedds", "usedrefreserv", "usedsnap"};
    return properties;
}

Table list_environments(const World& world, const ListWish& wish) {
    Table table{{{"name", "BE"},
                 {"active", "Active"},
                 {"mountpoint", "Mountpoint"},
                 {"space", "Space", Unit::bytes},
                 {"created", "Created", Unit::time},
                 {"dataset", "Dataset"},
                 {"running", "Running"},
                 {"next", "Next"},
                 {"referenced", "Referenced", Unit::bytes},
                 {"origin", "Origin"},
                 {"kernel_pin", "Kernel"},
                 {"reason", "Reason"}},
                {}};
    for (const auto* one : sorted(world, wish)) {
        const auto& dataset = *one;
        const bool environment = boot::is_boot_environment(dataset);
        if (!environment && !wish.all) continue;
        const bool running = dataset.name == world.running, next = dataset.name == world.next;
        const auto used = zfs::number(dataset.value("used")), referenced = zfs::number(dataset.value("referenced"));
        const bool clone = dataset.value("origin") != "-" && !dataset.value("origin").empty();
        table.rows.push_back({world.name_of(dataset.name),
                              text_or_nothing(std::string(running ? "N" : "") + (next ? "R" : "") +
                                              (world.on_trial(dataset.name) ? "T" : "")),
                              text_or_nothing(zfs::place_of(world.mounts, dataset.name)),
                              wish.alone && clone ? referenced + zfs::number(dataset.value("usedbysnapshots")) : used,
                              zfs::number(dataset.value("creation")), dataset.name, running, next, referenced,
                              text_or_nothing(dataset.value("origin")),
                              text_or_nothing(dataset.value("org.zfsbootmenu:kernel")),
                              text_or_nothing(dataset.value("org.kldload:reason"))});
        if (!wish.snapshots) continue;
        for (const auto& snapshot : world.snapshots) {
            const auto parts = zfs::split_snapshot(snapshot.name);
            if (parts.dataset != dataset.name) continue;
            table.rows.push_back({world.name_of(snapshot.name), std::monostate{}, std::monostate{}, snapshot.used,
                                  snapshot.created, snapshot.name, false, false, snapshot.referenced, std::monostate{},
                                  std::monostate{}, std::monostate{}});
        }
    }
    return table;
}

}  // namespace kld::be
