// SPDX-License-Identifier: BSD-3-Clause
// Boot files that are written again.
#include "recovery/boot_files.h"

#include <algorithm>

#include "pools.h"
#include "recovery/programs.h"
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

check::Report report_of(const std::string& device, check::Status status) {
    return {device, "disk", {{.id = "B23", .title = "fallback loader", .status = status}}};
}

TEST(BootFiles, ThatWouldNotBootAreAFailureThatNamesThePartition) {
    EXPECT_TRUE(expect_bootable({}).has_value());
    EXPECT_TRUE(expect_bootable({report_of("/dev/vdb1", check::Status::pass)}).has_value());
    expect_refused(
        expect_bootable({report_of("/dev/vdb1", check::Status::pass), report_of("/dev/vdc1", check::Status::fail),
                         report_of("/dev/vdd1", check::Status::unknown)}),
        ExitCode::failed, "would not boot from /dev/vdc1, /dev/vdd1", "the rows above");
}

/// A partition that was looked at, on a system that has fsck.vfat, and has an older loader.
class Repairing : public testing::Test {
protected:
    void SetUp() override {
        files = package();
        files.entries[split(program_path(), ':').front() + "/fsck.vfat"] = {};
        files.entries["/tmp/EFI/BOOT/BOOTX64.EFI"] = {"MZ old"};
        expect_mount(runner, "umask=0077");
        auto looked = look_at_partition(runner, files, partition(), wish);
        ASSERT_TRUE(looked.has_value()) << render(looked.error());
        work.emplace(std::move(*looked));
        before = files.entries.size();
    }
    void TearDown() override {
        expect_unmount(runner);
        work.reset();
    }
    void expect_nothing_written() {
        EXPECT_EQ(files.entries.size(), before);
        EXPECT_EQ(files.entries.at("/tmp/EFI/BOOT/BOOTX64.EFI").bytes, "MZ old");
    }
    Status run(const esp::DeviceGuard& guard = [](const auto&) { return Status{}; }) {
        return repair(runner, files, events, *work, wish, guard);
    }
    void expect_mounted_again() { runner.expect({"mount", "-t", "vfat", "-o", "umask=0077", "/dev/vdb1", kPlace}); }
    const RepairWish wish{.package = kPackage};
    test::FakeFiles files;
    test::ReplayRunner runner;
    test::CaptureEvents events;
    std::optional<Repair> work;
    std::size_t before = 0;
};

TEST_F(Repairing, WritesNothingToAFatThatCannotBeMended) {
    runner.expect({"umount", kPlace});
    runner.expect({"fsck.vfat", "-a", "/dev/vdb1"}, {}, 1);
    runner.expect({"fsck.vfat", "-n", "/dev/vdb1"}, {}, 1);
    expect_mounted_again();
    expect_refused(run(), ExitCode::failed, "/dev/vdb1 has errors that fsck.vfat cannot mend", "fsck.vfat");
    expect_nothing_written();
}

TEST_F(Repairing, WritesNothingToAPartitionThatIsBusy) {
    runner.expect({"umount", kPlace}, {}, 32, "umount: /tmp: target is busy.");
    expect_refused(run(), ExitCode::refused, "cannot check /dev/vdb1 before it is written to", "fuser -vm");
    expect_nothing_written();
}

TEST_F(Repairing, WritesNothingToAPartitionThatIsMountedElsewhere) {
    runner.expect({"umount", kPlace});
    expect_mounted_again();
    expect_refused(run([](const auto& device) { return fail(device + " is in use", "end it", ExitCode::refused); }),
                   ExitCode::refused, "/dev/vdb1 is in use", "end it");
    expect_nothing_written();
}

TEST_F(Repairing, WritesNothingWhereNamesCannotBeSwapped) {
    runner.expect({"umount", kPlace});
    runner.expect({"fsck.vfat", "-a", "/dev/vdb1"});
    expect_mounted_again();
    files.can_exchange = false;
    expect_refused(run(), ExitCode::refused, "this kernel cannot swap two names", "Linux 6.0");
    expect_nothing_written();
}

TEST(BootFiles, OfAMirrorAreWrittenOnAllItsPartitions) {
    auto files = package();
    test::ReplayRunner runner;
    test::CaptureEvents events;
    auto second = partition();
    second.device = "/dev/vdc1";
    files.entries["/tmp/EFI/BOOT/BOOTX64.EFI"] = {"MZ old"};
    for (const auto& [one, place] : {std::pair(partition(), "/tmp"), std::pair(second, "/var/tmp")}) {
        runner.expect({"mktemp", "--directory", "/run/kldload-esp.XXXXXX"}, std::string(place) + "\n");
        runner.expect({"mount", "-t", "vfat", "-o", "umask=0077", one.device, place});
        runner.expect({"umount", place});
        runner.expect({"rmdir", place});
        auto work = look_at_partition(runner, files, one, {.package = kPackage});
        ASSERT_TRUE(work.has_value()) << render(work.error());
        ASSERT_TRUE(repair(runner, files, events, *work, {.package = kPackage}).has_value());
        for (const auto& path : esp::kBootFiles)
            EXPECT_EQ(files.entries.at(std::string(place) + "/" + path).bytes, "MZ of " + path);
    }
    EXPECT_EQ(files.entries.at("/tmp/EFI/kldload/previous/BOOTX64.EFI").bytes, "MZ old");
}

}  // namespace
}  // namespace kld::recovery
