// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/plan.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace kld::zfs {
namespace {

/// Takes back the first `done` steps, and tells what of them stays.
void take_back(const Plan& plan, std::size_t done, Runner& runner, Error& error) {
    bool whole = true;
    while (done-- > 0) {
        const auto& step = plan.steps[done];
        if (step.leaves_nothing) continue;
        if (!step.undo.empty() && runner.run({.argv = step.undo})) continue;
        whole = false;
        error.details.push_back(step.undo.empty() ? "stays: " + step.text
                                                  : "could not be taken back: " + shell_line(step.undo));
    }
    if (whole) error.details.emplace_back("nothing was changed");
}

}  // namespace

std::string to_text(const Plan& plan) {
    std::string text;
    for (const auto& warning : plan.warnings) text += "warning: " + warning + "\n";
    if (plan.steps.empty()) return text + "nothing to do\n";
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        text += fmt::format("{}. {}\n", i + 1, plan.steps[i].text);
        if (!plan.steps[i].argv.empty()) text += fmt::format("   {}\n", shell_line(plan.steps[i].argv));
    }
    return text;
}

std::string to_json(const Plan& plan) {
    auto steps = nlohmann::ordered_json::array();
    for (const auto& step : plan.steps) steps.push_back({{"text", step.text}, {"argv", step.argv}});
    // Names of files need not be UTF-8, and JSON must.
    const nlohmann::ordered_json root{{"version", 1}, {"warnings", plan.warnings}, {"steps", steps}};
    return root.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Status apply(const Plan& plan, Runner& runner, Events& events) {
    for (const auto& warning : plan.warnings) events.warning(warning);
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        events.stage(plan.steps[i].text);
        if (plan.steps[i].done) continue;
        auto done = runner.run({.argv = plan.steps[i].argv, .timeout = std::chrono::hours(24)});
        if (done) {
            // What a program does not take for a failure it still had a reason to say.
            for (const auto& line : lines(done->err)) events.warning(line);
            continue;
        }
        auto error = std::move(done.error()).within("cannot " + plan.steps[i].text);
        take_back(plan, i, runner, error);
        return fail(std::move(error));
    }
    events.finish();
    return {};
}

}  // namespace kld::zfs
