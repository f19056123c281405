// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/trials.h"

#include <fmt/core.h>

#include <optional>

#include "base/text.h"
#include "be/trial.h"
#include "zfs/passing_mount.h"

namespace kld::recovery {
namespace {

void keep(TrialsEnded& all, std::string what, const Error& error) {
    all.kept.push_back(std::move(what));
    all.details.push_back(error.message);
    all.details.insert(all.details.end(), error.details.begin(), error.details.end());
}

void end_on(const EspPartition& partition, Runner& runner, Files& files, std::uint64_t pool_guid, TrialsEnded& all) {
    const auto unknown = "on " + partition.device + " whether another one is on trial is not known";
    auto place = partition.place;
    std::optional<zfs::PassingMount> mount;
    if (place.empty()) {
        auto made = zfs::PassingMount::make(runner, partition.device, "umask=0077", "esp", "vfat");
        if (!made) return keep(all, unknown, made.error());
        place = mount.emplace(std::move(*made)).place();
    }
    for (const auto* slot : boot::kTrialSlots)
        if (const auto path = place + "/" + slot; files.exists(path))
            if (const auto bytes = files.read(path); !bytes) return keep(all, unknown, bytes.error());
    const auto record = boot::read_trial(files, place);
    if (!record || record->pool_guid != pool_guid || record->dataset.empty() || record->left == 0) return;
    if (const auto ended = be::clear_trial(files, place); !ended)
        return keep(all, fmt::format("on {} the trial of {} could not be ended", partition.device, record->dataset),
                    ended.error());
    if (!contains(all.datasets, record->dataset)) all.datasets.push_back(record->dataset);
}

}  // namespace

TrialsEnded end_trials(Runner& runner, Files& files, std::uint64_t pool_guid,
                       const std::vector<EspPartition>& partitions) {
    TrialsEnded all;
    for (const auto& partition : partitions)
        if (partition.type == "vfat") end_on(partition, runner, files, pool_guid, all);
    return all;
}

Status end_trials_after(Runner& runner, Files& files, Events& events, const std::string& environment,
                        std::uint64_t pool_guid, const Result<std::vector<EspPartition>>& partitions) {
    if (!partitions) {
        events.warning(fmt::format("{}: whether another one is on trial is not known", partitions.error().message));
        return {};
    }
    const auto all = end_trials(runner, files, pool_guid, *partitions);
    for (const auto& dataset : all.datasets) events.note(dataset + " is not on trial any more");
    if (all.kept.empty()) return {};
    return fail({fmt::format("{} boots from now on, but {}", environment, join(all.kept, ", and ")), all.details,
                 "krecovery esp checks and mends the partition; then activate again", ExitCode::failed});
}

}  // namespace kld::recovery
