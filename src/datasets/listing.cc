// SPDX-License-Identifier: BSD-3-Clause
#include "datasets/listing.h"

#include <fmt/core.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "boot/dataset.h"
#include "zfs/mounts.h"
#include "zfs/names.h"
#include "zfs/query.h"

namespace kld::datasets {
namespace {

const std::vector<std::string> kProperties{"name", "used", "available", "referenced", "compressratio", "quota"};
const std::vector<std::string> kPoolProperties{"name", "size", "allocated", "free", "fragmentation", "health"};

Cell number_cell(const std::string& value) {
    if (const auto number = parse_number(value)) return *number;
    return std::monostate{};
}

Cell ratio_cell(const std::string& value) {
    double ratio = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), ratio);
    if (error != std::errc{} || end != value.data() + value.size()) return std::monostate{};
    return ratio;
}

/// Datasets that the paths lie on; nothing for no paths.
Result<std::vector<std::string>> datasets_of(const std::vector<zfs::Mount>& mounts,
                                             const std::vector<std::string>& paths) {
    std::vector<std::string> found;
    for (const auto& path : paths) {
        const auto* mount = zfs::mount_of(mounts, path);
        if (mount == nullptr || mount->type != "zfs")
            return fail(fmt::format("{} lies on {}, which is no dataset", path,
                                    mount == nullptr ? "nothing that is known" : mount->type),
                        "df shows file systems of every kind");
        // Below .zfs/snapshot each snapshot is a mount of its own.
        found.push_back(zfs::split_snapshot(mount->source).dataset);
    }
    return found;
}

}  // namespace

Result<Listing> read_listing(Runner& runner, Files& files, const std::vector<std::string>& paths, bool all) {
    KLD_TRY(const auto mounts, zfs::read_mounts(files));
    KLD_TRY(const auto wanted, datasets_of(mounts, paths));
    KLD_TRY(const auto rows,
            zfs::list(runner, {.root = {}, .types = {"filesystem"}, .properties = kProperties, .recursive = false}));
    KLD_TRY(const auto pools, runner.run({.argv = {"zpool", "list", "-Hp", "-o", join(kPoolProperties, ",")}}));
    Listing listing{{{{"dataset", "Dataset"},
                      {"mountpoint", "Mounted on"},
                      {"used", "Used", Unit::bytes},
                      {"available", "Available", Unit::bytes},
                      {"referenced", "Referenced", Unit::bytes},
                      {"compression", "Ratio", Unit::number},
                      {"quota", "Quota", Unit::bytes}},
                     {}},
                    {{{"pool", "Pool"},
                      {"size", "Size", Unit::bytes},
                      {"allocated", "Used", Unit::bytes},
                      {"free", "Free", Unit::bytes},
                      {"fragmentation", "Frag %", Unit::number},
                      {"health", "Health"}},
                     {}}};
    for (const auto& row : rows) {
        const auto place = zfs::place_of(mounts, row[0]);
        if (paths.empty() ? place.empty() && !all : !contains(wanted, row[0])) continue;
        const bool unlimited = row[5] == "0";
        listing.datasets.rows.push_back({row[0], place.empty() ? Cell() : Cell(place), number_cell(row[1]),
                                         number_cell(row[2]), number_cell(row[3]), ratio_cell(row[4]),
                                         unlimited ? Cell() : number_cell(row[5])});
    }
    for (const auto& line : lines(pools.out)) {
        const auto row = split(line, '\t');
        if (row.size() != kPoolProperties.size())
            return fail(fmt::format("zpool list printed a line without {} fields: '{}'", kPoolProperties.size(), line));
        bool holds_one = paths.empty();
        for (const auto& dataset : wanted) holds_one = holds_one || boot::pool_of(dataset) == row[0];
        if (!holds_one) continue;
        listing.pools.rows.push_back(
            {row[0], number_cell(row[1]), number_cell(row[2]), number_cell(row[3]), number_cell(row[4]), row[5]});
    }
    return listing;
}

std::string to_json(const Listing& listing) {
    auto both = nlohmann::ordered_json::parse(kld::to_json(listing.datasets, "datasets"));
    both["pools"] = nlohmann::ordered_json::parse(kld::to_json(listing.pools, "pools"))["pools"];
    return both.dump(2) + "\n";
}

}  // namespace kld::datasets
