// SPDX-License-Identifier: BSD-3-Clause
// What a check of the boot chain found: one result for each row, environment and kernel.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace kld::check {

enum class Status { pass, warn, fail, unknown, not_applicable };

/// "pass", "warn", "fail", "unknown", "not applicable".
const char* name_of(Status status);

struct Finding {
    std::string id;     ///< of the row, "B02"
    std::string title;  ///< of the row
    Status status = Status::pass;
    std::string environment{};  ///< dataset, or empty when it is not about one
    std::string kernel{};       ///< release, or empty
    std::string evidence{};     ///< what was seen
    std::string fix{};          ///< what to do; empty unless something is to be done
    /// Commands for the running system that mend it without taking anything away, when there are such.
    std::vector<std::vector<std::string>> commands{};

    bool fires() const { return status == Status::warn || status == Status::fail || status == Status::unknown; }
};

struct Report {
    std::string subject;  ///< path that was checked
    std::string kind;     ///< "image", "disk", "directory", "running system"
    std::vector<Finding> findings;

    std::size_t count(Status status) const;
    /// done, failed when a row failed, unknown when none failed and one could not be told.
    ExitCode exit_code() const;
};

/// A line for each row that fires, with evidence and fix below it, and a summary.
/// @param all  also rows that pass or do not apply
std::string to_text(const Report& report, bool all);

/// {"version": 1, "subject", "kind", "results": [{"id", "title", "status", "environment", "kernel", "evidence",
/// "fix"}], "summary": {"pass": 30, …}}
std::string to_json(const Report& report);

/// What a build says when its own image does not hold: the first failures as details.
Error to_error(const Report& report);

}  // namespace kld::check
