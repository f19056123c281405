// SPDX-License-Identifier: BSD-3-Clause
#include "snap/listing.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "snap/changes.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::snap {
namespace {

Cell text_or_nothing(const std::string& text) {
    if (text.empty()) return std::monostate{};
    return text;
}

/// `zfs destroy -nvp` ends with "reclaim<tab><bytes>".
Result<std::uint64_t> reclaimed(const std::string& output, const std::string& argument) {
    for (const auto& line : lines(output))
        if (const auto fields = split(line, '\t'); fields.size() == 2 && fields[0] == "reclaim")
            return parse_number(fields[1]);
    return fail(fmt::format("zfs destroy -nvp {} did not say what it would free", shell_quote(argument)), {},
                ExitCode::unknown);
}

}  // namespace

Table list_snapshots(const std::vector<Snapshot>& snapshots) {
    Table table{{{"name", "Snapshot"},
                 {"created", "Created", Unit::time},
                 {"used", "Used", Unit::bytes},
                 {"referenced", "Referenced", Unit::bytes},
                 {"holds", "Holds", Unit::number},
                 {"reason", "Reason"},
                 {"dataset", "Dataset"},
                 {"snapshot", "Name"},
                 {"createtxg", "Txg", Unit::number},
                 {"clones", "Clones"}},
                {}};
    for (const auto& snapshot : snapshots) {
        auto parts = zfs::split_snapshot(snapshot.name);
        table.rows.push_back({snapshot.name, snapshot.created, snapshot.used, snapshot.referenced, snapshot.holds,
                              text_or_nothing(snapshot.reason), std::move(parts.dataset), std::move(parts.snapshot),
                              snapshot.order, text_or_nothing(join(snapshot.clones, ","))});
    }
    return table;
}

Result<Table> read_space(Runner& runner, const std::string& root) {
    auto rows = zfs::list(runner, {.root = root,
                                   .types = {"filesystem", "volume"},
                                   .properties = {"name", "usedbysnapshots", "usedbydataset", "used"}});
    if (!rows) return fail(std::move(rows.error()).with_hint("zfs list shows the datasets that there are"));
    std::stable_sort(rows->begin(), rows->end(),
                     [](const auto& left, const auto& right) { return zfs::number(left[1]) > zfs::number(right[1]); });
    Table table{{{"dataset", "Dataset"},
                 {"by_snapshots", "By snapshots", Unit::bytes},
                 {"by_dataset", "By its data", Unit::bytes},
                 {"used", "Used", Unit::bytes}},
                {}};
    for (const auto& row : *rows)
        table.rows.push_back({row[0], zfs::number(row[1]), zfs::number(row[2]), zfs::number(row[3])});
    return table;
}

Result<Table> read_reclaimable(Runner& runner, const std::vector<Snapshot>& chosen) {
    Table table{
        {{"dataset", "Dataset"}, {"snapshots", "Snapshots", Unit::number}, {"reclaim", "Would free", Unit::bytes}}, {}};
    for (const auto& batch : destroy_batches(chosen)) {
        // Two halves would each leave out what both hold together.
        if (!table.rows.empty() && table.rows.back()[0] == Cell(batch.dataset))
            return fail(fmt::format("these are too many snapshots of {} for one question", batch.dataset),
                        "zfs destroy -nv DATASET@FIRST%LAST tells it for a range", ExitCode::refused);
        KLD_TRY(const auto output, runner.run({.argv = {"zfs", "destroy", "-nvp", batch.argument}}));
        KLD_TRY(const auto bytes, reclaimed(output.out, batch.argument));
        table.rows.push_back({batch.dataset, std::uint64_t{batch.count}, bytes});
    }
    return table;
}

}  // namespace kld::snap
