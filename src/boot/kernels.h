// SPDX-License-Identifier: BSD-3-Clause
// Kernel pairs of a boot environment's /boot, by name, and which of them boots by default.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kld::boot {

/// A kernel and the initramfs that belongs to it.
struct KernelPair {
    std::string kernel;     ///< "/boot/vmlinuz-6.12.107+deb13-amd64"
    std::string initramfs;  ///< "/boot/initrd.img-6.12.107+deb13-amd64"
    std::string version;    ///< "6.12.107+deb13-amd64"; empty for a name without a dash
};

/// ZFSBootMenu's rule: vmlinux, vmlinuz, linux, linuz and kernel, bare or with "-anything".
bool is_kernel_name(std::string_view name);

/// Kernels with their initramfs, by the same rule: the initramfs is the first name of a fixed list that exists; a
/// kernel without one is left out. In the order of `sort -V`.
/// @param names  what /boot holds
std::vector<KernelPair> kernel_pairs(const std::vector<std::string>& names);

struct DefaultKernel {
    std::size_t index = 0;
    std::string warning{};  ///< empty, or why a pin did not hold
};

/// The last pair, or the last whose path matches the pin: org.zfsbootmenu:kernel, an unanchored POSIX extended regular
/// expression. As in ZFSBootMenu a pin that matches nothing falls back to the last pair; the warning says so.
/// @param pairs  at least one
/// @param pin    the property, "-" or "" when it is not set
DefaultKernel default_kernel(const std::vector<KernelPair>& pairs, const std::string& pin);

}  // namespace kld::boot
