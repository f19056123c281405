// SPDX-License-Identifier: BSD-3-Clause
// Snapshots on schedule: sanoid by the policy that the first start wrote, and our own timers where there is no sanoid.
#include <gtest/gtest.h>

#include "base/text.h"
#include "vm/support/tools_machine.h"

namespace kld::test {
namespace {

class Snapshots : public ToolsMachine {
protected:
    void SetUp() override { set_up("debian-13-server-snapshots"); }
    /// The datasets that have a snapshot whose name contains this.
    std::string with(const std::string& name) {
        return answer(shell, "zfs list -H -t snapshot -o name | grep -e '@.*" + name + "' | cut -d@ -f1 | sort");
    }
};

const std::string kData = "rpool/home\nrpool/root\nrpool/srv\nrpool/var/log";

TEST_F(Snapshots, AreMadeByThePolicyAndNotOfWhatIsThrownAway) {
    ASSERT_NO_FATAL_FAILURE(boot());
    EXPECT_EQ(answer(shell, "systemctl is-enabled sanoid.timer kldload-snapshots@hourly.timer || true"),
              "enabled\ndisabled");
    {
        SCOPED_TRACE("sanoid");
        answer(shell, "systemctl start kldload-snapshot-policy.service sanoid.service");
        EXPECT_EQ(answer(shell, "ksnap policy | diff - /etc/sanoid/sanoid.conf"), "");
        EXPECT_EQ(with("_hourly"), kData);
        EXPECT_EQ(with("_daily"), "rpool/ROOT/default\n" + kData);
        answer(shell, "systemctl stop sanoid.timer; zfs list -H -t snapshot -o name | xargs -n 1 zfs destroy");
    }
    SCOPED_TRACE("our own");
    // Both at once, as at midnight of the first of a month: one waits for the other.
    answer(shell, "systemctl start kldload-snapshots@hourly.service kldload-snapshots@monthly.service");
    EXPECT_EQ(with("auto-hourly-"), kData);
    EXPECT_EQ(with("auto-monthly-"), "rpool/ROOT/default\n" + kData);
    // A second round is a second snapshot, and six months later the first one goes.
    answer(shell,
           "zfs snapshot -o org.kldload:reason=ksnap rpool/home@mine; "
           "for i in 1 2 3 4 5 6; do ksnap scheduled monthly >/dev/null; done");
    EXPECT_EQ(answer(shell, "zfs list -H -t snapshot -o name rpool/home | grep -c auto-monthly-"), "6");
    EXPECT_EQ(answer(shell, "zfs list -H -t snapshot -o name rpool/ROOT/default | grep -c auto-monthly-"), "3");
    EXPECT_EQ(with("mine"), "rpool/home");
    expect_said("ksnap scheduled fortnightly", "there are hourly, daily, weekly, monthly");
    answer(shell, "systemctl enable --now kldload-snapshots@hourly.timer kldload-snapshots@weekly.timer");
    EXPECT_EQ(words(answer(shell, "systemctl show -P NextElapseUSecRealtime kldload-snapshots@weekly.timer"))[0],
              "Mon");
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
