// SPDX-License-Identifier: BSD-3-Clause
#include "check/report.h"

#include <fmt/core.h>

#include "base/text.h"
#include "check/rows.h"
#include "check/sources.h"
#include "cmd/kldload/verbs.h"
#include "pipeline/places.h"

namespace kld::cmd {
namespace {

struct CheckOptions {
    std::string subject;
    bool json = false;
    bool all = false;
    bool fix = false;
    bool dry_run = false;
};

Result<check::System> read_subject(Context& context, const std::string& subject, const std::string& scratch) {
    if (subject == "/") return check::read_running(context.runner, context.files);
    if (!context.files.exists(subject))
        return fail("there is no " + subject, "name an image, a disk, a directory with a root tree, or /",
                    ExitCode::usage);
    if (context.files.exists(subject + "/.")) return check::read_directory(context.files, subject);
    KLD_TRY(const auto places, pipeline::find_places());
    return check::read_disk({context.runner, context.files, places.programs + "/kldload-pool", scratch}, subject);
}

/// Runs what the findings know to mend, each command once.
Status mend(Context& context, const check::Report& report, bool dry_run) {
    std::vector<std::vector<std::string>> done;
    Error failed{"not all could be mended"};
    for (const auto& finding : report.findings)
        for (const auto& command : finding.commands) {
            if (std::find(done.begin(), done.end(), command) != done.end()) continue;
            fmt::print(stderr, "{} {}\n", dry_run ? "would run:" : "run:", shell_line(command));
            done.push_back(command);
            if (dry_run) continue;
            // They do not depend on each other.
            if (const auto ran = context.runner.run({.argv = command}); !ran) {
                failed.details.push_back(ran.error().message);
                failed.details.insert(failed.details.end(), ran.error().details.begin(), ran.error().details.end());
            }
        }
    if (done.empty()) fmt::print(stderr, "nothing here can be mended by a command\n");
    if (!failed.details.empty()) return fail(std::move(failed));
    return {};
}

/// The report is on stdout by then; the exit code says the same.
Status verdict(const check::Report& report) {
    const auto code = report.exit_code();
    if (code == ExitCode::done) return {};
    auto error = check::to_error(report);
    error.details.clear();
    error.hint.clear();
    error.code = code;
    return fail(std::move(error));
}

Status run_check(Context& context, const CheckOptions& options) {
    if ((options.fix || options.dry_run) && options.subject != "/")
        return fail("only the running system can be mended, not " + options.subject,
                    "an image is made again; a disk is mended by the system on it", ExitCode::usage);
    KLD_TRY(const auto scratch, TemporaryDirectory::make("/var/tmp"));
    KLD_TRY(const auto system, read_subject(context, options.subject, scratch.path()));
    auto report = check::check_system(system);
    if (options.fix || options.dry_run) {
        KLD_CHECK(mend(context, report, options.dry_run));
        if (!options.dry_run) {
            KLD_TRY(const auto mended, read_subject(context, options.subject, scratch.path()));
            report = check::check_system(mended);
        }
    }
    fmt::print("{}", options.json ? check::to_json(report) : check::to_text(report, options.all));
    return verdict(report);
}

}  // namespace

void add_check(CLI::App& app, Context& context) {
    auto options = std::make_shared<CheckOptions>();
    auto* verb = app.add_subcommand("check", "Look for what would keep a system from booting");
    verb->add_option("subject", options->subject,
                     "an image, a disk, a directory with a root tree, or / for this system")
        ->required();
    verb->add_flag("--json", options->json, "print every row as JSON");
    verb->add_flag("--all", options->all, "print rows that pass or do not apply, too");
    verb->add_flag("--fix", options->fix, "on the running system: mend what can be mended, and check again");
    verb->add_flag("--dry-run", options->dry_run, "show what --fix would run");
    verb->callback(
        [&context, options] { context.chosen([&context, options] { return run_check(context, *options); }); });
}

}  // namespace kld::cmd
