// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/efibootmgr.h"

#include "pools.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

class Efibootmgr : public testing::Test {
protected:
    Result<std::vector<std::string>> find() {
        return find_efibootmgr(runner, files,
                               {.pool = {.name = "tank", .guid = 7, .health = "ONLINE", .altroot = "/mnt"},
                                .environment = "tank/ROOT/a",
                                .datasets = {},
                                .partitions = {}},
                               "/usr/sbin:/usr/bin");
    }
    void expect_root() { runner.expect({"mount", "-t", "zfs", "-o", "zfsutil,ro", "tank/ROOT/a", "/mnt"}); }
    test::ReplayRunner runner;
    test::FakeFiles files;
};

TEST_F(Efibootmgr, OfThisSystemComesFirst) {
    files.entries["/usr/bin/efibootmgr"] = {};
    files.entries["/mnt/usr/bin/efibootmgr"] = {};
    EXPECT_EQ(find().value(), Lines{});
    EXPECT_TRUE(runner.ran.empty());
}

TEST_F(Efibootmgr, OfTheEnvironmentRunsInItsRoot) {
    files.entries["/mnt/usr/bin/efibootmgr"] = {};
    expect_root();
    for (const std::string shared : {"/dev", "/proc", "/sys"})
        runner.expect({"mount", "--rbind", shared, "/mnt" + shared});
    runner.expect({"mount", "-t", "tmpfs", "-o", "mode=0755,nosuid,nodev", "tmpfs", "/mnt/run"});
    EXPECT_EQ(find().value(), (Lines{"chroot", "/mnt"}));
}

TEST_F(Efibootmgr, OfAnEnvironmentThatHasNoDevicesIsNotRun) {
    files.entries["/mnt/usr/bin/efibootmgr"] = {};
    expect_root();
    runner.expect({"mount", "--rbind", "/dev", "/mnt/dev"}, {}, 32, "mount point does not exist");
    const auto found = find();
    ASSERT_FALSE(found.has_value());
    EXPECT_NE(found.error().message.find("cannot mount /dev on /mnt/dev"), std::string::npos);
}

TEST_F(Efibootmgr, IsMissedWithAWayOut) {
    expect_root();
    expect_refused(find(), ExitCode::refused, "neither this system nor tank/ROOT/a has efibootmgr", "BOOTX64.EFI");
}

}  // namespace
}  // namespace kld::recovery
