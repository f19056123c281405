// SPDX-License-Identifier: BSD-3-Clause
// What the kernel and systemd tell of the machine, as small parsers of /proc, /sys and systemctl.
#pragma once

#include <string_view>

#include "status/state.h"

namespace kld::status {

/// /proc/spl/kstat/zfs/arcstats. What waited for a read that was under way ("iohits") counts as a hit, as arc_summary
/// has it.
std::optional<Arc> parse_arcstats(std::string_view text);

/// /proc/meminfo.
std::optional<Memory> parse_meminfo(std::string_view text);

/// /sys/devices/system/cpu/online: "0-3,8".
std::optional<std::uint64_t> parse_processors(std::string_view text);

/// /proc/loadavg.
std::optional<std::vector<double>> parse_load(std::string_view text);

/// /proc/uptime, whole seconds.
std::optional<std::uint64_t> parse_uptime(std::string_view text);

/// Names of units, of `systemctl --failed --no-legend --plain`.
std::vector<std::string> parse_failed_units(std::string_view text);

/// kpkg's log: the newest `limit` transactions, newest first, each as its last record has it. Lines that are not
/// understood are skipped, and so are transactions that changed nothing.
std::vector<packages::Record> newest_transactions(std::string_view log, std::size_t limit);

}  // namespace kld::status
