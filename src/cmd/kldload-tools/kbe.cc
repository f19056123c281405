// SPDX-License-Identifier: BSD-3-Clause
// kbe: boot environments, with the verbs and columns of bectl(8).
#include <fmt/core.h>
#include <unistd.h>

#include "base/text.h"
#include "be/inside.h"
#include "be/verify.h"
#include "check/report.h"
#include "kbe.h"

namespace kld::cmd {
namespace {

using BeOptionsPtr = std::shared_ptr<BeOptions>;

Status be_create(ToolContext& context, const BeOptions& options) {
    KLD_TRY(const auto change, begin_be_change(context, options.change));
    const auto& world = change.world;
    if (options.name.find('@') != std::string::npos) {
        if (!options.source.empty() || !options.properties.empty())
            return fail("a snapshot takes neither -e nor -o", "kbe create NAME@SNAPSHOT", ExitCode::usage);
        KLD_TRY(const auto plan, be::plan_snapshot(world, options.name));
        return carry_out(context, options.change, plan, {});
    }
    KLD_TRY(const auto own, zfs::parse_properties(options.properties));
    KLD_TRY(const auto source, be::source_dataset(world, options.source));
    KLD_TRY(const auto inherited, zfs::local_properties(context.runner, source));
    KLD_TRY(const auto plan, be::plan_create(world, options.name, options.source, inherited, own));
    return carry_out(context, options.change, plan,
                     fmt::format("kbe activate {} makes it the one that boots", shell_quote(options.name)));
}

Status be_check(ToolContext& context, const BeOptions& options) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto world, be::probe(context.runner, context.files, options.change.pool, false));
    auto dataset = world.running;
    if (!options.name.empty()) {
        KLD_TRY(const auto* environment, world.environment(options.name));
        dataset = environment->name;
    }
    if (dataset.empty()) return fail("no boot environment runs here", "name one", ExitCode::usage);
    KLD_TRY(const auto report, be::verify(context.runner, context.files, world, dataset));
    fmt::print("{}", options.output.json ? check::to_json(report) : check::to_text(report, options.all_rows));
    return be::expect_bootable(report, world.name_of(dataset));
}

Status be_export(ToolContext& context, const BeOptions& options) {
    if (!options.change.dry_run && ::isatty(1) != 0)
        return fail("a stream is not for a terminal", "kbe export NAME > FILE, or into ssh HOST kbe import NAME",
                    ExitCode::usage);
    KLD_TRY(const auto change, begin_be_change(context, options.change));
    KLD_TRY(const auto plan, be::plan_export(change.world, options.name, options.stream));
    if (!announce(options.change, be::whole(plan))) return {};
    for (const auto& warning : plan.warnings) context.events()->warning(warning);
    KLD_CHECK(context.runner.run({.argv = plan.snapshot.argv}));
    const auto sent = context.runner.run({.argv = plan.send, .timeout = std::chrono::hours(24), .stdout_fd = 1});
    const auto gone = context.runner.run({.argv = plan.snapshot.undo});
    if (!sent) return fail(sent.error());
    if (!gone) return fail(gone.error());
    return {};
}

Status be_import(ToolContext& context, const BeOptions& options) {
    if (!options.change.dry_run && ::isatty(0) != 0)
        return fail("a stream does not come from a terminal", "kbe import NAME < FILE", ExitCode::usage);
    KLD_TRY(const auto change, begin_be_change(context, options.change));
    KLD_TRY(const auto step, be::plan_import(change.world, options.name));
    if (!announce(options.change, {{step}, {}})) return {};
    if (auto received = context.runner.run({.argv = step.argv, .timeout = std::chrono::hours(24), .stdin_fd = 0});
        !received)
        return fail(std::move(received.error()).with_hint("what was received is not kept: import it again"));
    if (!options.change.json) fmt::print("kbe activate {} makes it the one that boots\n", shell_quote(options.name));
    return {};
}

Result<int> be_run(ToolContext& context, const BeOptions& options) {
    KLD_CHECK(expect_root(context));
    KLD_TRY(const auto world, be::probe(context.runner, context.files, options.change.pool, false));
    const auto command = options.properties.empty() ? std::vector<std::string>{"/bin/sh", "-l"} : options.properties;
    KLD_TRY(const auto plan, be::whole_plan_inside(world, options.name, command));
    if (!announce(options.change, plan)) return 0;
    return be::run_inside(context.runner, world, options.name, command, options.change.json ? STDERR_FILENO : -1);
}

