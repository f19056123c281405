// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "base/text.h"
#include "bench/figures.h"
#include "image/pool_layout.h"

namespace kld::bench {
namespace {

struct PoolRuns {
    Turns seconds;
    double peak_mib = 0;
};

/// Runs in turns with a `yardstick` that makes the file `rival`; with an empty `yardstick` ours alone.
Result<PoolRuns> run_pool(Bench& bench, const Inputs& inputs, const std::string& name, const std::string& compression,
                          const std::string& rival, const std::vector<std::string>& yardstick) {
    auto answers = inputs.answers;
    answers.pool_compression = compression;
    const auto layout = bench.scratch + "/" + name + ".layout";
    KLD_CHECK(bench.files.write(layout, image::pool_layout_json(inputs.archive.distro, answers)));
    PoolRuns runs;
    const auto ours = [&]() -> Result<double> {
        KLD_TRY(const auto image, fresh(bench, "pool.raw"));
        KLD_TRY(const auto run, watched(bench,
                                        {.argv = {bench.places.programs + "/kldload-pool", "create", "--image", image,
                                                  "--size", kDiskSize, "--layout", layout, "--tree", inputs.directory}},
                                        image));
        runs.peak_mib = std::max(runs.peak_mib, run.peak_mib);
        KLD_CHECK(fresh(bench, "pool.raw"));
        return run.seconds;
    };
    const auto theirs = [&]() -> Result<double> {
        KLD_CHECK(bench.files.remove(rival));
        KLD_TRY(const auto seconds, timed(bench, {.argv = yardstick}, rival));
        KLD_CHECK(bench.files.remove(rival));
        return seconds;
    };
    KLD_TRY(runs.seconds, in_turns(bench, name, ours, yardstick.empty() ? Side{} : Side{theirs}));
    return runs;
}

Figure pool_figure(const std::string& name, const PoolRuns& runs, const std::string& yardstick_is, double limit) {
    const auto ours = summarise(runs.seconds.ours);
    const auto theirs = summarise(runs.seconds.yardstick);
    return {name, "s", ours.median, theirs.median, limit, yardstick_is, ours, theirs};
}

}  // namespace

Result<std::vector<Figure>> measure_pool_create(Bench& bench, const Inputs& inputs, const Wanted& wanted) {
    std::vector<Figure> figures;
    const bool memory = wanted.contains(kPoolMemory);
    double peak_mib = 0;
    if (memory || wanted.contains(kPoolLz4)) {
        const auto rival = bench.scratch + "/rival.ext4";
        std::vector<std::string> yardstick;
        if (wanted.contains(kPoolLz4))
            yardstick = {"mke2fs", "-q", "-F", "-t", "ext4", "-d", inputs.directory, rival, kDiskSize};
        KLD_TRY(const auto runs, run_pool(bench, inputs, kPoolLz4, "lz4", rival, yardstick));
        peak_mib = std::max(peak_mib, runs.peak_mib);
        if (!yardstick.empty()) figures.push_back(pool_figure(kPoolLz4, runs, "mke2fs -d", 2.0));
    }
    if (memory || wanted.contains(kPoolZstd)) {
        const auto rival = bench.scratch + "/rival.squashfs";
        std::vector<std::string> yardstick;
        if (wanted.contains(kPoolZstd))
            yardstick = {"mksquashfs", inputs.directory, rival,          "-comp", "zstd", "-Xcompression-level",
                         "3",          "-noappend",      "-no-progress", "-quiet"};
        KLD_TRY(const auto runs, run_pool(bench, inputs, kPoolZstd, "zstd-3", rival, yardstick));
        peak_mib = std::max(peak_mib, runs.peak_mib);
        if (!yardstick.empty()) figures.push_back(pool_figure(kPoolZstd, runs, "mksquashfs zstd", 1.5));
    }
    if (memory) figures.push_back({kPoolMemory, "MiB", peak_mib, kMemoryLimitMiB, 1.0, "limit"});
    return figures;
}

}  // namespace kld::bench
