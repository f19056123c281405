// SPDX-License-Identifier: BSD-3-Clause
// One figure: what ours took, what the yardstick took, and how much more ours may take.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/series.h"

namespace kld::bench {

struct Figure {
    std::string name;
    std::string unit;  ///< "s", "ms" or "MiB"
    double ours = 0;
    double yardstick = 0;                    ///< the same unit; where the limit is absolute, the limit itself
    double limit = 1;                        ///< what ours divided by the yardstick may be
    std::string yardstick_is{};              ///< "mke2fs -d", "limit"
    std::optional<Series> our_runs{};        ///< where `ours` is the median of runs
    std::optional<Series> yardstick_runs{};  ///< where the yardstick was measured
    std::vector<std::string> notes{};        ///< what a reader must know to compare, a line each

    double ratio() const { return ours / yardstick; }
    bool kept() const { return ratio() <= limit; }
};

}  // namespace kld::bench
