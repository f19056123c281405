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
    {
        SCOPED_TRACE("what is old goes by itself, by the unit as it is shipped");
        EXPECT_EQ(answer(shell, "systemctl is-enabled kldload-prune.timer"), "enabled");
        // As old as the rules want it, without waiting for a month: the clock is what is changed. No other timer may
        // hold the pool's lock then.
        answer(shell, R"sh(set -e
systemctl stop chrony kldload-prune.timer kldload-snapshots@hourly.timer kldload-snapshots@weekly.timer
for i in $(seq 12); do zfs snapshot -o org.kldload:reason=kpkg rpool/ROOT/default@kpkg-$i; done
for i in 1 2 3 4 5; do
	zfs snapshot -o org.kldload:reason=kupgrade rpool/ROOT/default@pre-$i
	zfs clone -o canmount=noauto -o mountpoint=/ -o org.kldload:reason=kupgrade rpool/ROOT/default@pre-$i rpool/ROOT/pre-$i
	sleep 1
done
systemctl start kldload-prune.service)sh");
        const auto left = [&] {
            return answer(shell,
                          "zfs list -H -o name -t snapshot rpool/ROOT/default | grep -c @kpkg-; "
                          "zfs list -H -o name -r rpool/ROOT | grep /pre- | tr '\n' ' '");
        };
        EXPECT_EQ(left(), "12\nrpool/ROOT/pre-1 rpool/ROOT/pre-2 rpool/ROOT/pre-3 rpool/ROOT/pre-4 rpool/ROOT/pre-5")
            << "all are young";
        answer(shell, "date -s '+31 days' >/dev/null; systemctl start kldload-prune.service");
        EXPECT_EQ(left(), "10\nrpool/ROOT/pre-3 rpool/ROOT/pre-4 rpool/ROOT/pre-5");
        EXPECT_EQ(
            answer(shell,
                   "zfs list -H -o name -t snapshot rpool/ROOT/default | grep -e @kpkg-[12]$ -e @pre-[12]$ || true"),
            "");
        EXPECT_EQ(with("mine"), "rpool/home") << "what a person made is not looked at";
    }
    KLD_ASSERT_OK(guest->shut_down_by_ssh());
}

}  // namespace
}  // namespace kld::test
