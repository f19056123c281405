// SPDX-License-Identifier: BSD-3-Clause
#include "be/soft_restart.h"

#include <fmt/core.h>

#include <map>

#include "base/text.h"
#include "boot/kernels.h"
#include "zfs/own_mounts.h"
#include "zfs/passing_mount.h"

namespace kld::be {
namespace {

// systemd-soft-reboot.service(8)
constexpr const char* kNextRoot = "/run/nextroot";
constexpr std::uint64_t kLeastSystemd = 254;

/// "zfs-2.3.2-2" and "zfs-kmod-2.3.2-2" → "2.3.2-2"
std::string plain_version(const std::string& line) {
    for (const std::string_view prefix : {"zfs-kmod-", "zfs-"})
        if (line.starts_with(prefix)) return line.substr(prefix.size());
    return {};
}

/// Where distributions have the programs and libraries of OpenZFS.
const std::vector<std::string> kPlaces{"/usr/sbin", "/usr/bin", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"};

bool is_of_zfs(const std::string& name) {
    for (const std::string_view part : {"libzfs", "libzpool", "libnvpair", "libuutil"})
        if (name.starts_with(part)) return true;
    return name == "zfs" || name == "zpool" || name == "zed";
}

/// What lies in those directories below `root`, with its content.
Result<std::map<std::string, std::string>> zfs_files(Files& files, const std::string& root) {
    std::map<std::string, std::string> found;
    for (const auto& directory : kPlaces) {
        if (files.kind(root + directory) != FileKind::directory) continue;
        KLD_TRY(const auto names, files.list(root + directory));
        for (const auto& name : names) {
            const auto path = directory + "/" + name;
            if (!is_of_zfs(name) || files.kind(root + path) != FileKind::regular) continue;
            KLD_TRY(found[path], files.read(root + path));
        }
    }
    return found;
}

Status expect_systemd(Runner& runner) {
    KLD_TRY(const auto output, runner.run({.argv = {"systemctl", "--version"}}));
    const auto said = words(output.out);  // "systemd 257 (257.8-1~deb13u1) …"
    const auto version = said.size() > 1 ? parse_number(said[1]) : fail("systemctl does not say its version");
    if (!version) return fail("systemctl does not say its version");
    if (*version < kLeastSystemd) return fail(fmt::format("systemd {} has no soft reboot", *version));
    return {};
}

Status expect_same_kernel(Files& files, const std::string& place, const std::string& pin, const std::string& running) {
    KLD_TRY(const auto names, files.list(place + "/boot"));
    const auto pairs = boot::kernel_pairs(names);
    if (pairs.empty()) return fail("it has no kernel");
    const auto& version = pairs[boot::default_kernel(pairs, pin).index].version;
    if (version != running) return fail(fmt::format("its kernel is {}, and {} runs", version, running));
    return {};
}

Status expect_same_zfs(Runner& runner, Files& files, const std::string& place, const std::string& running) {
    KLD_TRY(const auto loaded, files.read("/sys/module/zfs/srcversion"));
    KLD_TRY(const auto there, runner.run({.argv = {"modinfo", "-b", place, "-k", running, "-F", "srcversion", "zfs"}}));
    if (trim(loaded) != trim(there.out)) return fail("its ZFS module is another one than the one that is loaded");
    // The programs that run fit that module; those in there are the same, byte by byte.
    KLD_TRY(const auto said, runner.run({.argv = {"zfs", "version"}}));
    const auto versions = lines(said.out);
    if (versions.size() != 2 || plain_version(versions[0]) != plain_version(versions[1]))
        return fail("zfs(8) is not of the version of the module that is loaded");
    KLD_TRY(const auto here, zfs_files(files, ""));
    KLD_TRY(const auto inside, zfs_files(files, place));
    if (here.empty() || here != inside) return fail("its zfs(8) and libraries are others than those that run");
    return {};
}

}  // namespace

std::string against_soft_restart(Runner& runner, Files& files, const boot::Dataset& environment) {
    const auto asked = [&]() -> Status {
        if (files.exists(kNextRoot)) return fail(std::string(kNextRoot) + " is taken already");
        KLD_CHECK(expect_systemd(runner));
        KLD_TRY(const auto release, files.read("/proc/sys/kernel/osrelease"));
        const std::string running(trim(release));
        return zfs::with_own_mounts([&]() -> Status {
            KLD_TRY(const auto mount, zfs::PassingMount::make(runner, environment, true, "soft-restart"));
            KLD_CHECK(expect_same_kernel(files, mount.place(), environment.value("org.zfsbootmenu:kernel"), running));
            return expect_same_zfs(runner, files, mount.place(), running);
        });
    }();
    return asked ? "" : asked.error().message;
}

Status soft_restart(Runner& runner, Files& files, const boot::Dataset& environment) {
    KLD_CHECK(files.make_directories(kNextRoot));
    KLD_CHECK(runner.run(
        {.argv = {"mount", "-t", "zfs", "-o", zfs::mount_options(environment, false), environment.name, kNextRoot}}));
    auto begun = runner.run({.argv = {"systemctl", "soft-reboot"}});
    if (begun) return {};
    if (const auto gone = runner.run({.argv = {"umount", kNextRoot}}); !gone)
        begun.error().details.push_back(fmt::format("{} stays mounted on {}", environment.name, kNextRoot));
    return fail(std::move(begun.error()));
}

}  // namespace kld::be
