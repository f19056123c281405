// SPDX-License-Identifier: BSD-3-Clause
#include "bench/series.h"

#include <algorithm>
#include <stdexcept>

namespace kld::bench {

Series summarise(std::vector<double> values) {
    if (values.empty()) throw std::invalid_argument("a series of no runs has no median");
    std::sort(values.begin(), values.end());
    const auto half = values.size() / 2;
    const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    return {median, values.front(), values.back(), static_cast<unsigned>(values.size())};
}

}  // namespace kld::bench
