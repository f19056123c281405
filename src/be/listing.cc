// SPDX-License-Identifier: BSD-3-Clause
#include "be/listing.h"

#include "boot/environments.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::be {
namespace {

Cell text_or_nothing(const std::string& value) {
    if (value.empty() || value == "-") return std::monostate{};
    return value;
}

}  // namespace

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
    for (const auto& dataset : world.datasets) {
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
