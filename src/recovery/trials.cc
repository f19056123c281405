// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/trials.h"

#include <optional>

#include "be/trial.h"
#include "zfs/passing_mount.h"

namespace kld::recovery {

Result<std::vector<std::string>> end_trials(Runner& runner, Files& files, std::uint64_t pool_guid,
                                            const std::vector<EspPartition>& partitions) {
    std::vector<std::string> ended;
    for (const auto& partition : partitions) {
        if (partition.type != "vfat") continue;
        auto place = partition.place;
        std::optional<zfs::PassingMount> mount;
        if (place.empty()) {
            KLD_TRY(auto made, zfs::PassingMount::make(runner, partition.device, "umask=0077", "esp", "vfat"));
            place = mount.emplace(std::move(made)).place();
        }
        const auto record = boot::read_trial(files, place);
        if (!record || record->pool_guid != pool_guid || record->dataset.empty() || record->left == 0) continue;
        KLD_CHECK(be::clear_trial(files, place));
        ended.push_back(record->dataset);
    }
    return ended;
}

}  // namespace kld::recovery
