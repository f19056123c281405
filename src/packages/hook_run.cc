// SPDX-License-Identifier: BSD-3-Clause
#include "packages/hook_run.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace kld::packages {
namespace {

/// unattended-upgrades changes packages set by set, and each set is no step that a person knows of. Others that live on
/// (aptitude, packagekitd, dnf5daemon-server) do one thing after the other that somebody asked for.
bool has_several_sets(const std::string& run) {
    return run.ends_with(" unattended-upgr");
}

struct Open {
    std::string run;
    Record record;
    Packages before;
};

/// Nothing when there is none, or it cannot be understood.
std::optional<Open> read_open(Files& files) {
    const auto known = lines(files.read(kHookState).value_or(""));
    if (known.size() < 2) return std::nullopt;
    auto record = parse_line(known[1]);
    if (!record) return std::nullopt;
    Open open{known[0], std::move(*record), {}};
    for (std::size_t i = 2; i < known.size(); ++i)
        if (const auto tab = known[i].find('\t'); tab != std::string::npos)
            open.before[known[i].substr(0, tab)] = known[i].substr(tab + 1);
    return open;
}

bool has_ended(Files& files, const std::string& id) {
    const auto log = read_log(files);
    return std::any_of(log.begin(), log.end(),
                       [&](const Record& one) { return one.id == id && one.result != "begun"; });
}

Status close_earlier(const Machine& machine, Runner& runner, Files& files, Events& events) {
    auto open = read_open(files);
    if (!open || has_ended(files, open->record.id)) return {};
    KLD_TRY(const auto now, installed(*machine.manager, runner));
    auto& record = open->record;
    record.changes = changes_between(open->before, now);
    record.result = record.changes.empty() ? "nothing" : "failed";
    if (record.changes.empty()) drop_snapshot(record, runner, events);
    write_down(record, files, events);
    return {};
}

}  // namespace

Status before_packages(const Machine& machine, Runner& runner, Files& files, Events& events, const std::string& run) {
    if (has_several_sets(run))
        if (const auto open = read_open(files); open && open->run == run) return {};
    KLD_CHECK(close_earlier(machine, runner, files, events));
    KLD_TRY(const auto begun, begin(machine, runner, files, events, {machine.manager->name}, false));
    std::string state = run + "\n" + to_line(begun.record) + "\n";
    for (const auto& [name, version] : begun.before) state += name + "\t" + version + "\n";
    const std::string path = kHookState;
    KLD_CHECK(files.make_directories(path.substr(0, path.rfind('/'))));
    return files.write(path, state, 0600);
}

Status after_packages(const Machine& machine, Runner& runner, Files& files, Events& events, const std::string& run,
                      bool failed) {
    const auto text = files.read(kHookState).value_or("");
    if (text.substr(0, text.find('\n')) != run || text.empty())
        return {};  // the call before was refused, or is another run's
    auto open = read_open(files);
    if (!open) return fail(std::string(kHookState) + " is damaged", "it is made anew by the next run");
    KLD_TRY(const auto after, installed(*machine.manager, runner));
    open->record.changes = changes_between(open->before, after);
    open->record.result = failed || !half_done(open->record.changes).empty() ? "failed" : "done";
    write_down(open->record, files, events);
    return has_several_sets(run) ? Status{} : files.remove(kHookState);
}

}  // namespace kld::packages
