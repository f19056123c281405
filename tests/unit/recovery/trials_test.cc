// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/trials.h"

#include "boot/trial.h"
#include "pools.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

boot::Trial trial(std::uint64_t guid, unsigned left) {
    return {.sequence = 3, .pool_guid = guid, .dataset = "rpool/ROOT/new", .left = left, .allowed = 3};
}

/// A mirror: two partitions that are not mounted.
class Trials : public testing::Test {
protected:
    static EspPartition partition(const std::string& name) {
        return {.device = "/dev/" + name + "1", .disk = "/dev/" + name, .number = 1, .type = "vfat"};
    }
    void put(const std::string& name, const boot::Trial& record) {
        ASSERT_TRUE(boot::write_trial(files, "/" + name, record));
    }
    void expect_mount(const std::string& name) {
        runner.expect({"mktemp", "--directory", "/run/kldload-esp.XXXXXX"}, "/" + name + "\n");
        runner.expect({"mount", "-t", "vfat", "-o", "umask=0077", "/dev/" + name + "1", "/" + name});
        runner.expect({"umount", "/" + name});
        runner.expect({"rmdir", "/" + name});
    }
    Status end_after_activate(const Result<std::vector<EspPartition>>& partitions) {
        return end_trials_after(runner, files, events, "good", 7, partitions);
    }
    std::string on_trial(const std::string& name) { return boot::read_trial(files, "/" + name)->dataset; }
    const std::vector<EspPartition> both{partition("vdb"), partition("vdc")};
    test::FakeFiles files;
    test::ReplayRunner runner;
    test::CaptureEvents events;
};

TEST_F(Trials, OfThePoolEndOnAllPartitions) {
    for (const auto* name : {"vdb", "vdc"}) {
        put(name, trial(7, 2));
        expect_mount(name);
    }
    EXPECT_TRUE(end_after_activate(both).has_value());
    EXPECT_EQ(events.told, (Lines{"note rpool/ROOT/new is not on trial any more"}));
    for (const auto* name : {"vdb", "vdc"}) EXPECT_EQ(on_trial(name), "");
}

TEST_F(Trials, OfOthersAndThoseThatAreOverStay) {
    for (const auto& record : {trial(8, 2), trial(7, 0)}) {
        files.entries.clear();
        put("vdb", record);
        auto there = partition("vdb");
        there.place = "/vdb";
        auto without = partition("vdc");
        without.type.clear();
        EXPECT_TRUE(end_trials(runner, files, 7, {there, without}).datasets.empty());
        EXPECT_EQ(boot::read_trial(files, "/vdb"), record);
    }
}

TEST_F(Trials, APartitionThatCannotBeMountedDoesNotKeepTheOthers) {
    put("vdc", trial(7, 2));
    runner.expect({"mktemp", "--directory", "/run/kldload-esp.XXXXXX"}, "/vdb\n");
    runner.expect({"mount", "-t", "vfat", "-o", "umask=0077", "/dev/vdb1", "/vdb"}, {}, 32, "wrong fs type");
    runner.expect({"rmdir", "/vdb"});
    expect_mount("vdc");
    const auto done = end_after_activate(both);
    expect_refused(done, ExitCode::failed,
                   "good boots from now on, but on /dev/vdb1 whether another one is on trial is not known",
                   "krecovery esp");
    EXPECT_EQ(done.error().details.back(), "wrong fs type");
    EXPECT_EQ(on_trial("vdc"), "");
    EXPECT_EQ(events.told, (Lines{"note rpool/ROOT/new is not on trial any more"}));
}

TEST_F(Trials, OnesThatCannotBeEndedAreNamed) {
    for (const auto* name : {"vdb", "vdc"}) {
        put(name, trial(7, 2));
        expect_mount(name);
    }
    for (const auto* slot : boot::kTrialSlots) {
        const auto path = std::string("/vdb/") + slot;
        if (!files.exists(path)) files.broken[path] = Error{"cannot write " + path + ": Read-only file system"};
    }
    const auto done = end_after_activate(both);
    expect_refused(done, ExitCode::failed,
                   "good boots from now on, but on /dev/vdb1 the trial of rpool/ROOT/new could not be ended",
                   "activate again");
    EXPECT_NE(done.error().details.at(0).find("Read-only file system"), std::string::npos);
    EXPECT_EQ(on_trial("vdb"), "rpool/ROOT/new");
    EXPECT_EQ(on_trial("vdc"), "");
}

TEST_F(Trials, ARecordThatCannotBeReadIsNoTrialThatIsNotThere) {
    put("vdb", trial(7, 2));
    expect_mount("vdb");
    for (const auto* slot : boot::kTrialSlots)
        files.broken[std::string("/vdb/") + slot] = Error{"cannot read it: Input/output error"};
    expect_refused(end_after_activate(std::vector{both[0]}), ExitCode::failed, "whether another one is on trial",
                   "krecovery esp");
}

TEST_F(Trials, WithoutAPartitionAreAWarning) {
    EXPECT_TRUE(end_after_activate(fail("there is no EFI system partition on the disks of /dev/vdb2")).has_value());
    EXPECT_EQ(events.told, (Lines{"warning there is no EFI system partition on the disks of /dev/vdb2: whether another "
                                  "one is on trial is not known"}));
}

}  // namespace
}  // namespace kld::recovery
