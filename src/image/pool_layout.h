// SPDX-License-Identifier: BSD-3-Clause
// The datasets of a machine, as kldload-pool reads them.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "config/answers.h"

namespace kld::image {

/// The snapshot that all machines made of one tree have in common.
inline constexpr const char* kBaseSnapshot = "base";

/// The layout file (docs/pool.md) of a machine: pool, datasets, properties, bootfs. Its files come by streams and
/// overlay.
std::string pool_layout_json(const catalog::Distro& distro, const config::Answers& answers);

/// The layout file of the pool whose snapshots become those streams: the same datasets, nothing of any one machine.
/// @param compression  as a value of the property
std::string golden_layout_json(const catalog::Distro& distro, const std::string& compression);

/// The datasets of a layout file that files go into, without the pool's name.
std::vector<std::string> datasets_with_files(const std::string& layout);

}  // namespace kld::image
