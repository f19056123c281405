// SPDX-License-Identifier: BSD-3-Clause
#include "base/text.h"
#include "bench/figures.h"
#include "pipeline/make_image.h"

namespace kld::bench {
namespace {

constexpr double kCheckSeconds = 5;

Result<std::string> image_to_check(Bench& bench, const Inputs& inputs) {
    pipeline::Build build{bench.runner, bench.files, bench.events, bench.places};
    KLD_TRY(const auto bytes, parse_size(kDiskSize));
    KLD_TRY(const auto made, pipeline::make_image(build, {.distro = kDistro,
                                                          .profile = kProfile,
                                                          .answers = inputs.answers,
                                                          .disk_bytes = bytes,
                                                          .output = bench.scratch + "/check.qcow2",
                                                          .replace = true}));
    return made.image;
}

}  // namespace

Result<std::vector<Figure>> measure_check(Bench& bench, const Inputs& inputs) {
    bench.events.stage("an image to check");
    KLD_TRY(const auto image, image_to_check(bench, inputs));
    double peak_mib = 0;
    const auto ours = [&]() -> Result<double> {
        KLD_TRY(const auto run, watched(bench, {.argv = {bench.places.programs + "/kldload", "check", "--json", image}},
                                        bench.scratch));
        peak_mib = std::max(peak_mib, run.peak_mib);
        return run.seconds;
    };
    KLD_TRY(const auto turns, in_turns(bench, kCheckImage, ours, {}));
    const auto runs = summarise(turns.ours);
    return std::vector<Figure>{{kCheckImage, "s", runs.median, kCheckSeconds, 1.0, "limit", runs},
                               {kCheckMemory, "MiB", peak_mib, kMemoryLimitMiB, 1.0, "limit"}};
}

}  // namespace kld::bench