/// Says where, for scripts.
Status be_mount(ToolContext& context, const BeOptions& options) {
    KLD_TRY(const auto change, begin_be_change(context, options.change));
    KLD_TRY(const auto* environment, change.world.environment(options.name));
    const auto place = options.other.empty() ? be::default_place(change.world, *environment) : options.other;
    KLD_TRY(const auto plan,
            be::plan_mount(change.world, options.name, options.other, options.readonly, context.files.exists(place)));
    return carry_out(context, options.change, plan, place);
}

/// A verb whose plan needs nothing but the world.
using BePlanner = std::function<Result<zfs::Plan>(const be::World&, const BeOptions&)>;

CLI::App* add_be_change(CLI::App& app, ToolContext& context, const BeOptionsPtr& options, const char* name,
                        const char* summary, BePlanner planner) {
    auto* verb = app.add_subcommand(name, summary);
    options->change.add_to(*verb);
    verb->callback([&context, options, planner = std::move(planner)] {
        context.run([&context, options, planner]() -> Status {
            KLD_TRY(const auto change, begin_be_change(context, options->change));
            KLD_TRY(const auto plan, planner(change.world, *options));
            return carry_out(context, options->change, plan, {});
        });
    });
    return verb;
}

void add_be_list(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<BeOptions>();
    auto* verb = app.add_subcommand("list", "list boot environments");
    options->output.add_to(*verb);
    add_be_list_wish(*verb, options->wish);
    verb->add_option("--pool", options->change.pool, "where / is on no pool, or on another one");
    verb->callback([&context, options] {
        context.run([&context, options]() -> Status {
            KLD_TRY(const auto world,
                    be::probe(context.runner, context.files, options->change.pool, options->wish.snapshots));
            constexpr std::size_t kShown = 5;
            options->output.print(be::list_environments(world, options->wish), "environments", kShown);
            return {};
        });
    });
}

void add_be_create(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<BeOptions>();
    auto* verb = app.add_subcommand("create", "a new boot environment out of one, or NAME@SNAPSHOT: a snapshot of one");
    verb->add_option("name", options->name, "NAME, or NAME@SNAPSHOT")->required();
    verb->add_option("-e", options->source, "start from this one, or from NAME@SNAPSHOT; else from the one that runs");
    verb->add_option("-o", options->properties, "PROPERTY=VALUE of the new one (may be given again)");
    options->change.add_to(*verb);
    verb->callback([&context, options] { context.run([&context, options] { return be_create(context, *options); }); });
}

void add_be_check(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<BeOptions>();
    auto* verb = app.add_subcommand("check", "look whether one would boot; else the one that runs");
    verb->add_option("name", options->name, "boot environment");
    verb->add_flag("--json", options->output.json, "print every row as JSON");
    verb->add_flag("--all", options->all_rows, "print rows that pass or do not apply, too");
    verb->add_option("--pool", options->change.pool, "where / is on no pool, or on another one");
    verb->callback([&context, options] { context.run([&context, options] { return be_check(context, *options); }); });
}

void add_be_streams(CLI::App& app, ToolContext& context) {
    struct Stream {
        const char* name;
        const char* summary;
        Status (*run)(ToolContext&, const BeOptions&);
    };
    for (const auto& stream : {Stream{"export", "write one to stdout, as a stream", be_export},
                               Stream{"import", "a new one out of a stream on stdin", be_import}}) {
        auto options = std::make_shared<BeOptions>();
        auto* verb = app.add_subcommand(stream.name, stream.summary);
        verb->add_option("name", options->name, "boot environment")->required();
        if (stream.run == be_export) {
            auto* plain = verb->add_flag("--plain", options->stream.plain, "an encrypted one becomes readable");
            verb->add_flag("--raw", options->stream.raw, "an encrypted one stays encrypted, with its key")
                ->excludes(plain);
            auto* dry = verb->add_flag("--dry-run", options->change.dry_run, "show what would be done");
            verb->add_flag("--json", options->change.json, "print the plan as JSON; else stdout is for the stream")
                ->needs(dry);
            verb->add_option("--pool", options->change.pool, "where / is on no pool, or on another one");
        } else {
            options->change.add_to(*verb);
        }
        verb->callback([&context, options, stream] {
            context.run([&context, options, stream] { return stream.run(context, *options); });
        });
    }
}

