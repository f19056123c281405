// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/golden.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "base/lock.h"
#include "base/text.h"
#include "digest/sha256.h"
#include "image/pool_layout.h"
#include "image/tree_facts.h"

namespace kld::pipeline {
namespace {

/// The name of a dataset as that of a file.
std::string file_name(std::string dataset) {
    std::replace(dataset.begin(), dataset.end(), '/', '-');
    return dataset + ".zfs";
}

/// Sparse, so that it may be generous: twice the tree, and what OpenZFS keeps for itself.
Result<std::uint64_t> pool_bytes(const std::string& tar) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(tar, error);
    if (error) return fail("cannot read " + tar + ": " + error.message());
    return 2 * static_cast<std::uint64_t>(bytes) + (1ULL << 30);
}

/// Which the snapshot has on every machine of these inputs: by it `zfs receive` knows what a stream of changes fits.
std::string snapshot_guid(const std::string& digest, const std::string& dataset) {
    const auto number = std::stoull(sha256_hex(digest + "\n" + dataset).substr(0, 16), nullptr, 16);
    return std::to_string(std::max(number, 1ULL));
}

struct StreamsWish {
    std::string layout;
    std::vector<std::string> datasets;
    std::string digest;  ///< of all inputs
};

Status make_streams(Build& build, const Tree& tree, const StreamsWish& wish, const std::string& directory) {
    const auto program = build.places.programs + "/kldload-pool";
    const auto pool = directory + "/pool", layout_path = directory + "/layout.json";
    KLD_CHECK(build.files.write(layout_path, wish.layout));
    KLD_TRY(const auto size, pool_bytes(tree.tar));
    KLD_CHECK(build.runner.run({.argv = {program, "create", "--image", pool, "--size", std::to_string(size), "--layout",
                                         layout_path, "--tar", tree.tar},
                                .timeout = std::chrono::hours(1)}));
    // The same tree gives the same bytes: nothing in a stream may come by chance or from the clock.
    KLD_TRY(const auto facts, image::read_tree_facts(tree.tar));
    for (const auto& dataset : wish.datasets)
        KLD_CHECK(build.runner.run(
            {.argv = {program, "send", "--image", pool, "--guid", snapshot_guid(wish.digest, dataset), "--creation",
                      std::to_string(facts.newest), "--stream",
                      fmt::format("{}@{}={}/{}", dataset, image::kBaseSnapshot, directory, file_name(dataset))},
             .timeout = std::chrono::hours(1)}));
    return build.files.remove(pool);
}

}  // namespace

Result<Golden> golden_streams(Build& build, const catalog::Distro& distro, const Tree& tree,
                              const std::string& compression) {
    const auto layout = image::golden_layout_json(distro, compression);
    const auto datasets = image::datasets_with_files(layout);
    KLD_TRY(const auto program, sha256_file(build.places.programs + "/kldload-pool"));
    const auto digest = sha256_hex(join({std::filesystem::path(tree.tar).filename().string(), layout, program}, "\n"));
    const auto parent = build.places.cache + "/streams";
    KLD_CHECK(build.files.make_directories(parent));
    Golden golden{fmt::format("{}/{}-{}", parent, distro.id, digest.substr(0, 16)), {}};
    for (const auto& dataset : datasets)
        golden.streams.push_back(fmt::format("{}={}/{}", dataset, golden.directory, file_name(dataset)));
    KLD_TRY(const auto lock, Lock::wait_for(golden.directory + ".lock"));
    if (build.files.exists(golden.directory)) return golden;

    build.events.stage("streams");
    KLD_TRY(const auto work, TemporaryDirectory::make(parent));
    KLD_CHECK(make_streams(build, tree, {layout, datasets, digest}, work.path()));
    KLD_CHECK(build.files.rename(work.path(), golden.directory));
    return golden;
}

}  // namespace kld::pipeline
