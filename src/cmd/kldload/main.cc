// SPDX-License-Identifier: BSD-3-Clause
// kldload: builds images of stock systems on ZFS root, and runs them.
#include <fmt/core.h>

#include <cstdio>
#include <optional>

#include "base/stop.h"
#include "cmd/events_option.h"
#include "cmd/kldload/verbs.h"

namespace {

int finish(const kld::Status& status) {
    if (status) return 0;
    fmt::print(stderr, "{}", kld::render(status.error()));
    return static_cast<int>(status.error().code);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"builds images of stock systems on ZFS root, and runs them", "kldload"};
    app.set_version_flag("--version", KLD_VERSION);
    app.require_subcommand(1);
    int events_fd = -1;
    kld::cmd::add_events_fd(app, events_fd);

    kld::ProcessRunner runner;
    kld::RealFiles files;
    std::function<kld::Status()> verb;
    kld::cmd::Context context{runner,
                              files,
                              {argv + 1, argv + argc},
                              [&] {
                                  auto console = kld::console_events();
                                  return events_fd < 0
                                             ? std::move(console)
                                             : kld::both_events(std::move(console), kld::json_events(events_fd));
                              },
                              [&](std::function<kld::Status()> run) { verb = std::move(run); }};
    kld::cmd::add_image(app, context);
    kld::cmd::add_answers(app, context);
    kld::cmd::add_cache(app, context);
    kld::cmd::add_check(app, context);
    kld::cmd::add_modules(app, context);
    kld::cmd::add_run(app, context);
    kld::cmd::add_tools(app, context);
    kld::cmd::add_verify(app, context);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& bad) {
        return app.exit(bad) == 0 ? 0 : static_cast<int>(kld::ExitCode::usage);
    }
    try {
        // A machine that runs gets its signals itself.
        std::optional<kld::EndInOrder> end;
        if (!app.got_subcommand("run")) end.emplace();
        return finish(verb ? verb() : kld::Status{});
    } catch (const std::exception& bug) {
        return finish(kld::fail(std::string("a fault in this program: ") + bug.what(),
                                "please report it with the command line", kld::ExitCode::unknown));
    }
}
