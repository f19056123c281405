// SPDX-License-Identifier: BSD-3-Clause
// Boot files that are written again, and trials that end.
#include "recovery/boot_files.h"

#include <algorithm>

#include "boot/trial.h"
#include "pools.h"
#include "recovery/trials.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

// Its free space is asked for.
constexpr const char* kPlace = "/tmp";
constexpr const char* kPackage = "/root/usr/lib/kldload/esp";

EspPartition partition() {
    return {.device = "/dev/vdb1",
            .disk = "/dev/vdb",
            .number = 1,
            .type = "vfat",
            .uuid = "12AB-34CD",
            .partuuid = "aaaa-1"};
}

test::FakeFiles package() {
    test::FakeFiles files;
    for (const auto& path : esp::kBootFiles) files.entries[std::string(kPackage) + "/" + path] = {"MZ of " + path};
    return files;
}

void expect_mount(test::ReplayRunner& runner, const std::string& options) {
    runner.expect({"mktemp", "--directory", "/run/kldload-esp.XXXXXX"}, std::string(kPlace) + "\n");
    runner.expect({"mount", "-t", "vfat", "-o", options, "/dev/vdb1", kPlace});
}
void expect_unmount(test::ReplayRunner& runner) {
    runner.expect({"umount", kPlace});
    runner.expect({"rmdir", kPlace});
}

Lines texts(const Repair& work) {
    Lines all;
    for (const auto& step : work.steps) all.push_back(step.text);
    return all;
}

TEST(BootFiles, ComeFromTheEnvironmentsPackage) {
    auto files = package();
    EXPECT_EQ(boot_package(files, "/root", "rpool/ROOT/a", "").value(), kPackage);
    EXPECT_EQ(boot_package(files, "/elsewhere", "rpool/ROOT/a", kPackage).value(), kPackage);
    expect_refused(boot_package(files, "/elsewhere", "rpool/ROOT/a", ""), ExitCode::refused,
                   "rpool/ROOT/a has no boot files of its own", "by the same builder");
    expect_refused(boot_package(files, "/root", "rpool/ROOT/a", "/my files"), ExitCode::usage,
                   "/my files is no directory", "EFI/BOOT/BOOTX64.EFI");
}

TEST(BootFiles, OfTheRescueSystemAreNotTakenUnasked) {
    test::FakeFiles files;
    for (const auto& path : esp::kBootFiles) {
        expect_refused(boot_package(files, "/root", "rpool/ROOT/a", ""), ExitCode::refused, "no boot files of its own",
                       "--from DIRECTORY");
        files.entries["/boot/efi/" + path] = {};
    }
    expect_refused(boot_package(files, "/root", "rpool/ROOT/a", ""), ExitCode::refused, "no boot files of its own",
                   "--from /boot/efi takes those of this system");
}

TEST(BootFiles, AreNotWrittenWhereTheyWouldDoHarm) {
    auto bad = partition();
    bad.place = "/my esp";
    expect_refused(expect_repairable(bad, {}), ExitCode::refused, "/dev/vdb1 is mounted on /my esp",
                   "umount '/my esp'");
    bad = partition();
    bad.type.clear();
    expect_refused(expect_repairable(bad, {}), ExitCode::refused, "/dev/vdb1 has no FAT", "--format");
    bad.type = "ext4";
    expect_refused(expect_repairable(bad, {}), ExitCode::refused, "a file system of the type ext4", "is lost");
    RepairWish format;
    format.format = true;
    EXPECT_TRUE(expect_repairable(bad, format).has_value());
}

TEST(BootFiles, ADryRunMountsForReading) {
    auto files = package();
    files.entries["/tmp/EFI/BOOT/grubx64.efi"] = {"MZ of EFI/BOOT/grubx64.efi"};
    test::ReplayRunner runner;
    expect_mount(runner, "umask=0077,ro");
    expect_unmount(runner);
    RepairWish wish{.package = kPackage};
    wish.dry_run = true;
    const auto work = look_at_partition(runner, files, partition(), wish);
    ASSERT_TRUE(work.has_value()) << render(work.error());
    EXPECT_EQ(texts(*work).size(), 9U) << "three files: written, compared, put in place";
    EXPECT_EQ(texts(*work).back(), "put in place EFI/BOOT/BOOTX64.EFI");
}

TEST(BootFiles, AreWrittenOnceTheFatIsChecked) {
    auto files = package();
    const char* path = std::getenv("PATH");
    files.entries[split(path == nullptr ? "/usr/sbin" : path, ':').front() + "/fsck.vfat"] = {};
    test::ReplayRunner runner;
    expect_mount(runner, "umask=0077");
    {
        auto work = look_at_partition(runner, files, partition(), {.package = kPackage});
        ASSERT_TRUE(work.has_value()) << render(work.error());
        runner.expect({"umount", kPlace});
        runner.expect({"fsck.vfat", "-a", "/dev/vdb1"});
        runner.expect({"mount", "-t", "vfat", "-o", "umask=0077", "/dev/vdb1", kPlace});
        test::CaptureEvents events;
        ASSERT_TRUE(repair(runner, files, events, *work, {.package = kPackage}).has_value());
        EXPECT_EQ(events.told.front(), "stage check /dev/vdb1");
        for (const auto& file : esp::kBootFiles) EXPECT_EQ(files.entries.at("/tmp/" + file).bytes, "MZ of " + file);
        expect_unmount(runner);
    }
}

