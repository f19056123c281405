// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/system_checks.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "vm/support/images.h"

namespace kld::test {
namespace {

void expect_mounts(const RootShell& shell, const std::string& dataset) {
    const auto pool = dataset.substr(0, dataset.find('/'));
    const std::set<std::string> wanted{dataset + " /",
                                       pool + "/home /home",
                                       pool + "/root /root",
                                       pool + "/srv /srv",
                                       pool + "/var/cache /var/cache",
                                       pool + "/var/log /var/log",
                                       pool + "/var/tmp /var/tmp"};
    std::set<std::string> mounted;
    for (const auto& line : lines(answer(shell, "awk '$3 == \"zfs\" { print $1, $2 }' /proc/mounts")))
        mounted.insert(std::string(trim(line)));
    EXPECT_EQ(mounted, wanted);
    EXPECT_NE(answer(shell, "findmnt -n -o FSTYPE /boot/efi").find("vfat"), std::string::npos);
}

void expect_log_before_journal(const RootShell& shell) {
    const auto mounted = parse_number(answer(shell, "systemctl show -P ActiveEnterTimestampMonotonic var-log.mount"));
    const auto first = parse_number(answer(shell,
                                           "journalctl -b -o json --no-pager | head -n 1 | grep -o "
                                           "'\"__MONOTONIC_TIMESTAMP\" *: *\"[0-9]*\"' | tr -dc 0-9"));
    ASSERT_TRUE(mounted.has_value());
    ASSERT_TRUE(first.has_value());
    EXPECT_LT(*mounted, *first) << "microseconds: /var/log was mounted after the journal's first line";
}

void expect_one_hostid(const RootShell& shell) {
    const auto running = answer(shell, "cat /sys/module/spl/parameters/spl_hostid");
    const auto file = answer(shell, "od -An -tu4 /etc/hostid");
    EXPECT_EQ(running, file);
    // 0x6b6c6431: what an image has before its first boot.
    EXPECT_NE(file, "1802265649");
    EXPECT_NE(file, "0");
}

}  // namespace

void expect_healthy(const RootShell& shell, const std::string& dataset) {
    EXPECT_EQ(answer(shell, "systemctl is-system-running --wait || true"), "running")
        << answer(shell, "systemctl --failed --no-legend --plain");
    EXPECT_EQ(answer(shell, "systemctl --failed --no-legend --plain"), "");
    EXPECT_EQ(answer(shell, "zpool status -x"), "all pools are healthy") << answer(shell, "zpool status");
    expect_mounts(shell, dataset);
    expect_log_before_journal(shell);
    expect_one_hostid(shell);
    EXPECT_EQ(answer(shell, "test -e /var/lib/kldload/first-boot && echo pending || echo over"), "over");
    EXPECT_EQ(answer(shell, "test -e /etc/zfs/zpool.cache && echo there || echo none"), "none");
}

void expect_stock(const RootShell& shell) {
    // The stated allow-list: ZPOOL_IMPORT_OPTS in a configuration file.
    EXPECT_EQ(answer(shell, "dpkg --verify | grep -v ' /etc/default/zfs$' || true"), "");
}

}  // namespace kld::test
