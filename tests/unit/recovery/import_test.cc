// SPDX-License-Identifier: BSD-3-Clause
// What bringing a pool in would do, and what it refuses.
#include "recovery/import.h"

#include "pools.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

const std::vector<zfs::Mount> kMounts{{"rpool/ROOT/default", "/", "zfs"}, {"tmpfs", "/run", "tmpfs"}};

Result<zfs::Plan> plan_of(const Scene& scene, const ImportWish& wish, const Place& place = {}) {
    return plan_import(scene, wish, place, kMounts);
}

TEST(Import, BringsAPoolInByItsGuidAndMountsNothing) {
    const auto plan = plan_of(scene_of({seen("tank", 77)}), {.pool = "tank"});
    EXPECT_EQ(commands(plan), (Lines{"mkdir -p -m 0700 /run/krecovery/tank",
                                     "zpool import -N -R /run/krecovery/tank -d /dev/vdb2 77"}));
    EXPECT_EQ(shell_line(plan->steps[0].undo), "rmdir /run/krecovery/tank");
    EXPECT_EQ(shell_line(plan->steps[1].undo), "zpool export tank");
    EXPECT_TRUE(plan->warnings.empty());
}

TEST(Import, OfAPoolWhoseNameIsTakenGivesItATemporaryOne) {
    const auto scene = scene_of({running("rpool", 5), seen("rpool", 4000000123456)});
    EXPECT_EQ(commands(plan_of(scene, {.pool = "4000000123456"})),
              (Lines{"mkdir -p -m 0700 /run/krecovery/rpool-123456",
                     "zpool import -N -R /run/krecovery/rpool-123456 -d /dev/vdb2 -t 4000000123456 rpool-123456"}));
    const auto chosen = plan_of(scene, {.pool = "4000000123456", .name = "old pool"});
    EXPECT_EQ(commands(chosen)[1],
              "zpool import -N -R /run/krecovery/old_pool -d /dev/vdb2 -t 4000000123456 'old pool'");
    EXPECT_EQ(shell_line(chosen->steps[1].undo), "zpool export 'old pool'");
}

TEST(Import, KeepsNamesWithBlanks) {
    auto pool = seen("my pool", 77);
    pool.label.devices = {"/dev/sdb1", "/dev/sdc1"};
    EXPECT_EQ(commands(plan_of(scene_of({pool}), {.pool = "my pool", .altroot = "/mnt/my place/"},
                               {FileKind::directory, true})),
              (Lines{"zpool import -N -R '/mnt/my place' -d /dev/sdb1 -d /dev/sdc1 77"}));
}

TEST(Import, ForReadingWritesNothing) {
    EXPECT_EQ(commands(plan_of(scene_of({seen("tank", 77)}), {.pool = "77", .altroot = "/mnt", .readonly = true})),
              (Lines{"mkdir -p -m 0700 /mnt", "zpool import -N -R /mnt -o readonly=on -d /dev/vdb2 77"}));
}

TEST(Import, OfAPoolThatIsNotThereSaysWhichAre) {
    expect_refused(plan_of(scene_of({seen("tank", 77)}), {.pool = "rpool"}), ExitCode::usage, "no pool rpool",
                   "there are: tank (77)");
    expect_refused(plan_of(scene_of({}), {.pool = "rpool"}), ExitCode::usage, "no pool rpool", "disks attached");
}

TEST(Import, OfOneOfTwoNamesakesWantsTheGuid) {
    expect_refused(plan_of(scene_of({running("rpool", 5), seen("rpool", 6)}), {.pool = "rpool"}), ExitCode::usage,
                   "2 pools are called rpool", "5 (this system's own), 6");
}

TEST(Import, NeverTouchesWhatIsImported) {
    const auto own = scene_of({running("rpool", 5)});
    expect_refused(plan_of(own, {.pool = "rpool"}), ExitCode::refused, "is the pool that this system runs from", "kbe");
    expect_refused(plan_of(own, {.pool = "5", .force = true}), ExitCode::refused, "that this system runs from", "copy");
    auto pool = seen("tank", 77);
    pool.imported = ImportedPool{.name = "tank-x", .guid = 77, .health = "ONLINE", .altroot = "/mnt"};
    expect_refused(plan_of(scene_of({pool}), {.pool = "tank"}), ExitCode::refused,
                   "imported already, as tank-x at /mnt", "krecovery list");
    pool.imported->altroot.clear();
    expect_refused(plan_of(scene_of({pool}), {.pool = "tank"}), ExitCode::refused, "imported already, as tank-x",
                   "zpool export tank-x");
}

