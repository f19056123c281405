// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "bench/figures.h"
#include "image/pool_layout.h"
#include "pipeline/golden.h"

namespace kld::bench {
namespace {

/// The streams that images are made of, and the command that makes a pool of them.
Result<Command> receive_command(Bench& bench, const Inputs& inputs, const std::string& image) {
    pipeline::Build build{bench.runner, bench.files, bench.events, bench.places};
    KLD_TRY(const auto golden, pipeline::golden_streams(build, inputs.archive.distro, inputs.tree, "lz4"));
    const auto layout = bench.scratch + "/receive.layout";
    KLD_CHECK(bench.files.write(layout, image::pool_layout_json(inputs.archive.distro, inputs.answers)));
    Command command{.argv = {bench.places.programs + "/kldload-pool", "receive", "--image", image, "--size", kDiskSize,
                             "--layout", layout}};
    for (const auto& stream : golden.streams) command.argv.insert(command.argv.end(), {"--stream", stream});
    return command;
}

}  // namespace

Result<std::vector<Figure>> measure_pool_receive(Bench& bench, const Inputs& inputs, const Wanted& wanted) {
    const auto image = bench.scratch + "/received.raw", packed = bench.scratch + "/tree.squashfs",
               unpacked = bench.scratch + "/unpacked";
    KLD_TRY(const auto command, receive_command(bench, inputs, image));
    double peak_mib = 0;
    const auto ours = [&]() -> Result<double> {
        KLD_CHECK(bench.files.remove(image));
        KLD_TRY(const auto run, watched(bench, command, image));
        peak_mib = std::max(peak_mib, run.peak_mib);
        KLD_CHECK(bench.files.remove(image));
        return run.seconds;
    };
    const auto theirs = [&]() -> Result<double> {
        KLD_CHECK(bench.files.remove(unpacked));
        KLD_TRY(const auto seconds,
                timed(bench, {.argv = {"unsquashfs", "-quiet", "-no-progress", "-dest", unpacked, packed}}, unpacked));
        KLD_CHECK(bench.files.remove(unpacked));
        return seconds;
    };
    const bool beside = wanted.contains(kPoolReceive);
    if (beside) {
        bench.events.stage("pack the tree for the yardstick");
        KLD_CHECK(bench.files.remove(packed));
        KLD_CHECK(bench.runner.run({.argv = {"mksquashfs", inputs.directory, packed, "-comp", "zstd",
                                             "-Xcompression-level", "3", "-no-progress", "-quiet"}}));
    }
    KLD_TRY(const auto turns, in_turns(bench, kPoolReceive, ours, beside ? Side{theirs} : Side{}));
    KLD_CHECK(bench.files.remove(packed));
    std::vector<Figure> figures;
    if (beside) {
        const auto our_runs = summarise(turns.ours), their_runs = summarise(turns.yardstick);
        figures.push_back(
            {kPoolReceive, "s", our_runs.median, their_runs.median, 0.4, "unsquashfs zstd", our_runs, their_runs});
    }
    if (wanted.contains(kReceiveMemory))
        figures.push_back({kReceiveMemory, "MiB", peak_mib, kMemoryLimitMiB, 1.0, "limit"});
    return figures;
}

}  // namespace kld::bench
