// SPDX-License-Identifier: BSD-3-Clause
#include "menu/environment.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "boot/hostid.h"
#include "menu/deadline.h"

namespace kld::menu {

Result<MountedEnvironment> MountedEnvironment::mount(const std::string& dataset, const std::string& directory) {
    KLD_CHECK(RealFiles().make_directories(directory));
    // ZFS takes "ro" from the options alone. Without it, it may begin to complete the space accounting (a new clone of
    // an encrypted dataset has none) and then waits for a pool that is imported read-only to write: unmounting hangs.
    constexpr const char* kOptions = "zfsutil,ro";
    if (::mount(dataset.c_str(), directory.c_str(), "zfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, kOptions) != 0)
        return fail(errno_error("cannot mount " + dataset, errno));
    return MountedEnvironment(directory);
}

MountedEnvironment::~MountedEnvironment() {
    if (!directory_.empty() && ::umount2(directory_.c_str(), 0) != 0) ::umount2(directory_.c_str(), MNT_DETACH);
}

Result<Fd> MountedEnvironment::open(const std::string& path, int flags) const {
    KLD_TRY(const auto root, Fd::open(directory_, O_RDONLY | O_DIRECTORY));
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_IN_ROOT;
    const long fd = ::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how);
    if (fd < 0) return fail(errno_error("cannot open " + path, errno));
    return Fd(static_cast<int>(fd));
}

std::string MountedEnvironment::read(const std::string& path) const {
    constexpr std::size_t kLimit = 1 << 20;
    const auto file = open(path, O_RDONLY | O_NONBLOCK);
    if (!file) return {};
    return file->read_at(kLimit, 0).value_or(std::string());
}

EnvironmentContent MountedEnvironment::content() const {
    EnvironmentContent content;
    if (auto boot = open("/boot", O_RDONLY | O_DIRECTORY)) {
        if (DIR* entries = ::fdopendir(boot->release())) {
            while (const dirent* entry = ::readdir(entries)) content.boot_names.emplace_back(entry->d_name);
            ::closedir(entries);
        }
    }
    std::sort(content.boot_names.begin(), content.boot_names.end());
    content.os_release = read("/etc/os-release");
    if (content.os_release.empty()) content.os_release = read("/usr/lib/os-release");
    content.hostid = read("/etc/hostid");
    content.fresh_hostid = boot::make_hostid();
    content.root_script = read("/usr/share/initramfs-tools/scripts/zfs");
    return content;
}

Result<EnvironmentContent> inspect_environment(const std::string& dataset, const std::string& directory) {
    constexpr std::chrono::seconds kTime{20};
    return with_deadline<EnvironmentContent>(
        "mounting " + dataset, kTime, [dataset, directory]() -> Result<EnvironmentContent> {
            KLD_TRY(const auto mounted, MountedEnvironment::mount(dataset, directory));
            return mounted.content();
        });
}

}  // namespace kld::menu
