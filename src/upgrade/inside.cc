// SPDX-License-Identifier: BSD-3-Clause
#include "upgrade/inside.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "esp/partition.h"

namespace kld::upgrade {
namespace {

constexpr const char* kPolicy = "/usr/sbin/policy-rc.d";
constexpr const char* kForbiddingPolicy = "/run/policy-rc.d";

// invoke-rc.d(8) and deb-systemd-invoke: 101 is "action forbidden".
constexpr const char* kForbid = "#!/bin/sh\n# For as long as kupgrade works in here.\nexit 101\n";

/// Mounts are made from inside, where links in the environment lead to its own files.
Status forbid_services(Host& host, const std::string& place, bool& made) {
    auto& files = host.files;
    KLD_CHECK(files.write(place + kForbiddingPolicy, kForbid, 0755));
    made = !files.exists(place + kPolicy);
    if (made) {
        KLD_CHECK(files.make_directories(place + "/usr/sbin"));
        KLD_CHECK(files.write(place + kPolicy, ""));  // no program, which nobody asks
    }
    KLD_CHECK(host.runner.run({.argv = {"chroot", place, "mount", "--bind", kForbiddingPolicy, kPolicy}}));
    return {};
}

Status allow_services(Host& host, const std::string& place, bool made) {
    KLD_CHECK(host.runner.run({.argv = {"chroot", place, "umount", kPolicy}}));
    return made ? host.files.remove(place + kPolicy) : Status{};
}

Status mount_all(Host& host, const Prepared& prepared, const std::string& dataset, const std::string& place) {
    auto& runner = host.runner;
    KLD_CHECK(runner.run({.argv = {"mount", "-t", "zfs", "-o", "zfsutil", dataset, place}}));
    for (const std::string shared : {"/dev", "/proc", "/sys"})
        KLD_CHECK(runner.run({.argv = {"mount", "--rbind", shared, place + shared}}));
    KLD_CHECK(runner.run({.argv = {"mount", "-t", "tmpfs", "-o", "mode=0755,nosuid,nodev", "tmpfs", place + "/run"}}));
    KLD_CHECK(host.files.make_directories(place + "/run/lock"));
    // Also where it is not mounted now: the environment's own /etc/fstab has it, and kldload-esp would mount it.
    KLD_TRY(const auto esp, esp::find_esp(host.files));
    if (esp.mounted() || esp.in_fstab)
        KLD_CHECK(
            runner.run({.argv = {"mount", "-t", "tmpfs", "-o", "mode=0700,nosuid,nodev", "tmpfs", place + esp.place}}));
    for (const auto& shared : shared_places(prepared.world))
        KLD_CHECK(runner.run({.argv = {"mount", "--bind", shared, place + shared}}));
    return write_holds(host, prepared, place);
}

/// A new boot menu is in the package alone: the EFI system partition gets it once this environment is kept.
Status leave_boot_files_for_later(Files& files, const std::string& place,
                                  const std::vector<packages::Change>& changes) {
    const bool changed =
        std::any_of(changes.begin(), changes.end(), [](const auto& one) { return one.package == kMenuPackage; });
    if (!changed) return {};
    KLD_CHECK(files.make_directories(place + "/var/lib/kldload"));
    return files.write(place + kEspPending, "");
}

Result<Inside> work(Host& host, const Prepared& prepared, const std::string& place, const std::string& transaction,
                    const packages::Packages& before) {
    auto command = command_of(host, prepared, prepared.family.upgrade, transaction);
    command.argv.insert(command.argv.begin(), {"chroot", place});
    // systemctl takes this for a chroot whatever it finds.
    command.environment.emplace_back("SYSTEMD_OFFLINE=1");
    host.events.stage("upgrade all packages");
    Inside inside;
    KLD_TRY(inside.exit_code, host.foreground(command));
    std::vector<std::string> installed{"chroot", place};
    const auto& ask = prepared.machine.manager->installed;
    installed.insert(installed.end(), ask.begin(), ask.end());
    KLD_TRY(const auto output, host.runner.run({.argv = installed}));
    inside.after = prepared.machine.manager->parse(output.out);
    KLD_CHECK(leave_boot_files_for_later(host.files, place, packages::changes_between(before, inside.after)));
    return inside;
}

/// Nothing of the environment may be in use: what still writes to it would not be what was checked.
Status unmount_all(Host& host, const std::string& place) {
    auto unmounted = host.runner.run({.argv = {"umount", "--recursive", place}});
    if (!unmounted) {
        [[maybe_unused]] const auto lazily = host.runner.run({.argv = {"umount", "--recursive", "--lazy", place}});
        return fail(std::move(unmounted.error()).within("a program of the upgrade still runs in the new environment"));
    }
    KLD_CHECK(host.runner.run({.argv = {"rmdir", place}}));
    return {};
}

}  // namespace

std::vector<std::string> shared_places(const be::World& world) {
    // What programs mount for themselves (overlays, FUSE) comes and goes, and root may not even look at it.
    static const std::vector<std::string> stored{"zfs",  "ext2", "ext3", "ext4",    "xfs",      "btrfs",
                                                 "f2fs", "vfat", "udf",  "iso9660", "squashfs", "nfs",
                                                 "nfs4", "cifs", "9p",   "virtiofs"};
    static const std::vector<std::string> apart{"/dev", "/proc", "/sys", "/run", "/tmp", "/boot", "/efi"};
    std::set<std::string> places;
    for (const auto& mount : world.mounts) {
        const bool skip =
            mount.target == "/" || !contains(stored, mount.type) || mount.source.starts_with(world.container + "/") ||
            mount.source.find('@') != std::string::npos ||
            std::any_of(apart.begin(), apart.end(), [&](const auto& one) { return zfs::lies_in(mount.target, one); });
        if (!skip) places.insert(mount.target);
    }
    return {places.begin(), places.end()};
}

Result<Inside> upgrade_inside(Host& host, const Prepared& prepared, const std::string& dataset,
                              const std::string& transaction, const packages::Packages& before) {
    KLD_CHECK(host.own_mounts());
    KLD_TRY(const auto made, host.runner.run({.argv = {"mktemp", "--directory", "/run/kldload-upgrade.XXXXXX"}}));
    const std::string place(trim(made.out));
    auto inside = [&]() -> Result<Inside> {
        KLD_CHECK(mount_all(host, prepared, dataset, place));
        bool made = false;
        KLD_CHECK(forbid_services(host, place, made));
        auto done = work(host, prepared, place, transaction, before);
        if (const auto allowed = allow_services(host, place, made); !allowed && done) return fail(allowed.error());
        return done;
    }();
    if (inside) {
        KLD_CHECK(unmount_all(host, place));
        return inside;
    }
    // What failed first is what is told.
    [[maybe_unused]] const auto unmounted = unmount_all(host, place);
    return inside;
}

}  // namespace kld::upgrade
