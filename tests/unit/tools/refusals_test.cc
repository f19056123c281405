// SPDX-License-Identifier: BSD-3-Clause
// What ksnap and kupgrade do not do.
#include "machine.h"

namespace kld::cmd {
namespace {

using Refusals = Machine;

TEST_F(Refusals, ARestartIsForARootAlone) {
    runner.answers["zfs get -Hp -d 1 -t snapshot,bookmark "].out = "rpool/srv@s\tcreatetxg\t9\t-\n";
    runner.answers["zfs get -Hp -t filesystem,volume "].out =
        "rpool/srv\ttype\tfilesystem\t-\nrpool/srv\tmountpoint\t/srv\tlocal\n";
    runner.answers["zpool get -Hp -o property,value all rpool"].out = "bootfs\trpool/ROOT/default\n";
    expect_refused({"ksnap", "rollback", "--now", "--yes", "rpool/srv@s"}, ExitCode::usage,
                   "rpool/srv is rolled back in place, and needs no restart", "leave out --now");
    EXPECT_EQ(runner.count("zfs rollback") + runner.count("systemctl"), 0U);
}

TEST_F(Refusals, AnUpgradeWithoutAWayBack) {
    files.entries["/proc/self/mountinfo"] = {"25 1 254:2 / / rw,relatime - ext4 /dev/vda2 rw\n"};
    for (const auto& words : {std::vector<std::string>{"kupgrade", "--yes"},
                              std::vector<std::string>{"kupgrade", "--staged", "--dry-run", "--json"}})
        expect_refused(words, ExitCode::refused, "the root file system is not ZFS", "kpkg upgrade --force-no-snapshot");
    EXPECT_TRUE(runner.ran.empty()) << runner.ran.front();
    EXPECT_TRUE(on_terminal.empty());
}

}  // namespace
}  // namespace kld::cmd
