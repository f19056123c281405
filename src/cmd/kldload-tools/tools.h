// SPDX-License-Identifier: BSD-3-Clause
// The tools of a running system: one program under many names.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/lock.h"
#include "base/runner.h"
#include "base/table.h"
#include "zfs/plan.h"

namespace kld::cmd {

struct ToolContext {
    Runner& runner;
    Files& files;
    bool is_root = false;  ///< who may change something
    /// Where the locks of pools lie.
    std::string locks = "/run/kldload";
    /// The first word of the command line, where it may name a verb of add_verbs(): the others need not be made then.
    std::string first_word{};
    /// How a program is run on this terminal.
    std::function<Result<int>(const Foreground&)> foreground = run_in_foreground;
    /// Made when a verb runs, so that --events-fd has been read.
    std::function<std::unique_ptr<Events>()> events;
    /// A verb that was chosen calls this while parsing; main then runs the function and renders its error. The exit
    /// code of a success is 0 unless the function says another one.
    std::function<void(std::function<Result<int>()>)> chosen;
    /// `chosen` for what ends well or not.
    void run(std::function<Status()> verb) const {
        chosen([verb = std::move(verb)]() -> Result<int> {
            KLD_CHECK(verb());
            return 0;
        });
    }
};

struct Tool {
    const char* name;
    const char* summary;
    void (*add)(CLI::App& app, ToolContext& context);
    const char* completes = nullptr;  ///< a shell command that prints what arguments can be; nullptr: files
};

/// By name. Man pages, completions and links are made of this.
const std::vector<Tool>& all_tools();

/// Verbs, and what adds them.
struct Verbs {
    std::vector<std::string> names;
    void (*add)(CLI::App& app, ToolContext& context);
};

/// Adds those among which the first word of the command line is; all when it names none.
void add_verbs(CLI::App& app, ToolContext& context, const std::vector<Verbs>& all);

/// How a listing is printed: -H and --json.
struct ListOutput {
    bool tabs = false;
    bool json = false;
    void add_to(CLI::App& verb);
    /// @param name   of the list in JSON
    /// @param shown  how many of the first columns people see; JSON has all
    void print(const Table& table, const std::string& name, std::size_t shown) const;
};

/// How a change is made: --dry-run, --json and --pool.
struct ChangeOptions {
    bool dry_run = false;
    bool json = false;
    std::string pool{};
    /// @param with_pool  false: the names that are given say which pool it is
    void add_to(CLI::App& verb, bool with_pool = true);
};

/// Takes the lock of a pool for a change. Errors: another change of the pool is under way.
Result<Lock> lock_pool(const ToolContext& context, const std::string& pool);

/// The same, and waits until the other change has ended.
Result<Lock> wait_for_pool(const ToolContext& context, const std::string& pool);

/// Prints the plan of a change where that is asked for, before anything is done.
/// @returns whether to go on: not with --dry-run
bool announce(const ChangeOptions& options, const zfs::Plan& plan);

/// Announces the plan, and does it.
/// @param said  one line for people when it was done; empty: none
/// @param own   what the caller does by itself afterwards, to be shown behind the plan
Status carry_out(ToolContext& context, const ChangeOptions& options, const zfs::Plan& plan, const std::string& said,
                 const std::vector<zfs::Step>& own = {});

/// What a pruning decides, for people: those that go with why, and how many there were. @param decisions  with "goes"
/// as its fifth column @param what  "snapshots"
void print_pruning(Table decisions, const std::string& what, const ChangeOptions& options);

/// Root, or an error that says so.
Status expect_root(const ToolContext& context);

void add_kbe(CLI::App& app, ToolContext& context);
void add_kclone(CLI::App& app, ToolContext& context);
void add_kdf(CLI::App& app, ToolContext& context);
void add_kdir(CLI::App& app, ToolContext& context);
void add_kexport(CLI::App& app, ToolContext& context);
void add_kpkg(CLI::App& app, ToolContext& context);
void add_krecovery(CLI::App& app, ToolContext& context);
void add_ksnap(CLI::App& app, ToolContext& context);
void add_kst(CLI::App& app, ToolContext& context);
void add_kupgrade(CLI::App& app, ToolContext& context);

}  // namespace kld::cmd
