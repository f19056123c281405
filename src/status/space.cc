// SPDX-License-Identifier: BSD-3-Clause
#include "status/space.h"

#include <algorithm>

#include "zfs/query.h"

namespace kld::status {

Result<Table> read_space(Runner& runner, const std::string& root) {
    KLD_TRY(const auto rows,
            zfs::list(runner, {.root = root,
                               .types = {"filesystem", "volume"},
                               .properties = {"name", "usedbydataset", "usedbysnapshots", "usedbyrefreservation"}}));
    Table table{{{"dataset", "Dataset"},
                 {"used", "Used", Unit::bytes},
                 {"usedbydataset", "Itself", Unit::bytes},
                 {"usedbysnapshots", "Snapshots", Unit::bytes},
                 {"usedbyrefreservation", "Reserved", Unit::bytes}},
                {}};
    for (const auto& row : rows) {
        const auto itself = zfs::number(row[1]), snapshots = zfs::number(row[2]), reserved = zfs::number(row[3]);
        table.rows.push_back({row[0], itself + snapshots + reserved, itself, snapshots, reserved});
    }
    // Equal ones stay in the order of zfs list, parents first.
    std::stable_sort(table.rows.begin(), table.rows.end(), [](const auto& left, const auto& right) {
        return std::get<std::uint64_t>(left[1]) > std::get<std::uint64_t>(right[1]);
    });
    return table;
}

}  // namespace kld::status
