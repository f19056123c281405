// SPDX-License-Identifier: BSD-3-Clause
// Figures as a table for people, and as JSON.
#pragma once

#include <string>
#include <vector>

#include "bench/figure.h"

namespace kld::bench {

/// A row for each figure that ends with its limit and "kept" or "MISSED", then the notes.
std::string text_report(const std::vector<Figure>& figures);

/// {"version":1,"figures":[{name, unit, ours, yardstick, yardstick_is, ratio, limit, kept, our_runs, yardstick_runs,
/// notes}]}. our_runs and yardstick_runs are {runs, least, most}, or null where nothing was repeated.
std::string json_report(const std::vector<Figure>& figures);

}  // namespace kld::bench
