// SPDX-License-Identifier: BSD-3-Clause
// Builds the boot menu: kernel, drivers, zfs commands and the menu program in one signed UKI.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/runner.h"

namespace kld::uki {

/// The menu's own kernel command line unless the request has another. kld.* options: docs/boot-menu.md. The kernel
/// lives for seconds and runs nothing that it was not built with: clearing memory, speculation barriers and the
/// labelling LSMs cost a third of its time and protect nobody. Lockdown stays.
inline constexpr const char* kMenuArguments =
    "quiet loglevel=3 init_on_alloc=0 mitigations=off lsm=lockdown,capability audit=0 panic=30 console=ttyS0,115200 "
    "console=tty0";

/// Whose code ukify puts before the kernel.
inline constexpr const char* kStub = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub";

/// A UKI must fit on an ESP three times (the new one, the one before, and room for an update).
inline constexpr std::uint64_t kMenuImageLimit = 32U << 20;

struct MenuImageRequest {
    /// Root tree with linux-image, signed zfs modules, zfsutils-linux, kmod, busybox-static, systemd-ukify,
    /// systemd-boot-efi, sbsigntool and libfaketime.
    std::string tree;
    std::string kernel_version{};  ///< empty: the newest in the tree that has a zfs module
    std::string keymaps;           ///< what make_keymaps() made
    std::string menu_program;      ///< the static kldload-menu
    std::string key;               ///< PEM, signs the UKI
    std::string certificate;       ///< PEM, belongs to the key
    std::int64_t signing_time;     ///< what the signature says; seconds since 1970
    std::string command_line = kMenuArguments;
    std::string output;  ///< appears only when all went well
};

struct MenuImage {
    std::string kernel_version;
    std::string zfs_version;
    std::uint64_t bytes = 0;            ///< of the UKI
    std::uint64_t initramfs_bytes = 0;  ///< packed
    /// What of the tree is in it, by its paths there, without the kernel's own modules.
    std::vector<std::string> taken{};
};

/// Needs the right to chroot into the tree (ukify, depmod and sbsign of the tree are run). The key is read through a
/// descriptor and never copied. The same request gives the same bytes.
/// Errors: a missing driver, program or library, a zfs.ko or spl.ko that is missing, unsigned or built for another
/// kernel, a UKI over kMenuImageLimit (names its biggest parts).
Result<MenuImage> make_menu_image(const MenuImageRequest& request, Runner& runner, Files& files, Events& events);

}  // namespace kld::uki
