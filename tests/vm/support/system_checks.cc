// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/system_checks.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "vm/support/images.h"

namespace kld::test {
namespace {

void expect_mounts(const std::string& zfs_mounts, const std::string& dataset) {
    const auto pool = dataset.substr(0, dataset.find('/'));
    const std::set<std::string> wanted{dataset + " /",
                                       pool + "/home /home",
                                       pool + "/root /root",
                                       pool + "/srv /srv",
                                       pool + "/var/cache /var/cache",
                                       pool + "/var/log /var/log",
                                       pool + "/var/tmp /var/tmp"};
    std::set<std::string> mounted;
    for (const auto& line : lines(zfs_mounts)) mounted.insert(std::string(trim(line)));
    EXPECT_EQ(mounted, wanted);
}

/// Times are microseconds since the kernel started.
void expect_log_before_journal(const std::string& mounted, const std::string& first, const std::string& flushed,
                               const std::string& initramfs_systemd) {
    const auto log = parse_number(mounted), line = parse_number(first), disk = parse_number(flushed);
    ASSERT_TRUE(log.has_value()) << mounted;
    ASSERT_TRUE(line.has_value()) << first;
    ASSERT_TRUE(disk.has_value()) << flushed;
    EXPECT_LT(*log, *disk) << "/var/log was mounted after the journal went to disk";
    // Where systemd runs in the initramfs, its journal begins there, in memory.
    if (initramfs_systemd == "0") {
        EXPECT_LT(*log, *line) << "/var/log was mounted after the journal's first line";
    }
}

}  // namespace

void expect_healthy(const RootShell& shell, const std::string& dataset) {
    enum Question {
        kSystem,
        kUnits,
        kPools,
        kMounts,
        kEsp,
        kLog,
        kJournal,
        kFlush,
        kInitramfs,
        kHidden,
        kRunningHostid,
        kHostid,
        kMarker,
        kCache
    };
    const auto told = answers(
        shell, {"systemctl is-system-running --wait || true", "systemctl --failed --no-legend --plain",
                "zpool status -x", "awk '$3 == \"zfs\" { print $1, $2 }' /proc/mounts",
                "findmnt -n -o FSTYPE /boot/efi", "systemctl show -P ActiveEnterTimestampMonotonic var-log.mount",
                "journalctl -b -o json --no-pager | head -n 1 | grep -o "
                "'\"__MONOTONIC_TIMESTAMP\" *: *\"[0-9]*\"' | tr -dc 0-9",
                "systemctl show -P ExecMainStartTimestampMonotonic systemd-journal-flush.service",
                "systemctl show -P InitRDTimestampMonotonic",
                "mkdir -p /run/below && mount --bind / /run/below && find /run/below/var/log /run/below/home "
                "-mindepth 1; umount /run/below",
                "cat /sys/module/spl/parameters/spl_hostid", "od -An -tu4 /etc/hostid",
                "test -e /var/lib/kldload/first-boot && echo pending || echo over",
                "test -e /etc/zfs/zpool.cache && echo there || echo none"});
    EXPECT_EQ(told[kSystem], "running") << told[kUnits];
    EXPECT_EQ(told[kUnits], "");
    EXPECT_EQ(told[kPools], "all pools are healthy");
    expect_mounts(told[kMounts], dataset);
    EXPECT_NE(told[kEsp].find("vfat"), std::string::npos);
    expect_log_before_journal(told[kLog], told[kJournal], told[kFlush], told[kInitramfs]);
    EXPECT_EQ(told[kHidden], "") << "below a mount point";
    EXPECT_EQ(told[kRunningHostid], told[kHostid]);
    // 0x6b6c6431: what an image has before its first boot.
    EXPECT_NE(told[kHostid], "1802265649");
    EXPECT_NE(told[kHostid], "0");
    EXPECT_EQ(told[kMarker], "over");
    EXPECT_EQ(told[kCache], "none");
}

void expect_grown(const RootShell& shell) {
    const auto bytes = parse_number(answer(shell, "zpool list -H -p -o size rpool"));
    ASSERT_TRUE(bytes.has_value());
    EXPECT_GT(*bytes, 18ULL << 30) << "the pool did not grow to the disk of 20 GiB";
}

std::vector<std::string> identities(const RootShell& shell, const std::string& pool) {
    std::vector<std::string> all;
    for (const auto& command :
         {"cat /etc/machine-id", "od -An -tx4 /etc/hostid", "cat /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2",
          "cat /etc/ssh/ssh_host_rsa_key.pub | cut -d' ' -f2", "lsblk -n -d -o PTUUID /dev/vda",
          "lsblk -n -o PARTUUID /dev/vda1", "lsblk -n -o PARTUUID /dev/vda2", "lsblk -n -o UUID /dev/vda1"})
        all.push_back(answer(shell, command));
    all.push_back(answer(shell, "zpool get -H -o value guid " + pool));
    return all;
}

void expect_stock(const RootShell& shell) {
    // The stated allow-list: ZPOOL_IMPORT_OPTS in a configuration file.
    EXPECT_EQ(answer(shell, "dpkg --verify | grep -v ' /etc/default/zfs$' || true"), "");
}

}  // namespace kld::test
