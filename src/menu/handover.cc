// SPDX-License-Identifier: BSD-3-Clause
#include "menu/handover.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "boot/command_line.h"

namespace kld::menu {
namespace {

constexpr const char* kExtensions = "etc/zfs/initramfs-tools-load-key.d";

// Written over before it is removed: memory that is only freed keeps what was in it until somebody needs it.
constexpr const char* kScript =
    R"(# Read by scripts/zfs: the boot menu was given the passphrase of the root file system.
key=/etc/zfs/kldload-menu.key
[ -r "${key}" ] || return 1
"${ZFS}" load-key -L prompt "${ENCRYPTIONROOT}" <"${key}"
loaded=$?
printf '%0520d' 0 1<>"${key}"
rm -f "${key}"
[ "${loaded}" = 0 ]
)";

}  // namespace

bool takes_key(std::string_view root_script) {
    return root_script.find("/etc/zfs/initramfs-tools-load-key.d/") != std::string_view::npos;
}

bool can_hand_over(const Entry& entry, std::string_view arguments) {
    const auto words = boot::split_arguments(arguments);
    return entry.takes_key && std::find(words.begin(), words.end(), "retain_initrd") == words.end();
}

std::vector<initramfs::NewEntry> key_entries(const Secret& passphrase) {
    return {{.path = "etc", .mode = 0040755},
            {.path = "etc/zfs", .mode = 0040755},
            {.path = kExtensions, .mode = 0040755},
            {.path = std::string(kExtensions) + "/kldload-menu", .content = kScript},
            {.path = "etc/zfs/kldload-menu.key", .mode = 0100400, .content = std::string(passphrase.view())}};
}

Result<Fd> initramfs_with_key(const Fd& initramfs, const Secret& passphrase) {
    Fd copy(::memfd_create("initramfs", MFD_CLOEXEC));
    if (!copy.valid()) return fail(errno_error("no memory for the initramfs", errno));
    constexpr std::size_t kPiece = 1 << 20;
    std::uint64_t size = 0;
    while (true) {
        KLD_TRY(const auto piece, initramfs.read_at(kPiece, size));
        if (piece.empty()) break;
        KLD_CHECK(copy.write_all(piece));
        size += piece.size();
    }
    KLD_TRY(const auto appendix, initramfs::make_appendix(size, key_entries(passphrase)));
    KLD_CHECK(copy.write_all(appendix));
    return copy;
}

}  // namespace kld::menu
