// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include "base/text.h"
#include "clone/clone.h"
#include "zfs/mounts.h"
#include "zfs/query.h"

namespace kld::clone {

Result<Source> find_source(const datasets::World& world, const std::string& name) {
    if (name.find('@') != std::string::npos && !RealFiles().exists(name))
        return fail(name + " is a snapshot", "zfs clone -o mountpoint=DIRECTORY " + shell_quote(name) + " DATASET",
                    ExitCode::usage);
    if (const auto* dataset = world.find(name); dataset != nullptr) {
        if (dataset->value("type") != "filesystem")
            return fail(name + " is a volume, which has no files", "zfs snapshot and zfs clone make a second one",
                        ExitCode::usage);
        return Source{zfs::place_of(world.mounts, name), name};
    }
    KLD_TRY(auto path, datasets::real_path(name));
    if (RealFiles().kind(path) != FileKind::directory)
        return fail(path + " is no directory", "cp --reflink=always copies one file and shares its blocks",
                    ExitCode::usage);
    auto dataset = zfs::dataset_at(world.mounts, path);
    if (dataset.find('@') != std::string::npos) dataset.clear();  // below .zfs/snapshot: a directory like any other
    return Source{std::move(path), std::move(dataset)};
}

Result<Sharing> read_sharing(Runner& runner, Files& files, const std::string& dataset) {
    Sharing sharing{"-", std::nullopt};
    if (dataset.empty()) return sharing;
    KLD_TRY(const auto properties, zfs::pool_properties(runner, boot::pool_of(dataset)));
    if (const auto feature = properties.find("feature@block_cloning"); feature != properties.end())
        sharing.feature = feature->second;
    if (const auto text = files.read("/sys/module/zfs/parameters/zfs_bclone_enabled"))
        sharing.switched_on = trim(*text) == "1";
    return sharing;
}

}  // namespace kld::clone
