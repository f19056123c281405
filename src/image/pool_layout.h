// SPDX-License-Identifier: BSD-3-Clause
// The datasets of a machine, as kldload-pool reads them.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "config/answers.h"

namespace kld::image {

/// The layout file (docs/pool.md) for `kldload-pool create`: pool, datasets, properties, snapshot @base, bootfs.
std::string pool_layout_json(const catalog::Distro& distro, const config::Answers& answers);

}  // namespace kld::image
