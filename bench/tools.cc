// SPDX-License-Identifier: BSD-3-Clause
#include <chrono>

#include "bench/figures.h"

namespace kld::bench {
namespace {

constexpr double kStartupMilliseconds = 5;
constexpr double kSizeMiB = 8;
constexpr unsigned kStartsPerRun = 20;

}  // namespace

Result<std::vector<Figure>> measure_tools(Bench& bench, const Wanted& wanted) {
    const auto program = bench.places.programs + "/kldload-tools";
    std::vector<Figure> figures;
    if (wanted.contains(kToolStartup)) {
        const auto start = [&]() -> Result<double> {
            const auto begin = std::chrono::steady_clock::now();
            for (unsigned i = 0; i < kStartsPerRun; ++i)
                KLD_CHECK(bench.runner.run({.argv = {program, "kbe", "--help"}}));
            const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
            return taken.count() / kStartsPerRun;
        };
        KLD_TRY(const auto turns, in_turns(bench, kToolStartup, start, {}));
        const auto runs = summarise(turns.ours);
        figures.push_back({kToolStartup, "ms", runs.median, kStartupMilliseconds, 1.0, "limit", runs});
    }
    if (wanted.contains(kToolSize)) {
        KLD_TRY(const auto shipped, fresh(bench, "tools"));
        KLD_CHECK(bench.runner.run({.argv = {"strip", "-o", shipped, program}}));
        KLD_TRY(const auto bytes, bench.files.read(shipped));
        KLD_CHECK(bench.files.remove(shipped));
        figures.push_back({kToolSize, "MiB", static_cast<double>(bytes.size()) / (1 << 20), kSizeMiB, 1.0, "limit"});
    }
    return figures;
}

}  // namespace kld::bench
