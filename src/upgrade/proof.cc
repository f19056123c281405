// SPDX-License-Identifier: BSD-3-Clause
#include "upgrade/proof.h"

#include <fmt/core.h>

#include "be/verify.h"
#include "check/rows.h"
#include "check/sources.h"

namespace kld::upgrade {
namespace {

std::string text_of(const check::Finding& finding) {
    return fmt::format("{}: {}{}{}", finding.id, finding.kernel, finding.kernel.empty() ? "" : ": ", finding.evidence);
}

}  // namespace

Proof judge(const check::Report& report) {
    Proof proof;
    for (const auto& finding : report.findings) {
        if (finding.status == check::Status::fail || finding.status == check::Status::unknown) {
            proof.broken.push_back(text_of(finding));
            if (!finding.fix.empty()) proof.broken.push_back("  " + finding.fix);
        } else if (finding.status == check::Status::warn && !finding.kernel.empty()) {
            proof.noted.push_back(text_of(finding));
        }
    }
    return proof;
}

Result<Proof> prove_running(Runner& runner, Files& files, const be::World& world, const std::string& root) {
    KLD_CHECK(runner.run({.argv = {"zpool", "sync", world.pool}}));
    KLD_TRY(auto system, check::read_running(runner, files));
    // The next boot may be another one for as long as this one is worked on.
    if (system.pool) system.pool->properties["bootfs"] = root;
    auto proof = judge(check::check_system(system));
    for (const auto& environment : system.environments)
        for (const auto& kernel : environment.kernels)
            if (kernel.is_default) proof.default_kernel = kernel.version;
    if (proof.default_kernel.empty()) proof.broken.emplace_back("the menu would show no kernel of " + root);
    return proof;
}

Result<Proof> prove_environment(Runner& runner, Files& files, const be::World& world, const std::string& dataset) {
    KLD_TRY(const auto report, be::verify(runner, files, world, dataset));
    return judge(report);
}

}  // namespace kld::upgrade
