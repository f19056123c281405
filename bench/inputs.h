// SPDX-License-Identifier: BSD-3-Clause
// What all figures are measured on: Debian 13 with the profile server, as the pipeline makes it.
#pragma once

#include "bench/turns.h"
#include "config/answers.h"
#include "pipeline/build.h"
#include "pipeline/menu.h"
#include "pipeline/tree.h"

namespace kld::bench {

inline constexpr const char* kDistro = "debian-13";
inline constexpr const char* kProfile = "server";
/// Of the disks and file systems that are made.
inline constexpr const char* kDiskSize = "8G";
inline constexpr std::uint64_t kDiskBytes = 8ULL << 30;

struct Inputs {
    pipeline::Archive archive;
    pipeline::Menu menu;
    pipeline::TreeWish wish;
    pipeline::Tree tree;
    std::string directory;  ///< the tree, unpacked, read once and so in the page cache
    config::Answers answers;
};

/// From the pipeline's cache or made by it; unpacks the tree into the scratch directory unless it lies there.
Result<Inputs> prepare_inputs(Bench& bench);

}  // namespace kld::bench
