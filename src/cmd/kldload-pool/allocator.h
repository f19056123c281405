// SPDX-License-Identifier: BSD-3-Clause
// How malloc works in this program.
#pragma once

namespace kld::pool {

/// Starts this program again with an allocator that takes huge pages and keeps what it has: hundreds of MiB go through
/// buffers. Where huge pages are given on request (madvise) that saved a quarter of the processor time with lz4, and
/// three of four page faults. glibc reads such settings from the environment alone, before main. Comes back when they
/// are set, whoever set them, or cannot be.
void tune_allocator(int argc, char** argv);

}  // namespace kld::pool
