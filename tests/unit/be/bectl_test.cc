// SPDX-License-Identifier: BSD-3-Clause
// What bectl(8) of FreeBSD documents, in the order of its manual page, and what kbe does of it.
#include <fcntl.h>

#include <algorithm>
#include <cstdlib>

#include "base/fd.h"
#include "be/inside.h"
#include "be/listing.h"
#include "be/trial.h"
#include "samples/efi.h"
#include "support/fakes.h"
#include "worlds.h"

namespace kld::be {
namespace {

const std::string kProgram = std::string(KLD_BIN_DIR) + "/kldload-tools";

/// The terminal's other end; the first one keeps it alive.
struct Terminal {
    Fd master, slave;
};
Terminal terminal() {
    Terminal made;
    made.master.reset(::posix_openpt(O_RDWR | O_NOCTTY));
    EXPECT_EQ(::grantpt(made.master.get()), 0);
    EXPECT_EQ(::unlockpt(made.master.get()), 0);
    made.slave.reset(::open(::ptsname(made.master.get()), O_RDWR | O_NOCTTY));
    EXPECT_TRUE(made.slave.valid());
    return made;
}

Output run_program(Command command) {
    command.accept = [](int) { return true; };
    ProcessRunner runner;
    const auto output = runner.run(command);
    EXPECT_TRUE(output.has_value()) << render(output.error());
    return output.value_or(Output{-1, {}, {}});
}

Lines column(const Table& table, std::size_t index) {
    Lines all;
    for (const auto& line : lines(to_tabs(table))) all.push_back(split(line, '\t')[index]);
    return all;
}
Lines names(const World& world, const ListWish& wish) {
    return column(list_environments(world, wish), 0);
}

World with_trial(bool once) {
    auto world = sample();
    world.trial = boot::Trial{1, 77, "rpool/ROOT/third", once ? 1U : 3U, once ? 1U : 3U, once};
    return world;
}

TEST(Bectl, ActivateIsForEveryBootFromNowOn) {
    EXPECT_EQ(commands(plan_activate(sample(), "other")), (Lines{"zpool set bootfs=rpool/ROOT/other rpool"}));
}

TEST(Bectl, ActivateForTheNextBootAloneLeavesBootfs) {
    test::FakeFiles files;
    test::ReplayRunner runner;
    auto world = sample();
    files.entries["/proc/self/mountinfo"] = {"60 25 254:1 / /boot/efi rw,relatime - vfat /dev/vda1 rw\n"};
    world.mounts.push_back({"/dev/vda1", "/boot/efi", "vfat"});
    files.entries["/boot/efi/EFI/BOOT/grubx64.efi"] = {
        boot::test::make_efi_program({{".osrel", "KLDLOAD_TRIALS=1\n"}})};
    runner.expect({"zpool", "get", "-Hp", "-o", "value", "guid", "rpool"}, "77\n");
    runner.expect({"zpool", "sync", "rpool"});
    ASSERT_TRUE(start_trial(runner, files, world, "rpool/ROOT/other", 3, true));
    const auto record = trial_of(files, world);
    ASSERT_TRUE(record.has_value());
    EXPECT_TRUE(record->once);
    EXPECT_EQ(record->left, 1U);

    SCOPED_TRACE("and is taken back");
    EXPECT_EQ(end_trial(runner, files, world).value()->dataset, "rpool/ROOT/other");
    const auto none = trial_of(files, world);
    EXPECT_TRUE(!none || none->dataset.empty());
}

TEST(Bectl, ActivateIsEitherForOneBootOrTakesThatBack) {
    EXPECT_EQ(run_program({.argv = {kProgram, "kbe", "activate", "-t", "-T", "x"}}).exit_code, 2);
    EXPECT_EQ(run_program({.argv = {kProgram, "kbe", "activate"}}).exit_code, 2);
}

TEST(Bectl, CreateStartsFromTheOneThatRuns) {
    EXPECT_EQ(commands(plan_create(sample(), "new", {}, {}, {})),
              (Lines{"zfs snapshot -o org.kldload:reason=kbe rpool/ROOT/default@kbe-20261127-035700",
                     "zfs clone -o canmount=noauto -o mountpoint=/ rpool/ROOT/default@kbe-20261127-035700 "
                     "rpool/ROOT/new"}));
}

TEST(Bectl, CreateFromAnotherOneSnapshotsThat) {
    EXPECT_EQ(commands(plan_create(sample(), "new", "other", {}, {})),
              (Lines{"zfs snapshot -o org.kldload:reason=kbe rpool/ROOT/other@kbe-20261127-035700",
                     "zfs clone -o canmount=noauto -o mountpoint=/ rpool/ROOT/other@kbe-20261127-035700 "
                     "rpool/ROOT/new"}));
}

TEST(Bectl, CreateFromASnapshotMakesNone) {
    EXPECT_EQ(commands(plan_create(sample(), "new", "other@a", {}, {})),
              (Lines{"zfs clone -o canmount=noauto -o mountpoint=/ rpool/ROOT/other@a rpool/ROOT/new"}));
}

TEST(Bectl, CreateOfASnapshotMakesNoEnvironment) {
    EXPECT_EQ(commands(plan_snapshot(sample(), "other@new")), (Lines{"zfs snapshot rpool/ROOT/other@new"}));
}

TEST(Bectl, CreateIsNeverRecursive) {
    EXPECT_EQ(run_program({.argv = {kProgram, "kbe", "create", "-r", "new"}}).exit_code, 2);
    auto world = sample();
    world.datasets.push_back(environment("rpool/ROOT/default/usr"));
    expect_refused(plan_create(world, "new", {}, {}, {}), ExitCode::refused, "rpool/ROOT/default/usr");
}

TEST(Bectl, DestroyUnmountsByForce) {
    auto world = sample();
    world.mounts.push_back({"rpool/ROOT/third", "/mnt", "zfs"});
    expect_refused(plan_destroy(world, "third", {}), ExitCode::refused, "mounted on /mnt");
    EXPECT_EQ(commands(plan_destroy(world, "third", {.force = true})),
              (Lines{"umount /mnt", "zfs destroy rpool/ROOT/third"}));
}

TEST(Bectl, DestroyWarnsOfTheOriginThatStays) {
    EXPECT_EQ(plan_destroy(sample(), "third", {})->warnings,
              (Lines{"its origin rpool/ROOT/other@b stays; -o destroys it, too"}));
    const auto both = plan_destroy(sample(), "third", {.origin = true});
    EXPECT_EQ(commands(both), (Lines{"zfs destroy rpool/ROOT/third", "zfs destroy rpool/ROOT/other@b"}));
    EXPECT_TRUE(both->warnings.empty());
    auto world = sample();
    world.snapshots[3].clones.emplace_back("rpool/ROOT/fourth");
    EXPECT_TRUE(plan_destroy(world, "third", {})->warnings.empty()) << "somebody else needs it";
}

TEST(Bectl, DestroyTakesASnapshotToo) {
    EXPECT_EQ(commands(plan_destroy(sample(), "other@a", {})), (Lines{"zfs destroy rpool/ROOT/other@a"}));
}

TEST(Bectl, ExportWantsAPipeOrAFile) {
    const auto screen = terminal();
    const auto refused = run_program({.argv = {kProgram, "kbe", "export", "default"}, .stdout_fd = screen.slave.get()});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.err.find("a stream is not for a terminal"), std::string::npos) << refused.err;
    EXPECT_EQ(shell_line(plan_export(sample(), "other")->send),
              "zfs send -p -L -c rpool/ROOT/other@export-20261127-035700");
}

TEST(Bectl, ImportReadsWhatIsPipedIntoIt) {
    const auto keyboard = terminal();
    const auto refused = run_program({.argv = {kProgram, "kbe", "import", "new"}, .stdin_fd = keyboard.slave.get()});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.err.find("a stream does not come from a terminal"), std::string::npos) << refused.err;
    EXPECT_EQ(shell_line(plan_import(sample(), "new")->argv),
              "zfs receive -u -o canmount=noauto -o mountpoint=/ rpool/ROOT/new");
}

