// SPDX-License-Identifier: BSD-3-Clause
#include "be/rescue.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "zfs/own_mounts.h"

namespace kld::be {
namespace {

constexpr const char* kPlace = "/run/kldload/rescue";

}  // namespace

bool programs_work(Runner& runner) {
    return runner.run({.argv = {"zfs", "version"}}).has_value();
}

Result<std::string> FilesFromOutside::read(const std::string& path) {
    if (path == "/proc/self/mountinfo") return mountinfo_;
    return files_.read(path);
}
Status FilesFromOutside::write(const std::string& path, std::string_view bytes, unsigned mode) {
    return files_.write(path, bytes, mode);
}
Status FilesFromOutside::overwrite(const std::string& path, std::string_view bytes) {
    return files_.overwrite(path, bytes);
}
Status FilesFromOutside::append(const std::string& path, std::string_view bytes) {
    return files_.append(path, bytes);
}
Result<std::vector<std::string>> FilesFromOutside::list(const std::string& path) {
    return files_.list(path);
}
FileKind FilesFromOutside::kind(const std::string& path) {
    return files_.kind(path);
}
Status FilesFromOutside::make_directories(const std::string& path) {
    return files_.make_directories(path);
}
Status FilesFromOutside::remove(const std::string& path) {
    return files_.remove(path);
}
Status FilesFromOutside::rename(const std::string& from, const std::string& to) {
    return files_.rename(from, to);
}
Status FilesFromOutside::exchange(const std::string& first, const std::string& second) {
    return files_.exchange(first, second);
}
Status FilesFromOutside::flush(const std::string& directory) {
    return files_.flush(directory);
}

Status enter_snapshot(Files& files, const std::string& snapshot) {
    KLD_CHECK(files.make_directories(kPlace));
    KLD_CHECK(zfs::have_own_mounts());
    if (::mount(snapshot.c_str(), kPlace, "zfs", MS_RDONLY, nullptr) != 0)
        return fail(errno_error("cannot mount " + snapshot, errno));
    for (const std::string shared : {"/dev", "/proc", "/sys", "/run", "/var/log", "/boot/efi", "/efi"}) {
        const auto inside = kPlace + shared;
        if (files.kind(shared) != FileKind::directory || files.kind(inside) != FileKind::directory) continue;
        if (::mount(shared.c_str(), inside.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
            return fail(errno_error("cannot have " + shared + " in the snapshot", errno));
    }
    if (::chroot(kPlace) != 0 || ::chdir("/") != 0) return fail(errno_error("cannot go into " + snapshot, errno));
    return {};
}

}  // namespace kld::be
