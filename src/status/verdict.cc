// SPDX-License-Identifier: BSD-3-Clause
#include "status/verdict.h"

#include <fmt/core.h>

#include "base/text.h"
#include "status/words.h"

namespace kld::status {
namespace {

void judge_health(const PoolHealth& pool, std::time_t now, Verdict& verdict) {
    const auto before = verdict.wrong.size();
    const auto wrong = [&](const std::string& what) {
        verdict.wrong.push_back(fmt::format("pool {}: {}", pool.name, what));
    };
    if (pool.state != "ONLINE") wrong(pool.state);
    if (pool.errors.any())
        wrong(fmt::format("{}; zpool status {} shows which device, zpool clear forgets them", words_of(pool.errors),
                          shell_quote(pool.name)));
    if (pool.data_errors.value_or(0) != 0)
        wrong(fmt::format("{}; zpool status -v {} names the files", counted(*pool.data_errors, "data error"),
                          shell_quote(pool.name)));
    if (!pool.data_errors)
        verdict.unknown.push_back(fmt::format("pool {}: zpool says nothing of data errors", pool.name));
    if (pool.scan && pool.scan->errors.value_or(0) != 0)
        wrong(fmt::format("the last {} found {}", pool.scan->kind, counted(*pool.scan->errors, "error")));
    // A message with a number is a fault; without one it is advice, such as features that could be enabled.
    if (verdict.wrong.size() == before && !pool.see.empty()) wrong(fmt::format("{} ({})", pool.status, pool.see));
    if (!pool.scan)
        verdict.notices.push_back(
            fmt::format("pool {}: never scrubbed: zpool scrub {}", pool.name, shell_quote(pool.name)));
    else if (pool.scan->state == "finished" && now - pool.scan->time > kScrubIsOld)
        verdict.notices.push_back(fmt::format("pool {}: last {} {} ago: zpool scrub {}", pool.name, pool.scan->kind,
                                              duration(now - pool.scan->time), shell_quote(pool.name)));
}

void judge_space(const PoolSpace& pool, Verdict& verdict) {
    if (static_cast<double>(pool.free) < static_cast<double>(pool.size) * kLeastFree)
        verdict.wrong.push_back(fmt::format("pool {}: {} of {} are free; kst --space shows what holds it", pool.name,
                                            human_bytes(pool.free), human_bytes(pool.size)));
    if (pool.readonly) verdict.notices.push_back(fmt::format("pool {}: imported read-only", pool.name));
}

void judge_check(const check::Report& report, Verdict& verdict) {
    for (const auto& finding : report.findings) {
        const auto line = fmt::format("boot chain: {} {}: {}", finding.id, finding.title, finding.evidence);
        if (finding.status == check::Status::fail) verdict.wrong.push_back(line);
        if (finding.status == check::Status::unknown) verdict.unknown.push_back(line);
        if (finding.status == check::Status::warn) verdict.notices.push_back(line);
    }
}

std::string trial_text(const Boot& boot) {
    const auto& trial = *boot.trial;
    if (trial.once) return fmt::format("{} boots {}", trial.dataset, trial.left > 0 ? "next, this once" : "this once");
    if (trial.left == 0 && trial.dataset != boot.running)
        return fmt::format("{} did not prove itself in {} tries", trial.dataset, trial.allowed);
    return fmt::format("{} is on trial, {} of {} tries are left", trial.dataset, trial.left, trial.allowed);
}

}  // namespace

ExitCode Verdict::exit_code() const {
    if (!wrong.empty()) return ExitCode::failed;
    return unknown.empty() ? ExitCode::done : ExitCode::unknown;
}

const std::string& boots_next(const Boot& boot) {
    return boot.trial && boot.trial->left > 0 ? boot.trial->dataset : boot.next;
}

std::vector<std::string> reboot_reasons(const State& state) {
    std::vector<std::string> reasons;
    if (state.boot)
        if (const auto& next = boots_next(*state.boot); !next.empty() && next != state.boot->running)
            reasons.push_back(next + " boots next");
    if (state.boot && !state.boot->next_kernel.empty() && !state.kernel.empty() &&
        state.boot->next_kernel != state.kernel)
        reasons.push_back("Linux " + state.boot->next_kernel + " boots next");
    if (state.reboot_required)
        reasons.push_back(state.reboot_required->empty() ? "/run/reboot-required says so"
                                                         : *state.reboot_required + " asked for it");
    return reasons;
}

Verdict verdict(const State& state) {
    Verdict verdict;
    if (state.pools) {
        if (state.pools->empty()) verdict.unknown.emplace_back("no pool is imported");
        for (const auto& pool : *state.pools) {
            if (pool.health) judge_health(*pool.health, state.now, verdict);
            if (pool.space) judge_space(*pool.space, verdict);
        }
    }
    if (state.boot && state.boot->next.empty() && state.pools)
        verdict.notices.push_back(fmt::format("pool {}: bootfs is not set: kbe activate NAME", state.boot->pool));
    if (state.boot && state.boot->trial) verdict.notices.push_back(trial_text(*state.boot));
    if (state.failed_services && !state.failed_services->empty())
        verdict.wrong.push_back(fmt::format("{} failed: {}", counted(state.failed_services->size(), "service"),
                                            join(*state.failed_services, ", ")));
    if (state.check) judge_check(*state.check, verdict);
    for (const auto& error : state.unread)
        verdict.unknown.push_back(error.message + (error.details.empty() ? "" : ": " + error.details.back()));
    if (const auto reasons = reboot_reasons(state); !reasons.empty())
        verdict.notices.push_back("reboot pending: " + join(reasons, "; "));
    return verdict;
}

}  // namespace kld::status
