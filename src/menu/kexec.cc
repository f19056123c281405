// SPDX-License-Identifier: BSD-3-Clause
#include "menu/kexec.h"

#include <linux/reboot.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kld::menu {

std::string explain_load_error(int number) {
    switch (number) {
        case EPERM:
        case EKEYREJECTED:
        case ENOKEY:
        case ENODATA:
        case EBADMSG:
            return "the kernel's signature is missing or not trusted by this machine's keys (Secure Boot is on: the "
                   "kernel must "
                   "be signed by a key in db or the MOK list)";
        case ENOEXEC:
            return "the file is not a kernel that this machine can start; it may be damaged";
        case ENOMEM:
            return "there is not enough memory for kernel and initramfs";
        case EINVAL:
            return "kernel, initramfs or command line is not acceptable (a command line may have 2047 characters)";
        case EIO:
            return "reading kernel or initramfs from the pool failed; see `zpool status`";
        case ENOSYS:
            return "the menu's kernel cannot load kernels (no kexec_file_load)";
        case EBUSY:
            return "another kernel is being loaded";
        default:
            return "the kernel cannot be loaded";
    }
}

Status load_kernel(const Fd& kernel, const Fd& initramfs, const std::string& command_line) {
    const auto size = command_line.size() + 1;
    if (::syscall(SYS_kexec_file_load, kernel.get(), initramfs.get(), size, command_line.c_str(), 0UL) == 0) return {};
    const int number = errno;
    return fail(
        Error{explain_load_error(number)}.with_detail(std::string("kexec_file_load: ") + std::strerror(number)));
}

Error start_loaded_kernel() {
    ::sync();
    ::reboot(static_cast<int>(LINUX_REBOOT_CMD_KEXEC));
    return errno_error("cannot start the loaded kernel", errno);
}

}  // namespace kld::menu
