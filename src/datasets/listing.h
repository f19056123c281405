// SPDX-License-Identifier: BSD-3-Clause
// File systems with the datasets that they are, and the pools that they lie in.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "base/table.h"

namespace kld::datasets {

struct Listing {
    Table datasets, pools;
};

/// @param paths  absolute, without links: only the datasets that they lie on; empty: all that are mounted
/// @param all    also those that are not mounted
/// Errors: a path that lies on no dataset.
Result<Listing> read_listing(Runner& runner, Files& files, const std::vector<std::string>& paths, bool all);

/// {"version": 1, "datasets": […], "pools": […]}
std::string to_json(const Listing& listing);

}  // namespace kld::datasets