TEST(BootFiles, AreWrittenWithAWarningWhereNobodyChecksFat) {
    auto files = package();
    test::ReplayRunner runner;
    expect_mount(runner, "umask=0077");
    expect_unmount(runner);
    auto work = look_at_partition(runner, files, partition(), {.package = kPackage});
    ASSERT_TRUE(work.has_value()) << render(work.error());
    test::CaptureEvents events;
    ASSERT_TRUE(repair(runner, files, events, *work, {.package = kPackage}).has_value());
    EXPECT_EQ(events.told.front(),
              "warning there is no fsck.vfat here: /dev/vdb1 is not checked before it is written to");
    EXPECT_TRUE(files.entries.contains("/tmp/EFI/BOOT/BOOTX64.EFI"));
}

TEST(BootFiles, AFatIsMadeOnlyWhenItIsWanted) {
    auto files = package();
    auto empty = partition();
    empty.type.clear();
    RepairWish wish{.package = kPackage};
    wish.format = wish.dry_run = true;
    {
        test::ReplayRunner runner;
        const auto work = look_at_partition(runner, files, empty, wish);
        ASSERT_TRUE(work.has_value()) << render(work.error());
        EXPECT_EQ(work->steps.size(), 12U);
        EXPECT_TRUE(runner.ran.empty());
    }
    wish.dry_run = false;
    test::ReplayRunner runner;
    runner.expect({"mkfs.vfat", "-F", "32", "-n", "ESP", "/dev/vdb1"});
    expect_mount(runner, "umask=0077");
    expect_unmount(runner);
    const auto work = look_at_partition(runner, files, empty, wish);
    ASSERT_TRUE(work.has_value()) << render(work.error());
    EXPECT_EQ(work->partition.type, "vfat");
}

TEST(BootFiles, AreCheckedByTheRowsOfThePartition) {
    auto files = package();
    test::ReplayRunner runner;
    expect_mount(runner, "umask=0077");
    runner.expect({"zpool", "get", "-Hp", "-o", "property,value", "all", "tank"}, "guid\t7\nbootfs\ttank/ROOT/a\n");
    expect_unmount(runner);
    const auto work = look_at_partition(runner, files, partition(), {.package = kPackage});
    ASSERT_TRUE(work.has_value()) << render(work.error());
    const auto report = check_partition(runner, files, *work, {.name = "tank", .guid = 7, .health = "ONLINE"}, "/root",
                                        {"tank/ROOT/a", {{"mountpoint", {"/", "local"}}}});
    ASSERT_TRUE(report.has_value()) << render(report.error());
    Lines ids, failed;
    for (const auto& finding : report->findings) {
        if (ids.empty() || ids.back() != finding.id) ids.push_back(finding.id);
        if (finding.status == check::Status::fail) failed.push_back(finding.evidence);
    }
    EXPECT_EQ(ids, (Lines{"B22", "B23", "B24", "B25", "B27"}));
    EXPECT_NE(std::find(failed.begin(), failed.end(),
                        "no EFI/BOOT/BOOTX64.EFI: it boots only while the firmware remembers its entry"),
              failed.end())
        << join(failed, "\n");
}

boot::Trial trial(std::uint64_t guid, unsigned left) {
    return {.sequence = 3, .pool_guid = guid, .dataset = "rpool/ROOT/new", .left = left, .allowed = 3};
}

TEST(Trials, OfThePoolEnd) {
    test::FakeFiles files;
    ASSERT_TRUE(boot::write_trial(files, kPlace, trial(7, 2)));
    test::ReplayRunner runner;
    expect_mount(runner, "umask=0077");
    expect_unmount(runner);
    EXPECT_EQ(end_trials(runner, files, 7, {partition()}).value(), (Lines{"rpool/ROOT/new"}));
    EXPECT_EQ(boot::read_trial(files, kPlace)->dataset, "");
}

TEST(Trials, OfOthersAndThoseThatAreOverStay) {
    for (const auto& record : {trial(8, 2), trial(7, 0)}) {
        test::FakeFiles files;
        ASSERT_TRUE(boot::write_trial(files, kPlace, record));
        auto there = partition();
        there.place = kPlace;
        auto without = partition();
        without.type.clear();
        test::ReplayRunner runner;
        EXPECT_TRUE(end_trials(runner, files, 7, {there, without}).value().empty());
        EXPECT_EQ(boot::read_trial(files, kPlace), record);
    }
}

}  // namespace
}  // namespace kld::recovery
