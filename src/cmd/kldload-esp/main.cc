// SPDX-License-Identifier: BSD-3-Clause
// kldload-esp: run by the package kldload-menu when it is installed or updated, or by hand.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <limits>
#include <optional>

#include "base/runner.h"
#include "esp/partition.h"
#include "esp/update.h"

namespace {

struct Options {
    std::string esp{};  ///< empty: look for it
    std::string package = "/usr/lib/kldload/esp";
    std::size_t steps = std::numeric_limits<std::size_t>::max();
    bool dry_run = false;
    bool if_there = false;
};

struct Work {
    kld::esp::World world;
    std::vector<kld::esp::Step> steps;
};

kld::Result<Work> find_work(const Options& options, const std::string& esp, kld::Files& files) {
    KLD_TRY(const auto free, kld::esp::free_bytes(esp));
    Work work;
    KLD_TRY(work.world, kld::esp::probe(files, esp, options.package, free));
    KLD_TRY(work.steps, kld::esp::plan(work.world));
    return work;
}

kld::Status run(const Options& options) {
    kld::RealFiles files;
    kld::ProcessRunner runner;
    KLD_TRY(auto partition,
            options.esp.empty() ? kld::esp::find_esp(files) : kld::esp::find_partition(files, options.esp));
    const auto esp = partition.place;
    if (!partition.mounted() && !partition.in_fstab) {
        if (options.if_there) return {};  // a root tree that is being made, a container
        return kld::fail(
            (options.esp.empty() ? "neither /boot/efi nor /efi is mounted or in" : esp + " is neither mounted nor in") +
                std::string(" /etc/fstab"),
            "mount the EFI system partition, and name its directory with --esp", kld::ExitCode::usage);
    }
    std::optional<kld::Lock> alone;
    if (!options.dry_run) {
        KLD_TRY(alone, kld::esp::hold_esp(files));
        KLD_TRY(partition, kld::esp::find_partition(files, esp));  // another one may have unmounted it
    }
    if (!partition.mounted()) {
        KLD_CHECK(runner.run({.argv = {"mount", esp}}));
        KLD_TRY(partition, kld::esp::find_partition(files, esp));
    }
    KLD_TRY(auto work, find_work(options, esp, files));
    if (options.dry_run || work.steps.empty()) {
        fmt::print("{}", kld::esp::to_text(work.steps));
        return {};
    }
    const auto events = kld::console_events();
    events->stage("check " + partition.device);
    KLD_CHECK(kld::esp::make_whole(partition, runner, *events));
    KLD_TRY(work, find_work(options, esp, files));  // what an interrupted run left may be gone now
    return kld::esp::apply(work.world, work.steps, options.steps, files, *events);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"brings the boot files of the package kldload-menu onto the EFI system partition", "kldload-esp"};
    app.add_option("--esp", options.esp, "where the EFI system partition is mounted (/boot/efi, else /efi)");
    app.add_option("--from", options.package, "directory with the boot files");
    app.add_option("--steps", options.steps, "stop after so many steps, as an interruption would");
    app.add_flag("--dry-run", options.dry_run, "show the steps");
    app.add_flag("--if-there", options.if_there, "no EFI system partition is no error");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& bad) {
        return app.exit(bad) == 0 ? 0 : static_cast<int>(kld::ExitCode::usage);
    }
    if (const auto done = run(options); !done) {
        fmt::print(stderr, "{}", kld::render(done.error()));
        return static_cast<int>(done.error().code);
    }
    return 0;
}
