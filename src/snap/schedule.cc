// SPDX-License-Identifier: BSD-3-Clause
#include "snap/schedule.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "snap/prune.h"
#include "zfs/names.h"

namespace kld::snap {
namespace {

/// The oldest that are too many, once there is one more of each dataset.
/// @param system  of boot environments, or of all else
zfs::Plan plan_destroying(const std::vector<Snapshot>& snapshots, const std::string& container, bool system,
                          unsigned kept, std::time_t now) {
    std::vector<Snapshot> own;
    std::copy_if(snapshots.begin(), snapshots.end(), std::back_inserter(own), [&](const Snapshot& snapshot) {
        return zfs::lies_in(zfs::split_snapshot(snapshot.name).dataset, container) == system;
    });
    const auto before = kept == 0 ? 0 : kept - 1;
    return plan_prune(own, {.keep = before}, {}, now).plan;
}

}  // namespace

const std::vector<Period>& periods() {
    static const std::vector<Period> all{{"hourly", 0, 36}, {"daily", 14, 30}, {"weekly", 8, 8}, {"monthly", 3, 6}};
    return all;
}

Result<Period> period_named(const std::string& name) {
    std::vector<std::string> names;
    for (const auto& period : periods()) {
        if (name == period.name) return period;
        names.emplace_back(period.name);
    }
    return fail(fmt::format("there is no period '{}'", name), "there are " + join(names, ", "), ExitCode::usage);
}

bool is_scheduled(const boot::Dataset& dataset) {
    const auto& place = dataset.value("mountpoint");
    return dataset.value("canmount") != "off" && place != "none" && place != "-" && !is_throwaway(place);
}

Result<Creation> plan_round(const Period& period, const std::vector<boot::Dataset>& datasets,
                            const std::string& container, const std::vector<Snapshot>& snapshots, std::time_t now) {
    CreateWish wish{.prefix = fmt::format("auto-{}", period.name), .reason = fmt::format("scheduled-{}", period.name)};
    for (const auto& dataset : datasets) {
        const auto kept = zfs::lies_in(dataset.name, container) ? period.of_system : period.of_data;
        if (kept > 0 && is_scheduled(dataset)) wish.datasets.push_back(dataset.name);
    }
    std::vector<std::string> taken;
    std::vector<Snapshot> own;
    for (const auto& snapshot : snapshots) {
        taken.push_back(snapshot.name);
        if (snapshot.reason == wish.reason) own.push_back(snapshot);
    }
    KLD_TRY(auto creation, plan_create(wish, taken, now));
    for (const bool system : {true, false}) {
        const auto plan = plan_destroying(own, container, system, system ? period.of_system : period.of_data, now);
        creation.plan.steps.insert(creation.plan.steps.end(), plan.steps.begin(), plan.steps.end());
    }
    return creation;
}

}  // namespace kld::snap