TEST(Bectl, JailIsRunWhichRefusesTheOneThatRuns) {
    test::ReplayRunner runner;
    const auto refused = run_inside(runner, sample(), "default", {"/bin/true"});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    auto world = sample();
    world.datasets[1].properties["keystatus"] = {"unavailable", "-"};
    const auto locked = run_inside(runner, world, "other", {"/bin/true"});
    ASSERT_FALSE(locked.has_value());
    EXPECT_EQ(locked.error().hint, "zfs load-key rpool/ROOT/other");
}

TEST(Bectl, ListHasItsFiveColumns) {
    const auto table = list_environments(sample(), {});
    Lines titles;
    for (std::size_t i = 0; i < 5; ++i) titles.push_back(table.columns[i].title);
    EXPECT_EQ(titles, (Lines{"BE", "Active", "Mountpoint", "Space", "Created"}));
}

TEST(Bectl, ListSaysWhatRunsWhatBootsNextAndWhatBootsOnce) {
    EXPECT_EQ(column(list_environments(with_trial(true), {}), 1), (Lines{"NR", "-", "T"}));
    auto world = with_trial(true);
    world.next = "rpool/ROOT/other";
    EXPECT_EQ(column(list_environments(world, {}), 1), (Lines{"N", "R", "T"}));
    world.running = world.next = "rpool/ROOT/third";
    EXPECT_EQ(column(list_environments(world, {}), 1), (Lines{"-", "-", "NRT"}));
}

