// SPDX-License-Identifier: BSD-3-Clause
#include "bench/turns.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>

#include "base/fd.h"
#include "base/text.h"

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

namespace {

Status flush(const std::string& result) {
    std::error_code error;
    const bool is_directory = std::filesystem::is_directory(result, error);
    KLD_TRY(const auto made, Fd::open(result, is_directory ? O_RDONLY | O_DIRECTORY : O_RDWR));
    if (!is_directory) return made.sync();
    if (::syncfs(made.get()) != 0) return fail(errno_error("cannot flush " + result, errno));
    return {};
}

}  // namespace

Result<double> timed(Bench& bench, const std::function<Status()>& work, const std::string& result) {
    KLD_TRY(const auto scratch, Fd::open(bench.scratch, O_RDONLY | O_DIRECTORY));
    if (::syncfs(scratch.get()) != 0) return fail(errno_error("cannot flush " + bench.scratch, errno));
    const auto start = std::chrono::steady_clock::now();
    KLD_CHECK(work());
    KLD_CHECK(flush(result));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<double> timed(Bench& bench, const Command& command, const std::string& result) {
    return timed(
        bench,
        [&]() -> Status {
            KLD_CHECK(bench.runner.run(command));
            return {};
        },
        result);
}

Result<double> peak_memory(Bench& bench, const std::function<Status()>& work) {
    // Of proc_pid_clear_refs(5): 5 sets the peak back to what is resident now. The file can neither be renamed onto nor
    // flushed.
    {
        KLD_TRY(auto fd, Fd::open("/proc/self/clear_refs", O_WRONLY));
        KLD_CHECK(fd.write_all("5"));
    }
    KLD_CHECK(work());
    // The largest program that this one has ever waited for: those of the work, or more.
    rusage children{};
    ::getrusage(RUSAGE_CHILDREN, &children);
    KLD_TRY(const auto status, bench.files.read("/proc/self/status"));
    for (const auto& line : lines(status))
        if (const auto parts = words(line); parts.size() == 3 && parts[0] == "VmHWM:") {
            KLD_TRY(const auto kib, parse_number(parts[1]));
            return static_cast<double>(std::max<std::uint64_t>(kib, static_cast<std::uint64_t>(children.ru_maxrss))) /
                   1024;
        }
    return fail("/proc/self/status has no VmHWM");
}

Result<Watched> watched(Bench& bench, Command command, const std::string& result) {
    KLD_TRY(const auto memory, fresh(bench, "memory"));
    command.argv.insert(command.argv.begin(), {"time", "--format=%M", "--output=" + memory});
    Watched run;
    KLD_TRY(run.seconds, timed(bench, command, result));
    KLD_TRY(const auto text, bench.files.read(memory));
    KLD_TRY(const auto kib, parse_number(trim(text)));
    run.peak_mib = static_cast<double>(kib) / 1024;
    KLD_CHECK(bench.files.remove(memory));
    return run;
}

Result<std::string> fresh(Bench& bench, const std::string& name) {
    auto path = bench.scratch + "/" + name;
    KLD_CHECK(bench.files.remove(path));
    return path;
}

}  // namespace kld::bench
