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
inline constexpr const char* kPoolReceive = "pool-receive";
inline constexpr const char* kReceiveMemory = "receive-peak-memory";
inline constexpr const char* kExportVmdk = "export-vmdk";
inline constexpr const char* kExportQcow2 = "export-qcow2-zlib";
inline constexpr const char* kExportMemory = "export-peak-memory";
inline constexpr const char* kImageBuild = "image-build";
inline constexpr const char* kSecondImage = "second-image";
inline constexpr const char* kSecondMemory = "second-image-peak-memory";
inline constexpr const char* kCheckImage = "check-image";
inline constexpr const char* kCheckMemory = "check-peak-memory";
inline constexpr const char* kToolStartup = "tool-startup";
inline constexpr const char* kToolSize = "tool-size";
inline constexpr const char* kMenuOverhead = "menu-overhead";

/// What one program may take.
inline constexpr double kMemoryLimitMiB = 512;

/// Time and memory of `kldload-pool create`. Those that are wanted, in the order above: the memory is that of the runs
/// which give the times.
Result<std::vector<Figure>> measure_pool_create(Bench& bench, const Inputs& inputs, const Wanted& wanted);

/// Time and memory of `kldload-pool receive` of the tree's streams beside unsquashfs of the tree.
Result<std::vector<Figure>> measure_pool_receive(Bench& bench, const Inputs& inputs, const Wanted& wanted);

/// Time and memory of disk formats that compress, beside qemu-img's own.
Result<std::vector<Figure>> measure_exports(Bench& bench, const Inputs& inputs, const Wanted& wanted);

/// `kldload image` without the cached root tree beside bare mmdebstrap with the same packages, and beside a second one
/// with other answers; and the memory of the greatest program in that.
Result<std::vector<Figure>> measure_image_build(Bench& bench, const Inputs& inputs, const Wanted& wanted);

/// Time and memory of `kldload check` of an image in qcow2.
Result<std::vector<Figure>> measure_check(Bench& bench, const Inputs& inputs);

/// From starting a tool to its end when it has nothing to do but to say how it is used; its size as it is shipped.
Result<std::vector<Figure>> measure_tools(Bench& bench, const Wanted& wanted);

/// The figures of measure_tools_in_guest().
std::vector<std::string> names_in_guest();

/// What listings take beside the bare calls of zfs and zpool that they make, also with 10,000 snapshots; and what
/// changes take beside the bare ones: in a virtual machine, by the script bench/measure-tools.
Result<std::vector<Figure>> measure_tools_in_guest(Bench& bench, const Wanted& wanted);

/// What the menu adds to the time until the chosen kernel's first line.
Result<Figure> measure_menu_overhead(Bench& bench, const Inputs& inputs);

}  // namespace kld::bench
