// SPDX-License-Identifier: BSD-3-Clause
// The log of transactions: one JSON object a line, in a file that lies outside the boot environments, so that going
// back to an older one does not take the record with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "packages/manager.h"

namespace kld::packages {

inline constexpr const char* kLog = "/var/log/kldload/transactions.jsonl";

/// Nothing stands for "not installed".
struct Change {
    std::string package;
    std::optional<std::string> before{}, after{};
};

struct Record {
    std::string id;          ///< "kpkg-20261127-035700": the snapshot's name, unique on the machine
    std::uint64_t time = 0;  ///< seconds since 1970, when it began
    std::string user{};      ///< who asked for it: SUDO_USER, DOAS_USER, else the login name
    std::vector<std::string> argv{};
    std::string manager{};
    std::string snapshot{};     ///< with its dataset; empty: none, or dropped because nothing changed
    std::string environment{};  ///< dataset that was changed
    /// "begun" (its end was never seen), "done", "failed", "nothing" (it changed nothing), "undone"
    std::string result{};
    int exit_code = 0;  ///< of the native manager
    std::vector<Change> changes{};
};

/// What differs, by name.
std::vector<Change> changes_between(const Packages& before, const Packages& after);

/// Packages that dpkg has left half done: unpacked, half configured or half installed. apt ends well when somebody
/// interrupts it between two steps of dpkg.
std::vector<std::string> half_done(const std::vector<Change>& changes);

/// A line without its newline.
std::string to_line(const Record& record);

/// Nothing for a line that is no record of a version that is known.
std::optional<Record> parse_line(const std::string& line);

/// Oldest first; of several records of one transaction the last. Lines that are not understood are left out: a power
/// cut can leave half a line. No file, no records.
std::vector<Record> read_log(Files& files);

/// Adds a record, flushed to the disk before it returns.
Status append(const Record& record, Files& files);

}  // namespace kld::packages
