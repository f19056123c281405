// SPDX-License-Identifier: BSD-3-Clause
#include "check/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kld::check {
namespace {

constexpr Status kStatuses[] = {Status::pass, Status::warn, Status::fail, Status::unknown, Status::not_applicable};

/// "B02 initramfs has no zfs.ko (rpool/ROOT/default, 6.12.107)"
std::string heading(const Finding& finding) {
    auto text = fmt::format("{} {}", finding.id, finding.title);
    if (finding.environment.empty() && finding.kernel.empty()) return text;
    const auto* comma = finding.environment.empty() || finding.kernel.empty() ? "" : ", ";
    return text + fmt::format(" ({}{}{})", finding.environment, comma, finding.kernel);
}

}  // namespace

const char* name_of(Status status) {
    switch (status) {
        case Status::pass:
            return "pass";
        case Status::warn:
            return "warn";
        case Status::fail:
            return "fail";
        case Status::unknown:
            return "unknown";
        case Status::not_applicable:
            return "not applicable";
    }
    return "";
}

std::size_t Report::count(Status status) const {
    return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(),
                                                  [&](const Finding& finding) { return finding.status == status; }));
}

ExitCode Report::exit_code() const {
    if (count(Status::fail) != 0) return ExitCode::failed;
    return count(Status::unknown) != 0 ? ExitCode::unknown : ExitCode::done;
}

std::string to_text(const Report& report, bool all) {
    std::string text;
    for (const auto& finding : report.findings) {
        if (!all && !finding.fires()) continue;
        text += fmt::format("{:<8}{}\n", finding.status == Status::not_applicable ? "-" : name_of(finding.status),
                            heading(finding));
        if (!finding.evidence.empty()) text += fmt::format("        {}\n", finding.evidence);
        if (!finding.fix.empty()) text += fmt::format("        fix: {}\n", finding.fix);
    }
    return text + fmt::format("{}: {} passed, {} warnings, {} failed, {} unknown, {} not applicable\n", report.subject,
                              report.count(Status::pass), report.count(Status::warn), report.count(Status::fail),
                              report.count(Status::unknown), report.count(Status::not_applicable));
}

std::string to_json(const Report& report) {
    using Json = nlohmann::ordered_json;
    Json out{{"version", 1}, {"subject", report.subject}, {"kind", report.kind}, {"results", Json::array()}};
    for (const auto& finding : report.findings)
        out["results"].push_back(Json{{"id", finding.id},
                                      {"title", finding.title},
                                      {"status", name_of(finding.status)},
                                      {"environment", finding.environment},
                                      {"kernel", finding.kernel},
                                      {"evidence", finding.evidence},
                                      {"fix", finding.fix}});
    out["summary"] = Json::object();
    for (const auto status : kStatuses) out["summary"][name_of(status)] = report.count(status);
    return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Error to_error(const Report& report) {
    Error error{fmt::format("{} would not boot as it should", report.subject)};
    for (const auto& finding : report.findings) {
        if (finding.status != Status::fail && finding.status != Status::unknown) continue;
        error.details.push_back(fmt::format("{}: {}", heading(finding), finding.evidence));
        if (error.hint.empty()) error.hint = finding.fix;
    }
    return error;
}

}  // namespace kld::check