void add_be_run(CLI::App& app, ToolContext& context) {
    auto options = std::make_shared<BeOptions>();
    auto* verb = app.add_subcommand("run", "a command inside one that does not run; a shell when none is named");
    verb->add_option("name", options->name, "boot environment")->required();
    verb->add_option("command", options->properties, "command and its arguments, behind --");
    options->change.add_to(*verb);
    verb->get_option("--json")->description("print the plan as JSON; the command's words go to stderr");
    verb->callback([&context, options] { context.chosen([&context, options] { return be_run(context, *options); }); });
}

}  // namespace

void add_be_list_wish(CLI::App& verb, be::ListWish& wish) {
    verb.add_flag("-a", wish.all, "also datasets below them");
    verb.add_flag("-s", wish.snapshots, "also their snapshots");
    verb.add_flag("-D", wish.alone, "space as if each were the only one");
    const CLI::IsMember known(be::sort_properties());
    auto* up = verb.add_option("-c", wish.sort, "sort by this property: " + join(be::sort_properties(), ", "));
    auto* down = verb.add_option_function<std::string>(
        "-C",
        [&wish](const std::string& property) {
            wish.sort = property;
            wish.descending = true;
        },
        "the same, largest first");
    up->check(known);
    down->check(known)->excludes(up);
}

namespace {

void add_be_changes(CLI::App& app, ToolContext& context) {
    {
        auto options = std::make_shared<BeOptions>();
        auto* verb = add_be_change(app, context, options, "destroy", "take one away, or NAME@SNAPSHOT: a snapshot",
                                   [](const be::World& world, const BeOptions& given) {
                                       return be::plan_destroy(world, given.name, {given.force, given.origin});
                                   });
        verb->add_option("name", options->name, "NAME, or NAME@SNAPSHOT")->required();
        verb->add_flag("-F", options->force, "unmount it when it is mounted");
        verb->add_flag("-o", options->origin, "also the snapshot that it was made of");
    }
    {
        auto options = std::make_shared<BeOptions>();
        auto* verb = add_be_change(app, context, options, "rename", "give one another name",
                                   [](const be::World& world, const BeOptions& given) {
                                       return be::plan_rename(world, given.name, given.other);
                                   });
        verb->add_option("name", options->name, "boot environment")->required();
        verb->add_option("new-name", options->other, "its new name")->required();
    }
    {
        auto options = std::make_shared<BeOptions>();
        auto* verb = app.add_subcommand("mount", "mount one beside the one that runs, and say where");
        options->change.add_to(*verb);
        verb->callback(
            [&context, options] { context.run([&context, options] { return be_mount(context, *options); }); });
        verb->add_option("name", options->name, "boot environment")->required();
        verb->add_option("directory", options->other, "where; else below /run/kldload/be");
        verb->add_flag("-r,--readonly", options->readonly, "for reading alone");
    }
    for (const auto* name : {"unmount", "umount"}) {
        auto options = std::make_shared<BeOptions>();
        auto* verb = add_be_change(app, context, options, name, "unmount one",
                                   [](const be::World& world, const BeOptions& given) {
                                       return be::plan_unmount(world, given.name, given.force);
                                   });
        verb->add_option("name", options->name, "boot environment")->required();
        verb->add_flag("-f", options->force, "also while programs use it");
        if (std::string_view(name) == "umount") verb->group("");  // an alias, not for the help
    }
}

}  // namespace

void add_kbe(CLI::App& app, ToolContext& context) {
    add_verbs(app, context,
              {{{"list"}, add_be_list},
               {{"create"}, add_be_create},
               {{"activate"}, add_be_activate},
               {{"destroy", "rename", "mount", "unmount", "umount"}, add_be_changes},
               {{"commit"}, add_be_commit},
               {{"diff"}, add_be_diff},
               {{"run"}, add_be_run},
               {{"export", "import"}, add_be_streams},
               {{"check"}, add_be_check},
               {{"prune"}, add_be_prune}});
}

}  // namespace kld::cmd
