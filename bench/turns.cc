// SPDX-License-Identifier: BSD-3-Clause
#include "bench/turns.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/fd.h"

namespace kld::bench {

Result<Turns> in_turns(Bench& bench, const std::string& name, const Side& ours, const Side& yardstick) {
    Turns turns;
    for (unsigned run = 1; run <= bench.runs; ++run) {
        bench.events.stage(fmt::format("{}: ours, run {} of {}", name, run, bench.runs));
        KLD_TRY(const auto our_time, ours());
        turns.ours.push_back(our_time);
        if (!yardstick) continue;
        bench.events.stage(fmt::format("{}: yardstick, run {} of {}", name, run, bench.runs));
        KLD_TRY(const auto other_time, yardstick());
        turns.yardstick.push_back(other_time);
    }
    return turns;
}

Result<double> timed(Bench& bench, const Command& command, const std::string& result) {
    KLD_TRY(const auto scratch, Fd::open(bench.scratch, O_RDONLY | O_DIRECTORY));
    if (::syncfs(scratch.get()) != 0) return fail(errno_error("cannot flush " + bench.scratch, errno));
    const auto start = std::chrono::steady_clock::now();
    KLD_CHECK(bench.runner.run(command));
    KLD_TRY(const auto file, Fd::open(result, O_RDWR));
    KLD_CHECK(file.sync());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<std::string> fresh(Bench& bench, const std::string& name) {
    auto path = bench.scratch + "/" + name;
    KLD_CHECK(bench.files.remove(path));
    return path;
}

}  // namespace kld::bench
