// SPDX-License-Identifier: BSD-3-Clause
// kst: how this machine is, on one screen.
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/text.h"
#include "status/probe.h"
#include "status/screen.h"
#include "status/space.h"
#include "status/verdict.h"
#include "tools.h"

namespace kld::cmd {
namespace {

constexpr std::uint64_t kWatchSeconds = 2;
constexpr std::size_t kSpaceRows = 20;

struct StatusOptions {
    ListOutput output{};
    bool metrics = false, check = false;
    bool space = false, watch = false;
    std::string space_root{}, watch_seconds{};
};

bool status_on_terminal() {
    return ::isatty(STDOUT_FILENO) == 1;
}

/// @returns 0, or the number of the error
int put_status(const std::string& text) {
    const bool done = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    return done ? 0 : errno;
}

/// Over what was there before, without a blank screen in between.
std::string redrawn(const std::string& screen, bool first) {
    return (first ? "\x1b[2J\x1b[H" : "\x1b[H") + replace_all(screen, "\n", "\x1b[K\n") + "\x1b[J";
}

std::string status_text(const StatusOptions& options, const status::State& state) {
    if (options.output.json) return status::to_json(state);
    if (options.metrics) return status::to_metrics(state);
    return status::to_screen(state, status_on_terminal() && std::getenv("NO_COLOR") == nullptr);
}

Result<int> show_status(ToolContext& context, const StatusOptions& options) {
    std::uint64_t pause = kWatchSeconds;
    if (!options.watch_seconds.empty()) {
        const auto seconds = parse_number(options.watch_seconds);
        if (!seconds || *seconds == 0 || *seconds > 86400)
            return fail(fmt::format("'{}' is no number of seconds to wait", options.watch_seconds),
                        "--watch 5 draws every five seconds", ExitCode::usage);
        pause = *seconds;
    }
    const bool screen = !options.output.json && !options.metrics;
    for (bool first = true;; first = false) {
        auto state = status::probe(context.runner, context.files);
        if (options.check) status::probe_boot_chain(context.runner, context.files, state);
        auto text = status_text(options, state);
        if (options.watch && screen) text = status_on_terminal() ? redrawn(text, first) : text + "\n";
        const int error = put_status(text);
        // Who watched no longer reads; anything else has lost what was asked for.
        const bool nobody_reads = error == EPIPE && options.watch;
        if (error != 0 && !nobody_reads)
            return fail(errno_error("the output cannot be written", error)
                            .with_hint("look at where it goes: a full disk, or a reader that has ended"));
        if (nobody_reads || !options.watch) return static_cast<int>(status::verdict(state).exit_code());
        std::this_thread::sleep_for(std::chrono::seconds(pause));
    }
}

Result<int> show_space(ToolContext& context, const StatusOptions& options) {
    KLD_TRY(auto table, status::read_space(context.runner, options.space_root));
    std::string more;
    if (!options.output.json && !options.output.tabs && table.rows.size() > kSpaceRows) {
        more = fmt::format("and {} more, each smaller; kst --space -H shows all\n", table.rows.size() - kSpaceRows);
        table.rows.resize(kSpaceRows);
    }
    options.output.print(table, "datasets", table.columns.size());
    fmt::print("{}", more);
    return 0;
}

}  // namespace

void add_kst(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<StatusOptions>();
    options->output.add_to(app);
    app.add_flag("--metrics", options->metrics, "print Prometheus metrics")->excludes("--json");
    app.add_flag("--check", options->check, "also whether this system would boot; takes seconds");
    auto* space = app.add_option("--space", options->space_root, "what holds the pool; DATASET: all below that one")
                      ->expected(0, 1)
                      ->type_name("[DATASET]")
                      ->excludes("--metrics", "--check");
    auto* watch = app.add_option("--watch", options->watch_seconds, "again every SECONDS (2), until ^C")
                      ->expected(0, 1)
                      ->type_name("[SECONDS]")
                      ->excludes("--space");
    app.callback([&context, options, space, watch] {
        options->space = space->count() > 0;
        options->watch = watch->count() > 0;
        context.chosen([&context, options]() -> Result<int> {
            if (options->space) return show_space(context, *options);
            if (options->output.tabs)
                return fail("-H is for kst --space", "kst --json and kst --metrics are for programs", ExitCode::usage);
            return show_status(context, *options);
        });
    });
}

}  // namespace kld::cmd