TEST(Bectl, ListOfAllHasDatasetsThatAreNoEnvironments) {
    auto world = sample();
    world.datasets.push_back({"rpool/ROOT/data", {{"mountpoint", {"none", "local"}}}});
    EXPECT_EQ(names(world, {}), (Lines{"default", "other", "third"}));
    EXPECT_EQ(names(world, {.all = true}), (Lines{"data", "default", "other", "third"}));
}

TEST(Bectl, ListWithSnapshotsHasThemBelowTheirEnvironment) {
    EXPECT_EQ(names(sample(), {.snapshots = true}),
              (Lines{"default", "default@kbe-1", "default@held", "other", "other@a", "other@b", "other@c", "third"}));
}

TEST(Bectl, ListOfFullSpaceCountsWhatTheOriginHolds) {
    EXPECT_EQ(column(list_environments(sample(), {}), 3), (Lines{"1000", "1000", "1000"}));
    EXPECT_EQ(column(list_environments(sample(), {.alone = true}), 3), (Lines{"1000", "2010", "2010"}))
        << "what it refers to, and its snapshots";
}

TEST(Bectl, ListSortsByEachOfTheProperties) {
    auto world = sample();
    const auto set = [&](const std::string& property, const Lines& values) {
        for (std::size_t i = 0; i < values.size(); ++i) world.datasets[i].properties[property] = {values[i], "-"};
    };
    set("creation", {"300", "1000", "200"});
    set("origin", {"-", "rpool/ROOT/default@b", "rpool/ROOT/default@a"});
    for (const auto* property : {"used", "usedbydataset", "usedbyrefreservation", "usedbysnapshots"})
        set(property, {"20", "3", "100"});
    EXPECT_EQ(names(world, {.sort = "name", .descending = true}), (Lines{"third", "other", "default"}));
    EXPECT_EQ(names(world, {.sort = "creation"}), (Lines{"third", "default", "other"}));
    EXPECT_EQ(names(world, {.sort = "creation", .descending = true}), (Lines{"other", "default", "third"}));
    EXPECT_EQ(names(world, {.sort = "origin"}), (Lines{"default", "third", "other"}));
    for (const auto* property :
         {"used", "usedbydataset", "usedbyrefreservation", "usedbysnapshots", "usedds", "usedrefreserv", "usedsnap"}) {
        EXPECT_TRUE(contains(sort_properties(), property));
        EXPECT_EQ(names(world, {.sort = property}), (Lines{"other", "default", "third"})) << property;
    }
    set("used", {"7", "7", "7"});
    EXPECT_EQ(names(world, {.sort = "used", .descending = true}), (Lines{"default", "other", "third"}));
}

TEST(Bectl, ListKnowsNoOtherProperties) {
    EXPECT_EQ(run_program({.argv = {kProgram, "kbe", "list", "-c", "colour"}}).exit_code, 2);
    EXPECT_EQ(run_program({.argv = {kProgram, "kbe", "list", "-c", "name", "-C", "used"}}).exit_code, 2);
}

TEST(Bectl, MountMakesADirectoryThatIsNotThere) {
    EXPECT_EQ(commands(plan_mount(sample(), "other", "/mnt/a/b", false, false)),
              (Lines{"mkdir -p -m 0700 /mnt/a/b", "mount -t zfs -o zfsutil rpool/ROOT/other /mnt/a/b"}));
    EXPECT_EQ(commands(plan_mount(sample(), "other", "/mnt", false, true)),
              (Lines{"mount -t zfs -o zfsutil rpool/ROOT/other /mnt"}));
}

TEST(Bectl, MountWithoutADirectoryHasOneOfItsOwn) {
    EXPECT_EQ(commands(plan_mount(sample(), "other", {}, false, false)).back(),
              "mount -t zfs -o zfsutil rpool/ROOT/other /run/kldload/be/other");
}

TEST(Bectl, RenameUnmountsNothing) {
    EXPECT_EQ(commands(plan_rename(sample(), "default", "first")),
              (Lines{"zfs rename -u rpool/ROOT/default rpool/ROOT/first"}));
}

TEST(Bectl, UnmountIsForcedWhenItIsBusy) {
    auto world = sample();
    world.mounts.push_back({"rpool/ROOT/other", "/mnt", "zfs"});
    EXPECT_EQ(commands(plan_unmount(world, "other", false)), (Lines{"umount /mnt"}));
    EXPECT_EQ(commands(plan_unmount(world, "other", true)), (Lines{"umount --lazy --force /mnt"}));
    for (const auto* name : {"unmount", "umount"})
        EXPECT_EQ(run_program({.argv = {kProgram, "kbe", name, "--help"}}).exit_code, 0) << name;
}

}  // namespace
}  // namespace kld::be
