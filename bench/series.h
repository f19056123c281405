// SPDX-License-Identifier: BSD-3-Clause
// What several runs of one measurement say together.
#pragma once

#include <vector>

namespace kld::bench {

/// Median and extremes of the runs, in the unit of what was measured.
struct Series {
    double median = 0;
    double least = 0;
    double most = 0;
    unsigned runs = 0;
};

/// @param values  at least one; none is a bug (std::invalid_argument). Of an even number the median is the mean of the
/// two in the middle.
Series summarise(std::vector<double> values);

}  // namespace kld::bench
