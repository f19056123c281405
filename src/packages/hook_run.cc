// SPDX-License-Identifier: BSD-3-Clause
#include "packages/hook_run.h"

#include "base/text.h"

namespace kld::packages {
namespace {

/// unattended-upgrades changes packages set by set, and each set is no step that a person knows of. Others that live on
/// (aptitude, packagekitd, dnf5daemon-server) do one thing after the other that somebody asked for.
bool has_several_sets(const std::string& run) {
    return run.ends_with(" unattended-upgr");
}

}  // namespace

Status before_packages(const Machine& machine, Runner& runner, Files& files, Events& events, const std::string& run) {
    if (const auto known = lines(files.read(kHookState).value_or(""));
        !run.empty() && !known.empty() && known[0] == run)
        return {};
    KLD_TRY(const auto begun, begin(machine, runner, files, events, {machine.manager->name}, false));
    std::string state = run + "\n" + to_line(begun.record) + "\n";
    for (const auto& [name, version] : begun.before) state += name + "\t" + version + "\n";
    const std::string path = kHookState;
    KLD_CHECK(files.make_directories(path.substr(0, path.rfind('/'))));
    return files.write(path, state, 0600);
}

Status after_packages(const Machine& machine, Runner& runner, Files& files, const std::string& run, bool failed) {
    const auto known = lines(files.read(kHookState).value_or(""));
    if (known.size() < 2 || known[0] != run) return {};  // the call before was refused, or is another run's
    auto record = parse_line(known[1]);
    if (!record) return fail(std::string(kHookState) + " is damaged", "it is made anew by the next run");
    Packages before;
    for (std::size_t i = 2; i < known.size(); ++i)
        if (const auto tab = known[i].find('\t'); tab != std::string::npos)
            before[known[i].substr(0, tab)] = known[i].substr(tab + 1);
    KLD_TRY(const auto after, installed(*machine.manager, runner));
    record->changes = changes_between(before, after);
    record->result = failed || !half_done(record->changes).empty() ? "failed" : "done";
    KLD_CHECK(append(*record, files));
    return has_several_sets(run) ? Status{} : files.remove(kHookState);
}

}  // namespace kld::packages
