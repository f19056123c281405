// SPDX-License-Identifier: BSD-3-Clause
#include "upgrade/prepare.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "zfs/names.h"
#include "zfs/own_mounts.h"
#include "zfs/query.h"

namespace kld::upgrade {
namespace {

/// Each round leaves out a kernel more; a manager that finds so many others is not understood.
constexpr unsigned kMostRounds = 8;

bool is_untried(const be::World& world) {
    return world.trial && !world.trial->once && world.trial->dataset == world.running &&
           world.trial->left == world.trial->allowed && !world.next.empty() && world.next != world.running;
}

Status expect_plain_boot(const be::World& world) {
    if (is_untried(world)) return {};
    if (world.trial && world.trial->left > 0)
        return fail(world.trial->dataset + " is on trial: the next boot is not decided yet",
                    "kbe commit keeps it when it runs, kbe activate -T ends the trial", ExitCode::refused);
    if (world.next != world.running)
        return fail(fmt::format("{} runs, and {} boots next", world.running, world.next.empty() ? "none" : world.next),
                    fmt::format("restart the machine, or kbe activate {}", shell_quote(world.name_of(world.running))),
                    ExitCode::refused);
    return {};
}

Status expect_space(Runner& runner, const std::string& root) {
    KLD_TRY(const auto output, runner.run({.argv = {"zfs", "get", "-Hp", "-o", "value", "available", root}}));
    KLD_TRY(const auto available, parse_number(trim(output.out)));
    if (available >= kLeastFree) return {};
    return fail(fmt::format("{} has {} left, and an upgrade with a way back needs {}", root, human_bytes(available),
                            human_bytes(kLeastFree)),
                "kst --space shows what holds the pool, ksnap prune takes old snapshots away", ExitCode::refused);
}

Status expect_sound(Host& host, const be::World& world) {
    host.events.stage("look whether this system boots as it is");
    KLD_TRY(const auto proof, host.prove_running(world, world.running));
    if (proof.broken.empty()) return {};
    return fail(Error{"this system would not boot as it is, so that nothing could be said of its upgrade", proof.broken,
                      "mend that first (kbe check); kpkg installs what is missing", ExitCode::refused});
}

Result<Simulation> simulate(Host& host, const Prepared& prepared) {
    const auto& family = prepared.family;
    KLD_CHECK(write_holds(host, prepared, ""));
    auto output =
        host.runner.run({.argv = without(family, family.simulate, prepared.holds), .accept = [&](int code) {
                             return code == 0 || std::find(family.simulate_codes.begin(), family.simulate_codes.end(),
                                                           code) != family.simulate_codes.end();
                         }});
    if (!output) {
        output.error().code = ExitCode::refused;
        return fail(std::move(output.error())
                        .within("the upgrade could not be simulated")
                        .with_hint("the package manager says why; kpkg upgrade goes ahead with a snapshot alone"));
    }
    auto simulation = family.parse(output->out);
    if (!simulation) simulation.error().code = ExitCode::refused;
    return simulation;
}

Status simulate_until_whole(Host& host, Prepared& prepared) {
    host.events.stage("simulate the upgrade");
    KLD_TRY(const auto installed, packages::installed(*prepared.machine.manager, host.runner));
    for (unsigned round = 0; round < kMostRounds; ++round) {
        KLD_TRY(prepared.simulation, simulate(host, prepared));
        const auto more = plan_hold(prepared.family.manager, prepared.simulation, installed);
        if (more.empty()) {
            KLD_CHECK(refuse_losses(prepared.simulation));
            add_versions_before(prepared.simulation, installed);
            return {};
        }
        for (const auto& hold : more) {
            const bool again = std::any_of(prepared.holds.begin(), prepared.holds.end(),
                                           [&](const Hold& known) { return known.packages == hold.packages; });
            if (again)
                return fail(fmt::format("{} installs the kernel {} although it is told not to", prepared.family.manager,
                                        hold.kernel),
                            hold.why, ExitCode::refused);
            host.events.warning(to_warning(hold));
            prepared.holds.push_back(hold);
        }
    }
    return fail("the simulation finds a kernel without ZFS modules again and again",
                "kpkg upgrade goes ahead with a snapshot alone", ExitCode::refused);
}

/// Without what upgrades and ways back have put behind it, in whatever order they came.
std::string base_name(std::string name) {
    for (std::string before; before != name;) {
        before = name;
        for (const auto* word : {"-pre-upgrade", "-upgrade", "-back"}) name = zfs::without_stamp(name, word);
    }
    // A kernel's command line ends at a blank.
    return replace_all(std::move(name), " ", "-");
}

}  // namespace

Host real_host(Runner& runner, Files& files, Events& events) {
    return {runner,
            files,
            events,
            [](const Foreground& command) {
                // The line of the stage is left open on a terminal, and what runs there begins one of its own.
                if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\n");
                return run_in_foreground(command);
            },
            zfs::have_own_mounts,
            [&](const be::World& world, const std::string& root) { return prove_running(runner, files, world, root); },
            [&](const be::World& world, const std::string& dataset) {
                return prove_environment(runner, files, world, dataset);
            },
            ::isatty(STDIN_FILENO) == 1};
}

Status expect_tried(const Prepared& prepared, const std::string& option) {
    if (!prepared.untried) return {};
    return fail(fmt::format("{} was upgraded and waits for the start in which it proves itself: no {} before that",
                            prepared.world.name_of(prepared.world.running), option),
                "restart the machine, or leave the option away", ExitCode::refused);
}

Result<Prepared> prepare(Host& host, bool refresh) {
    Prepared prepared;
    KLD_TRY(prepared.machine, packages::probe_machine(host.runner, host.files, false).map_error([](Error error) {
        return std::move(error).with_hint("kupgrade needs the packages' database in the root dataset");
    }));
    const auto& root = prepared.machine.root;
    KLD_TRY(prepared.family, family_of(*prepared.machine.manager));
    KLD_TRY(prepared.world, be::probe_for_change(host.runner, host.files, boot::pool_of(root)));
    KLD_CHECK(expect_plain_boot(prepared.world));
    prepared.untried = is_untried(prepared.world);
    KLD_CHECK(expect_space(host.runner, root));
    KLD_TRY(prepared.inherited, zfs::local_properties(host.runner, root));
    prepared.base = base_name(prepared.world.name_of(root));
    // Known now, and not once everything has been fetched.
    const auto longest = prepared.base + "-pre-upgrade-20000101-000000-2";
    KLD_CHECK(zfs::check_length(prepared.world.dataset_of(longest)));
    KLD_CHECK(expect_sound(host, prepared.world));
    if (refresh) {
        host.events.stage("fetch the lists of packages");
        KLD_TRY(const int code, host.foreground(command_of(host, prepared, prepared.family.refresh, {})));
        if (code != 0)
            return fail(fmt::format("{} failed with exit code {}", shell_line(prepared.family.refresh), code),
                        "nothing was changed");
    }
    KLD_CHECK(simulate_until_whole(host, prepared));
    return prepared;
}

Status write_holds(Host& host, const Prepared& prepared, const std::string& tree) {
    if (prepared.family.manager != "apt" || prepared.holds.empty()) return {};
    const auto path = tree + kPreferences;
    KLD_CHECK(host.files.make_directories(path.substr(0, path.rfind('/'))));
    return host.files.write(path,
                            preferences_text(prepared.holds, host.files.read("/etc/apt/preferences").value_or("")));
}

PassingHolds::~PassingHolds() {
    if (const auto gone = host_.files.remove(kPreferences); !gone) host_.events.warning(gone.error().message);
}

Foreground command_of(const Host& host, const Prepared& prepared, const std::vector<std::string>& command,
                      const std::string& transaction) {
    Foreground child{.argv = without(prepared.family, command, prepared.holds),
                     .stdout_fd = host.json ? 2 : -1,
                     .outlives_us = true};
    if (!transaction.empty())
        child.environment.push_back(fmt::format("{}={}", packages::kTransactionVariable, transaction));
    if (!host.can_answer) {
        child.argv.insert(child.argv.end(), prepared.family.quiet.begin(), prepared.family.quiet.end());
        child.environment.insert(child.environment.end(), prepared.family.quiet_environment.begin(),
                                 prepared.family.quiet_environment.end());
    }
    return child;
}

Status fetch(Host& host, const Prepared& prepared) {
    host.events.stage("fetch the packages");
    KLD_TRY(const int code, host.foreground(command_of(host, prepared, prepared.family.download, {})));
    if (code == 0) return {};
    return fail(Error{fmt::format("{} failed with exit code {}", shell_line(prepared.family.download), code),
                      {"the packages could not be fetched; nothing was changed"}});
}

Result<zfs::Plan> plan_clone(const Prepared& prepared, const std::string& name, const std::string& snapshot) {
    auto then = prepared.world;
    then.snapshots.push_back({.name = snapshot});
    return be::plan_create(then, name, snapshot, prepared.inherited, {{be::kReason, "kupgrade"}});
}

Result<zfs::Plan> plan_snapshot_and_clone(const Prepared& prepared, const std::string& id) {
    const auto& root = prepared.machine.root;
    const auto snapshot = root + "@" + id;
    zfs::Plan plan{{{"snapshot " + root, {"zfs", "snapshot", "-o", "org.kldload:reason=kupgrade", snapshot}}}, {}};
    KLD_TRY(const auto create, plan_clone(prepared, prepared.base + "-" + id, snapshot));
    plan.steps.insert(plan.steps.end(), create.steps.begin(), create.steps.end());
    return plan;
}

}  // namespace kld::upgrade
