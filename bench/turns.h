// SPDX-License-Identifier: BSD-3-Clause
// Runs both sides of a figure in turns, so that noise of the machine meets both.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/runner.h"
#include "pipeline/places.h"

namespace kld::bench {

struct Bench {
    Runner& runner;
    Files& files;
    Events& events;
    pipeline::Places places;
    std::string scratch;  ///< a directory of the benchmarks' own, on the disk of the cache
    unsigned runs = 5;    ///< of each side
};

/// One side, run once. @returns what it took
using Side = std::function<Result<double>()>;

struct Turns {
    std::vector<double> ours{};
    std::vector<double> yardstick{};
};

/// Ours, yardstick, ours, yardstick, …, each `bench.runs` times. An empty `yardstick` is left out.
Result<Turns> in_turns(Bench& bench, const std::string& name, const Side& ours, const Side& yardstick);

/// Runs the command and flushes `result`, the file or directory it makes. Nothing of earlier work waits to be written
/// when the time starts, and all of this work is on the disk when it ends, whatever the program itself flushes.
/// @returns seconds
Result<double> timed(Bench& bench, const Command& command, const std::string& result);
/// The same for work in this process.
Result<double> timed(Bench& bench, const std::function<Status()>& work, const std::string& result);

/// The most memory that this process had while it did the work, all that it had before included, or one of the programs
/// that it has waited for until then, whichever is more. @returns MiB
Result<double> peak_memory(Bench& bench, const std::function<Status()>& work);

/// A program that is timed, and the most memory it ever had.
struct Watched {
    double seconds = 0;
    double peak_mib = 0;
};
Result<Watched> watched(Bench& bench, Command command, const std::string& result);

/// A file of a name of its own below the scratch directory; an old one is removed.
Result<std::string> fresh(Bench& bench, const std::string& name);

}  // namespace kld::bench
