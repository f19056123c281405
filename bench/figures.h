// SPDX-License-Identifier: BSD-3-Clause
// The figures by name, and what measures them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "bench/figure.h"
#include "bench/inputs.h"

namespace kld::bench {

/// Names of the figures to measure.
using Wanted = std::set<std::string>;

inline constexpr const char* kPoolLz4 = "pool-create-lz4";
inline constexpr const char* kPoolZstd = "pool-create-zstd3";
inline constexpr const char* kPoolMemory = "pool-peak-memory";
inline constexpr const char* kImageBuild = "image-build";
inline constexpr const char* kMenuOverhead = "menu-overhead";

/// Time and memory of `kldload-pool create`. Those that are wanted, in the order above: the memory is that of the runs
/// which give the times.
Result<std::vector<Figure>> measure_pool_create(Bench& bench, const Inputs& inputs, const Wanted& wanted);

/// `kldload image` without the cached root tree beside bare mmdebstrap with the same packages.
Result<Figure> measure_image_build(Bench& bench, const Inputs& inputs);

/// What the menu adds to the time until the chosen kernel's first line.
Result<Figure> measure_menu_overhead(Bench& bench, const Inputs& inputs);

}  // namespace kld::bench
