// SPDX-License-Identifier: BSD-3-Clause
// kldload-tools: the k* commands of a running system. What it is called says which one it is.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cmd/events_option.h"
#include "manual.h"
#include "tools.h"
#include "zfs/builtins.h"

namespace {

int finish(const kld::Result<int>& result) {
    if (result) return *result;
    fmt::print(stderr, "{}", kld::render(result.error()));
    return static_cast<int>(result.error().code);
}

const kld::cmd::Tool* find_tool(std::string_view path) {
    const auto name = path.substr(path.rfind('/') + 1);
    for (const auto& tool : kld::cmd::all_tools())
        if (name == tool.name) return &tool;
    return nullptr;
}

int usage() {
    fmt::print("kldload-tools TOOL ..., or one of its links:\n");
    for (const auto& tool : kld::cmd::all_tools()) fmt::print("  {:<10} {}\n", tool.name, tool.summary);
    return static_cast<int>(kld::ExitCode::usage);
}

/// What a package is made of: --names; --man NAME; --completion NAME.
int print_for_package(const std::string& what, const std::string& name) {
    if (what == "--names") {
        for (const auto& tool : kld::cmd::all_tools()) fmt::print("{}\n", tool.name);
        return 0;
    }
    const auto* tool = find_tool(name);
    if (tool == nullptr || (what != "--man" && what != "--completion")) return usage();
    kld::ProcessRunner runner;
    kld::RealFiles files;
    kld::cmd::ToolContext context{.runner = runner,
                                  .files = files,
                                  .events = [] { return kld::console_events(); },
                                  .chosen = [](const std::function<kld::Result<int>()>&) {}};
    CLI::App app{tool->summary, tool->name};
    tool->add(app, context);
    fmt::print("{}", what == "--man" ? kld::cmd::man_page(*tool, app) : kld::cmd::bash_completion(*tool, app));
    return 0;
}

int run_tool(const kld::cmd::Tool& tool, int argc, char** argv) {
    CLI::App app{tool.summary, tool.name};
    app.set_version_flag("--version", KLD_VERSION);
    app.require_subcommand(0, 1);
    app.fallthrough();
    int events_fd = -1;
    kld::cmd::add_events_fd(app, events_fd);

    kld::ProcessRunner programs;
    kld::RealFiles files;
    kld::zfs::Builtins runner(programs, files);
    std::function<kld::Result<int>()> verb;
    kld::cmd::ToolContext context{.runner = runner,
                                  .files = files,
                                  .is_root = ::geteuid() == 0,
                                  .first_word = argc > 1 ? argv[1] : "",
                                  .events =
                                      [&] {
                                          auto console = kld::console_events();
                                          return events_fd < 0 ? std::move(console)
                                                               : kld::both_events(std::move(console),
                                                                                  kld::json_events(events_fd));
                                      },
                                  .chosen = [&](std::function<kld::Result<int>()> run) { verb = std::move(run); }};
    tool.add(app, context);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& bad) {
        return app.exit(bad) == 0 ? 0 : static_cast<int>(kld::ExitCode::usage);
    }
    if (!verb) {
        fmt::print(stderr, "{}", app.help());
        return static_cast<int>(kld::ExitCode::usage);
    }
    return finish(verb());
}

/// zfs and zpool lie where an ordinary user's PATH does not lead on Debian.
void add_system_path() {
    const char* path = std::getenv("PATH");
    const std::string mine = path == nullptr ? "/usr/bin:/bin" : path;
    ::setenv("PATH", (mine + ":/usr/local/sbin:/usr/sbin:/sbin").c_str(), 1);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        add_system_path();
        if (const auto* tool = find_tool(argv[0])) return run_tool(*tool, argc, argv);
        if (argc < 2) return usage();
        if (std::string_view(argv[1]).starts_with("--")) return print_for_package(argv[1], argc > 2 ? argv[2] : "");
        if (const auto* tool = find_tool(argv[1])) return run_tool(*tool, argc - 1, argv + 1);
        return usage();
    } catch (const std::exception& bug) {
        return finish(kld::fail(std::string("a fault in this program: ") + bug.what(),
                                "please report it with the command line", kld::ExitCode::unknown));
    }
}