TEST(Import, OfAPoolThatAnotherSystemUsedLastIsForcedByAPersonAlone) {
    auto pool = seen("tank", 77);
    pool.label.state = menu::PoolState::active;
    const auto refused = plan_of(scene_of({pool}), {.pool = "tank"});
    expect_refused(
        refused, ExitCode::refused,
        "another system, web1 (hostid 00000022), which wrote on " + local_time(1795751820) + ", and not exported",
        "--force");
    const auto forced = plan_of(scene_of({pool}), {.pool = "tank", .force = true});
    EXPECT_EQ(commands(forced)[1], "zpool import -N -R /run/krecovery/tank -f -d /dev/vdb2 77");
    EXPECT_EQ(forced->warnings, (Lines{"web1 had it last: it must not run now"}));
    // A system that went down while it had the pool, and is this one.
    pool.label.hostid = kOwnHostid;
    EXPECT_TRUE(plan_of(scene_of({pool}), {.pool = "tank"}).has_value());
    pool.label.hostid = 0;
    EXPECT_TRUE(plan_of(scene_of({pool}), {.pool = "tank"}).has_value()) << "a label without a hostid";
}

TEST(Import, OfAPoolWithFeaturesFromTheFutureSaysWhich) {
    auto pool = seen("tank", 77);
    pool.offer = {"tank", 77, "UNAVAIL", "uses feature(s) not supported: org.x:y", "Access it on a system that does."};
    const auto refused = plan_of(scene_of({pool}), {.pool = "tank", .force = true});
    expect_refused(refused, ExitCode::refused, "its state is UNAVAIL", "newer OpenZFS");
    EXPECT_EQ(refused.error().details,
              (Lines{"uses feature(s) not supported: org.x:y", "Access it on a system that does."}));
}

TEST(Import, OfAPoolThatMayOnlyBeReadSaysSo) {
    auto pool = seen("tank", 77);
    pool.offer.action = "Import the pool with \"-o readonly=on\", or …";
    expect_refused(plan_of(scene_of({pool}), {.pool = "tank"}), ExitCode::refused,
                   "cannot be imported here for writing", "--read-only");
    EXPECT_TRUE(plan_of(scene_of({pool}), {.pool = "tank", .readonly = true}).has_value());
}

TEST(Import, OfAPoolThatLacksDevices) {
    auto pool = seen("tank", 77);
    pool.label.missing = 1;
    pool.offer.state = "DEGRADED";
    EXPECT_EQ(plan_of(scene_of({pool}), {.pool = "tank"})->warnings, (Lines{"1 of its devices are not there"}));
    pool.offer.state = "UNAVAIL";
    expect_refused(plan_of(scene_of({pool}), {.pool = "tank"}), ExitCode::refused, "its state is UNAVAIL",
                   "1 of its devices are not there: attach them");
}

TEST(Import, ToADirectoryThatIsNobodysElse) {
    const auto scene = scene_of({seen("tank", 77)});
    for (const auto* bad : {"mnt", "/", "/mnt/../home"})
        expect_refused(plan_of(scene, {.pool = "77", .altroot = bad}), ExitCode::usage, "is no directory for a pool",
                       "--altroot");
    expect_refused(plan_of(scene, {.pool = "77", .altroot = "/mnt"}, {FileKind::directory, false}), ExitCode::refused,
                   "/mnt is not empty", "--altroot");
    expect_refused(plan_of(scene, {.pool = "77", .altroot = "/mnt"}, {FileKind::regular, true}), ExitCode::refused,
                   "/mnt is no directory", "--altroot");
    expect_refused(plan_import(scene, {.pool = "77", .altroot = "/mnt"}, {FileKind::directory, true},
                               {{"/dev/sdc1", "/mnt/disk", "ext4"}}),
                   ExitCode::refused, "/dev/sdc1 is mounted on /mnt/disk", "umount /mnt/disk");
    expect_refused(plan_of(scene, {.pool = "77", .altroot = "/run"}, {FileKind::directory, true}), ExitCode::refused,
                   "tmpfs is mounted on /run", "umount /run");
}

TEST(Import, UnderANameThatIsFreeAndThatZfsTakes) {
    const auto scene = scene_of({running("rpool", 5), seen("tank", 77)});
    expect_refused(plan_of(scene, {.pool = "tank", .name = "rpool"}), ExitCode::refused, "another pool is called rpool",
                   "--name");
    expect_refused(plan_of(scene, {.pool = "tank", .name = "a/b"}), ExitCode::usage, "a/b", "");
}

TEST(Import, LooksAtThePlaceFirst) {
    test::FakeFiles files;
    EXPECT_EQ(look_at_place(files, "/mnt")->kind, FileKind::none);
    ASSERT_TRUE(files.make_directories("/mnt"));
    EXPECT_TRUE(look_at_place(files, "/mnt")->empty);
    files.entries["/mnt/letter"] = {};
    EXPECT_FALSE(look_at_place(files, "/mnt")->empty);
    EXPECT_EQ(look_at_place(files, "/mnt/letter")->kind, FileKind::regular);
}

TEST(Import, KnowsTheDirectoriesThatItMakes) {
    EXPECT_TRUE(is_own_place("/run/krecovery/rpool"));
    for (const auto* other :
         {"", "/mnt", "/run/krecovery", "/run/krecovery/", "/run/krecovery/../..", "/run/krecovery2/rpool"})
        EXPECT_FALSE(is_own_place(other)) << other;
}

}  // namespace
}  // namespace kld::recovery
