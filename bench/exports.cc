// SPDX-License-Identifier: BSD-3-Clause
#include "bench/figures.h"
#include "image/formats.h"
#include "image/pool_layout.h"

namespace kld::bench {
namespace {

struct Export {
    const char* figure;
    image::Format format;
    image::Compression compression;
    std::vector<std::string> rival;  ///< options of qemu-img convert
    double limit;
};

}  // namespace

Result<std::vector<Figure>> measure_exports(Bench& bench, const Inputs& inputs, const Wanted& wanted) {
    bench.events.stage("a disk to export");
    KLD_TRY(const auto disk, fresh(bench, "export.raw"));
    const auto layout = bench.scratch + "/export.layout";
    KLD_CHECK(bench.files.write(layout, image::pool_layout_json(inputs.archive.distro, inputs.answers)));
    KLD_CHECK(bench.runner.run({.argv = {bench.places.programs + "/kldload-pool", "create", "--image", disk, "--size",
                                         kDiskSize, "--layout", layout, "--tree", inputs.directory}}));
    std::vector<Figure> figures;
    double peak_mib = 0;
    for (const auto& one : {Export{kExportVmdk,
                                   image::Format::vmdk,
                                   image::Compression::none,
                                   {"-O", "vmdk", "-o", "subformat=streamOptimized"},
                                   0.55},
                            Export{kExportQcow2,
                                   image::Format::qcow2,
                                   image::Compression::zlib,
                                   {"-O", "qcow2", "-c", "-o", "compression_type=zlib"},
                                   1.0}}) {
        if (!wanted.contains(one.figure) && !wanted.contains(kExportMemory)) continue;
        const auto ours_path = bench.scratch + "/export.ours", rival_path = bench.scratch + "/export.rival";
        const auto write = [&] {
            return image::write_format(
                bench.runner, bench.files,
                {.raw = disk, .output = ours_path, .format = one.format, .compression = one.compression});
        };
        KLD_CHECK(bench.files.remove(ours_path));
        KLD_TRY(const auto peak, peak_memory(bench, write));
        peak_mib = std::max(peak_mib, peak);
        const auto ours = [&]() -> Result<double> {
            KLD_CHECK(bench.files.remove(ours_path));
            return timed(bench, write, ours_path);
        };
        const auto theirs = [&]() -> Result<double> {
            KLD_CHECK(bench.files.remove(rival_path));
            Command convert{.argv = {"qemu-img", "convert", "-f", "raw"}, .timeout = std::chrono::hours(1)};
            convert.argv.insert(convert.argv.end(), one.rival.begin(), one.rival.end());
            convert.argv.insert(convert.argv.end(), {disk, rival_path});
            return timed(bench, convert, rival_path);
        };
        if (!wanted.contains(one.figure)) continue;
        KLD_TRY(const auto turns, in_turns(bench, one.figure, ours, theirs));
        for (const auto& left : {ours_path, rival_path}) KLD_CHECK(bench.files.remove(left));
        const auto our_runs = summarise(turns.ours), their_runs = summarise(turns.yardstick);
        figures.push_back(
            {one.figure, "s", our_runs.median, their_runs.median, one.limit, "qemu-img convert", our_runs, their_runs});
    }
    KLD_CHECK(bench.files.remove(disk));
    KLD_CHECK(bench.files.remove(bench.scratch + "/export.ours"));
    if (wanted.contains(kExportMemory))
        figures.push_back({kExportMemory, "MiB", peak_mib, kMemoryLimitMiB, 1.0, "limit"});
    return figures;
}

}  // namespace kld::bench
