// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/leave.h"

#include <filesystem>

#include "pools.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

const ImportedPool kPatient{
    .name = "rpool-123456", .guid = 4000000123456, .health = "ONLINE", .altroot = "/run/krecovery/rpool-123456"};
const std::vector<std::string> kTidy{"find",   "/run/krecovery/rpool-123456", "-xdev", "-depth", "-type", "d", "-empty",
                                     "-delete"};

TEST(Export, LeavesNothingMountedOrImported) {
    EXPECT_EQ(commands(plan_export(kPatient, {{"rpool/ROOT/default", "/", "zfs"},
                                              {"rpool-123456/ROOT/a", "/run/krecovery/rpool-123456", "zfs"},
                                              {"/dev/vdb1", "/run/krecovery/rpool-123456/boot/efi", "vfat"},
                                              {"rpool-123456/home@x", "/tmp/my home", "zfs"},
                                              {"rpool-1234567/x", "/x", "zfs"},
                                              {"rpool-123456", "/y", "tmpfs"}})),
              (Lines{"umount '/tmp/my home'", "umount /run/krecovery/rpool-123456/boot/efi",
                     "umount /run/krecovery/rpool-123456", "zpool export rpool-123456"}));
    EXPECT_EQ(commands(plan_tidy(kPatient)), (Lines{shell_line(kTidy)}));
}

TEST(Export, KeepsADirectoryThatAPersonNamed) {
    auto pool = kPatient;
    pool.altroot = "/mnt";
    EXPECT_EQ(commands(plan_tidy(pool)), Lines{});
    test::ReplayRunner runner;
    test::FakeFiles files;
    ASSERT_TRUE(files.make_directories("/mnt/home"));
    test::CaptureEvents events;
    runner.expect({"zpool", "export", "rpool-123456"});
    EXPECT_TRUE(leave(runner, files, events, pool, {}).has_value());
    EXPECT_EQ(events.told.back(), "warning /mnt is not empty: krecovery import does not take it again before it is");
}

TEST(Export, OfAPoolThatIsInUseSaysHowToFindByWhom) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    test::CaptureEvents events;
    runner.expect({"zpool", "export", "rpool-123456"}, {}, 1, "cannot export 'rpool-123456': pool is busy");
    const auto done = leave(runner, files, events, kPatient, {});
    expect_refused(done, ExitCode::failed, "cannot export rpool-123456", "fuser -vm /run/krecovery/rpool-123456");
    EXPECT_EQ(done.error().details[1], "cannot export 'rpool-123456': pool is busy");
}

TEST(Export, OnceItIsDoneADirectoryThatStaysIsNoFailure) {
    test::ReplayRunner runner;
    test::FakeFiles files;
    files.entries[kPatient.altroot + "/letter"] = {};
    test::CaptureEvents events;
    runner.expect({"zpool", "export", "rpool-123456"});
    runner.expect(kTidy, {}, 1, "Device or resource busy");
    EXPECT_TRUE(leave(runner, files, events, kPatient, {}).has_value());
    ASSERT_GE(events.told.size(), 2U);
    EXPECT_NE(events.told[events.told.size() - 2].find("warning cannot remove /run/krecovery/rpool-123456"),
              std::string::npos);
    EXPECT_NE(events.told.back().find("is not empty"), std::string::npos);
}

TEST(Export, TakesEmptyDirectoriesAndNothingElse) {
    const auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory.has_value());
    const auto run_in = [&](const std::string& place) {
        auto argv = kTidy;
        argv[1] = place;
        const auto done = ProcessRunner().run({.argv = argv});
        EXPECT_TRUE(done.has_value()) << render(done.error());
    };
    RealFiles files;
    const auto bare = directory->path() + "/bare", kept = directory->path() + "/kept";
    ASSERT_TRUE(files.make_directories(bare + "/var/log"));
    ASSERT_TRUE(files.make_directories(bare + "/home"));
    run_in(bare);
    EXPECT_FALSE(files.exists(bare));
    ASSERT_TRUE(files.make_directories(kept + "/var/log"));
    ASSERT_TRUE(files.make_directories(kept + "/home"));
    ASSERT_TRUE(files.write(kept + "/home/letter", ""));
    run_in(kept);
    EXPECT_TRUE(files.exists(kept + "/home/letter"));
    EXPECT_FALSE(files.exists(kept + "/var"));
}

}  // namespace
}  // namespace kld::recovery
