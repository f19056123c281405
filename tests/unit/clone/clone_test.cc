// SPDX-License-Identifier: BSD-3-Clause
#include "clone/clone.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/text.h"
#include "support/fakes.h"
#include "zfs/snapshot_program.h"

namespace kld::clone::test {
namespace {

using datasets::Place;
using datasets::World;
using kld::test::expect_golden;

constexpr std::time_t kNow = 1795752000;  // Fri Nov 27 04:00:00 2026

boot::Dataset dataset(const std::string& name, const std::string& mountpoint, const std::string& canmount,
                      const std::string& type = "filesystem") {
    return {name,
            {{"type", {type, {}}},
             {"mountpoint", {mountpoint, {}}},
             {"canmount", {canmount, {}}},
             {"keystatus", {"-", {}}}}};
}

World machine() {
    return {{dataset("rpool", "none", "off"), dataset("rpool/ROOT/default", "/", "noauto"),
             dataset("rpool/home", "/home", "on"), dataset("rpool/home/alice", "/home/alice", "on"),
             dataset("rpool/swap", "-", "-", "volume"), dataset("tank", "/tank", "on")},
            {{"rpool/ROOT/default", "/", "zfs"},
             {"rpool/home", "/home", "zfs"},
             {"rpool/home/alice", "/home/alice", "zfs"},
             {"tank", "/tank", "zfs"},
             {"tmpfs", "/run", "tmpfs"}}};
}

Place nothing_at(const std::string& path) {
    return {path, FileKind::none, true, {}, {}};
}

Result<zfs::Plan> clone_of(const Source& source, const Place& place, const World& world = machine(),
                           bool taken = false) {
    const Reading reading{source.dataset,
                          world,
                          {{"compression", "zstd"}, {"com.example:note", "a b"}},
                          source.dataset + "@clone-20261127-040000",
                          taken};
    return plan_clone(reading, source, place);
}

template <typename T>
void expect_error(const Result<T>& result, const std::string& part, ExitCode code) {
    ASSERT_FALSE(result.has_value());
    EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
    EXPECT_EQ(result.error().code, code);
    EXPECT_FALSE(result.error().hint.empty());
}

TEST(CloneDataset, IsAChildWithTheSourcesProperties) {
    const auto plan = clone_of({"/home/alice", "rpool/home/alice"}, nothing_at("/home/alice copy"));
    ASSERT_TRUE(plan.has_value());
    expect_golden("clone/dataset.plan.txt", zfs::to_text(*plan));
}

TEST(CloneDataset, OntoAnEmptyDirectoryElsewhereSaysItsPlace) {
    const auto plan =
        clone_of({"/home", "rpool/home"}, {"/tank/copies/home", FileKind::directory, true, {}, {1000, 1000, 0700}});
    ASSERT_TRUE(plan.has_value());
    // It lies in the pool of its origin, though another pool is mounted there; and alice is not part of it.
    expect_golden("clone/elsewhere.plan.txt", zfs::to_text(*plan));
}

TEST(CloneDataset, OfABootEnvironmentIsWarnedOf) {
    const auto plan = clone_of({"/", "rpool/ROOT/default"}, nothing_at("/home/root"));
    ASSERT_TRUE(plan.has_value());
    ASSERT_EQ(plan->warnings.size(), 2U);
    EXPECT_EQ(plan->warnings[1], "a clone of a boot environment for looking at: kbe create makes one that boots");
}

// Since OpenZFS 2.2 `zfs clone` says that it could not mount, and ends well; before, it fails, and the clone is there.
TEST(CloneDataset, WhatCannotBeMountedIsTakenBack) {
    const auto plan = clone_of({"/home/alice", "rpool/home/alice"}, nothing_at("/home/b"));
    ASSERT_TRUE(plan.has_value());
    const auto& steps = plan->steps;
    ASSERT_EQ(steps.size(), 4U);
    for (const bool clone_fails : {true, false}) {
        SCOPED_TRACE(clone_fails);
        kld::test::ReplayRunner runner;
        kld::test::CaptureEvents events;
        runner.expect(steps[0].argv);
        runner.expect(steps[1].argv);
        runner.expect(steps[2].argv, "", clone_fails ? 1 : 0, "cannot mount '/home/b'\n");
        if (!clone_fails) {
            runner.expect({"findmnt", "--noheadings", "--source", "rpool/home/b", "--mountpoint", "/home/b"}, "", 1);
            runner.expect({"zfs", "destroy", "rpool/home/b"});
        }
        runner.expect({"rm", "--dir", "--force", "--", "/home/b"});
        runner.expect({"zfs", "destroy", "-R", "rpool/home/alice@clone-20261127-040000"});
        const auto done = zfs::apply(*plan, runner, events);
        ASSERT_FALSE(done.has_value());
        EXPECT_EQ(done.error().details.back(), "nothing was changed");
        EXPECT_EQ(contains(events.told, std::string("warning cannot mount '/home/b'")), !clone_fails);
    }
}

TEST(CloneDataset, WhatAKilledOneLeftIsMadeAgain) {
    auto world = machine();
    world.datasets.push_back(dataset("rpool/home/b", "/home/b", "on"));
    auto& properties = world.datasets.back().properties;
    properties["origin"] = {"rpool/home/alice@clone-20261127-035959", {}};
    properties["written"] = {"0", {}};
    const Source source{"/home/alice", "rpool/home/alice"};
    const auto plan = clone_of(source, nothing_at("/home/b"), world);
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(plan->steps[1].argv, (std::vector<std::string>{"zfs", "destroy", "rpool/home/b"}));
    EXPECT_EQ(plan->steps.size(), 5U);

    const auto expect_kept = [&](const World& other) {
        expect_error(clone_of(source, nothing_at("/home/b"), other), "there is already a dataset rpool/home/b",
                     ExitCode::refused);
    };
    auto mounted = world;
    mounted.mounts.push_back({"rpool/home/b", "/mnt", "zfs"});
    expect_kept(mounted);
    properties["written"] = {"8192", {}};
    expect_kept(world);
    properties["written"] = {"0", {}};
    for (const auto* origin : {"rpool/home@clone-20261127-035959", "rpool/home/alice@mine", "-"}) {
        properties["origin"] = {origin, {}};
        expect_kept(world);
    }
}

// The snapshot that was taken while the machine was read is part of the plan: not taken again, and taken back.
TEST(CloneDataset, WhatWasTakenIsTakenBack) {
    const auto plan = clone_of({"/home/alice", "rpool/home/alice"}, nothing_at("/home/b"), machine(), true);
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(zfs::to_text(*plan), zfs::to_text(*clone_of({"/home/alice", "rpool/home/alice"}, nothing_at("/home/b"))));
    kld::test::ReplayRunner runner;
    NoEvents events;
    runner.expect({"mkdir", "--", "/home/b"}, "", 1, "no space left");
    runner.expect({"zfs", "destroy", "-R", "rpool/home/alice@clone-20261127-040000"});
    const auto done = zfs::apply(*plan, runner, events);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().details.back(), "nothing was changed");
}

struct ReadForClone : testing::Test {
    ReadForClone() {
        files.entries["/proc/self/mountinfo"] = {
            "39 1 0:39 / / rw - zfs tank/ROOT/default rw\n40 1 0:40 / /srv rw - zfs tank/srv rw\n"};
    }
    std::vector<zfs::Mount> mounts() { return *zfs::read_mounts(files); }
    void expect_world() {
        runner.expect(
            {"zfs", "list", "-Hp", "-t", "filesystem,volume", "-o",
             "name,type,mountpoint,canmount,keystatus,origin,written,org.zfsbootmenu:active,org.kldload:unfinished"},
            "tank\tfilesystem\t/tank\ton\t-\t-\t0\t-\t-\n");
    }
    void expect_properties(const std::string& dataset, const std::string& output, int exit_code = 0) {
        runner.expect({"zfs", "get", "-Hp", "-t", "filesystem", "-o", "name,property,value,source", "-s",
                       "local,received", "all", dataset},
                      output, exit_code);
    }
    const std::string name = "tank/srv@clone-20261127-040000", free_name = name + "-2";
    kld::test::FakeFiles files;
    kld::test::ReplayRunner runner;
};

TEST_F(ReadForClone, TheSnapshotGetsAFreeName) {
    (void)files.make_directories("/srv/.zfs/snapshot/clone-20261127-040000");
    const auto expect_reads = [&] {
        expect_world();
        expect_properties("tank/srv", "");
    };
    expect_reads();
    EXPECT_EQ(read_for_clone(runner, files, {"tank/srv", mounts(), "/home/x", kNow, false})->origin, free_name);
    expect_reads();
    runner.expect({"zfs", "snapshot", "-o", "org.kldload:reason=kclone", name}, "", 1, "dataset already exists");
    expect_reads();
    runner.expect({"zfs", "snapshot", "-o", "org.kldload:reason=kclone", free_name});
    const auto read = read_for_clone(runner, files, {"tank/srv", mounts(), "/home/x", kNow, true});
    ASSERT_TRUE(read.has_value()) << render(read.error());
    EXPECT_EQ(read->origin, free_name);
    EXPECT_TRUE(read->taken);
}

TEST_F(ReadForClone, DatasetsPropertiesAndTheSnapshotAtOnce) {
    for (const bool take : {false, true}) {
        SCOPED_TRACE(take);
        expect_world();
        expect_properties("tank/srv", "tank/srv\tatime\toff\tlocal\n");
        if (take) runner.expect({"zfs", "snapshot", "-o", "org.kldload:reason=kclone", name});
        const auto mounted = read_for_clone(runner, files, {"tank/srv", mounts(), "/home/x", kNow, take});
        ASSERT_TRUE(mounted.has_value());
        EXPECT_EQ(mounted->world.datasets.size(), 1U);
        EXPECT_EQ(mounted->inherited, (zfs::Properties{{"atime", "off"}}));
        EXPECT_EQ(mounted->origin, name);
        EXPECT_EQ(mounted->taken, take);
    }
}

TEST_F(ReadForClone, BelowAMountpointAFewDatasetsDecide) {
    const std::vector<std::string> few{
        "zfs", "get",      "-Hp",       "-t", "filesystem,volume", "-o", "name,property,value,source",
        "all", "tank/srv", "tank/srv/x"};
    const std::string output =
        "tank/srv\ttype\tfilesystem\t-\ntank/srv\tmountpoint\t/srv\tlocal\ntank/srv\tcanmount\ton\tdefault\n"
        "tank/srv\tatime\toff\tlocal\ntank/srv\tcompression\tzstd\tinherited from tank\n"
        "tank/srv\tcom.example:note\tx\treceived\n";
    // Another snapshot of it may be taken in the same transaction group, and then that is refused.
    const auto expect_refused_program = [&] {
        runner.expect(zfs::snapshot_program(name, "kclone", {"tank/srv", "tank/srv/x"}).argv, "", 1, "error 11");
    };
    expect_refused_program();
    runner.expect(few, output, 1, "cannot open 'tank/srv/x': dataset does not exist");
    runner.expect({"zfs", "snapshot", "-o", "org.kldload:reason=kclone", name});
    const auto read = read_for_clone(runner, files, {"tank/srv", mounts(), "/srv/x", kNow, true});
    ASSERT_TRUE(read.has_value()) << render(read.error());
    EXPECT_EQ(read->inherited, (zfs::Properties{{"atime", "off"}, {"com.example:note", "x"}}));
    const auto home = datasets::home_of(read->world, "tank", "/srv/x");
    ASSERT_TRUE(home.has_value());
    EXPECT_EQ(home->dataset, "tank/srv/x");
    EXPECT_EQ(home->mountpoint, "");

    // Beside what it is of, and that says where its parent is.
    files.entries["/proc/self/mountinfo"].bytes += "41 1 0:41 / /srv/big rw - zfs tank/srv/big rw\n";
    const auto expect_child = [&](const std::string& source) {
        runner.expect({"zfs", "get", "-Hp", "-t", "filesystem,volume", "-o", "name,property,value,source", "all",
                       "tank/srv/big", "tank/srv/x"},
                      "tank/srv/big\ttype\tfilesystem\t-\ntank/srv/big\tmountpoint\t/srv/big\t" + source + "\n", 1);
    };
    expect_child("inherited from tank/srv");
    const auto beside = read_for_clone(runner, files, {"tank/srv/big", mounts(), "/srv/x", kNow, false});
    ASSERT_TRUE(beside.has_value()) << render(beside.error());
    EXPECT_EQ(datasets::home_of(beside->world, "tank", "/srv/x")->dataset, "tank/srv/x");
    expect_child("local");
    expect_world();
    EXPECT_TRUE(read_for_clone(runner, files, {"tank/srv/big", mounts(), "/srv/x", kNow, false}));

    // Mounted by hand in a place that is not its own: then it hands nothing down.
    expect_refused_program();
    runner.expect(few, replace_all(output, "/srv\tlocal", "/elsewhere\tlocal"), 1);
    runner.expect({"zfs", "snapshot", "-o", "org.kldload:reason=kclone", name});
    expect_world();
    const auto elsewhere = read_for_clone(runner, files, {"tank/srv", mounts(), "/srv/x", kNow, true});
    ASSERT_TRUE(elsewhere.has_value()) << render(elsewhere.error());
    EXPECT_EQ(elsewhere->world.datasets.size(), 1U);

    // Nothing is known of the source, and another error than that of the new one may be the reason.
    expect_refused_program();
    runner.expect(few, "tank\ttype\tfilesystem\t-\n", 1, "cannot open 'tank/srv': I/O error");
    runner.expect({"zfs", "snapshot", "-o", "org.kldload:reason=kclone", name});
    runner.expect({"zfs", "destroy", name});
    const auto failed = read_for_clone(runner, files, {"tank/srv", mounts(), "/srv/x", kNow, true});
    ASSERT_FALSE(failed.has_value());
    EXPECT_NE(render(failed.error()).find("I/O error"), std::string::npos) << render(failed.error());
}

TEST_F(ReadForClone, OneProgramTakesTheSnapshotAndReadsWhatDecides) {
    const std::vector<std::string> names{"tank/srv", "tank/srv/x"};
    const std::string said =
        R"({"return":{"tank/srv":{"type":{"value":"filesystem"},"mountpoint":{"value":"/srv","from":"tank/srv"},)"
        R"("canmount":{"value":"on","from":"default"},"atime":{"value":"off","from":"tank/srv"}}}})";
    const auto expect_program = [&](const std::string& output) {
        runner.expect(zfs::snapshot_program(name, "kclone", names).argv, output);
    };
    const ReadingWish wish{"tank/srv", mounts(), "/srv/x", kNow, true};
    expect_program(said);
    const auto read = read_for_clone(runner, files, wish);
    ASSERT_TRUE(read.has_value()) << render(read.error());
    EXPECT_EQ(read->origin, name);
    EXPECT_TRUE(read->taken);
    EXPECT_EQ(read->inherited, (zfs::Properties{{"atime", "off"}}));
    EXPECT_EQ(datasets::home_of(read->world, "tank", "/srv/x")->dataset, "tank/srv/x");

    // What is not UTF-8 ends its output; the snapshot is there, and is not taken twice.
    const std::vector<std::string> few{
        "zfs", "get",      "-Hp",       "-t", "filesystem,volume", "-o", "name,property,value,source",
        "all", "tank/srv", "tank/srv/x"};
    expect_program(said.substr(0, 40));
    runner.expect(few, "tank/srv\ttype\tfilesystem\t-\ntank/srv\tmountpoint\t/srv\tlocal\ntank/srv\tcanmount\ton\t-\n");
    const auto cut = read_for_clone(runner, files, wish);
    ASSERT_TRUE(cut.has_value()) << render(cut.error());
    EXPECT_EQ(cut->origin, name);
    EXPECT_TRUE(cut->taken);
    expect_program(said.substr(0, 40));
    runner.expect(few, "", 1, "I/O error");
    runner.expect({"zfs", "destroy", name});
    EXPECT_FALSE(read_for_clone(runner, files, wish)) << "the snapshot goes again";

    // Mounted elsewhere than it says: all have to be asked for, and when that fails, too, the snapshot goes again.
    expect_program(replace_all(said, "\"/srv\"", "\"/elsewhere\""));
    expect_world();
    EXPECT_TRUE(read_for_clone(runner, files, wish)) << "the world has one dataset then";
    expect_program(replace_all(said, "\"/srv\"", "\"/elsewhere\""));
    runner.expect(datasets::probe_command().argv, "", 1);
    runner.expect({"zfs", "destroy", name});
    EXPECT_FALSE(read_for_clone(runner, files, wish));
}

TEST_F(ReadForClone, OfWhatIsNotMountedTheSnapshotsAreListedAndNoneIsTaken) {
    expect_world();
    expect_properties("tank/cold", "");
    runner.expect({"zfs", "list", "-Hp", "-d", "1", "-t", "snapshot", "-o", "name", "tank/cold"},
                  "tank/cold@clone-20261127-040000\ntank/cold@clone-20261127-040000-2\n");
    const auto unmounted = read_for_clone(runner, files, {"tank/cold", mounts(), "/srv/x", kNow, true});
    ASSERT_TRUE(unmounted.has_value());
    EXPECT_EQ(unmounted->origin, "tank/cold@clone-20261127-040000-3");
    EXPECT_FALSE(unmounted->taken);
}

TEST_F(ReadForClone, AnErrorLeavesNoSnapshot) {
    for (const bool can_be_dropped : {true, false}) {
        SCOPED_TRACE(can_be_dropped);
        expect_world();
        expect_properties("tank/srv", "", 1);
        runner.expect({"zfs", "snapshot", "-o", "org.kldload:reason=kclone", name});
        runner.expect({"zfs", "destroy", name}, "", can_be_dropped ? 0 : 1);
        const auto failed = read_for_clone(runner, files, {"tank/srv", mounts(), "/home/x", kNow, true});
        ASSERT_FALSE(failed.has_value());
        EXPECT_EQ(contains(failed.error().details, "could not be taken back: zfs destroy " + name), !can_be_dropped);
    }
    // One that was not taken is not taken away: it could be another's.
    expect_world();
    expect_properties("tank/srv", "tank/srv\tatime\toff\tlocal\n");
    runner.expect({"zfs", "snapshot", "-o", "org.kldload:reason=kclone", name}, "", 1, "out of space");
    const auto failed = read_for_clone(runner, files, {"tank/srv", mounts(), "/home/x", kNow, true});
    ASSERT_FALSE(failed.has_value());
    EXPECT_NE(render(failed.error()).find("out of space"), std::string::npos);
}

TEST(CloneDataset, Refusals) {
    const Source home{"/home", "rpool/home"};
    expect_error(clone_of(home, {"/home/x", FileKind::directory, false, {}, {}}), "not empty", ExitCode::refused);
    expect_error(clone_of(home, {"/home/x", FileKind::regular, false, {}, {}}), "is no directory", ExitCode::refused);
    expect_error(clone_of(home, {"/home/alice", FileKind::directory, true, {}, {}}), "is mounted on /home/alice",
                 ExitCode::refused);
    expect_error(clone_of(home, nothing_at("/etc/home")), "belongs to the boot environment", ExitCode::refused);
    expect_error(clone_of({"", "rpool/gone"}, nothing_at("/home/x")), "no dataset rpool/gone", ExitCode::usage);
    const auto elsewhere = plan_clone(Reading{"rpool/other", machine(), {}, {}}, home, nothing_at("/home/x"));
    expect_error(elsewhere, "another dataset than rpool/other is at /home now", ExitCode::refused);
    auto world = machine();
    world.datasets[2].properties["keystatus"] = {"unavailable", {}};
    expect_error(clone_of({"", "rpool/home"}, nothing_at("/tank/x"), world), "its key is not loaded",
                 ExitCode::refused);
    auto place = nothing_at("/home/a/b");
    place.missing = {"/home/a"};
    expect_error(clone_of(home, place), "there is no /home/a", ExitCode::failed);
}

TEST(FindSource, DatasetsVolumesSnapshotsAndWhatIsNotThere) {
    auto found = find_source(machine(), "rpool/home");
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->path, "/home");
    EXPECT_EQ(found->dataset, "rpool/home");
    expect_error(find_source(machine(), "rpool/swap"), "is a volume", ExitCode::usage);
    expect_error(find_source(machine(), "rpool/home@base"), "is a snapshot", ExitCode::usage);
    expect_error(find_source(machine(), "/no/such"), "cannot find /no/such", ExitCode::failed);
}

TEST(FindSource, APathIsNeverTakenForADataset) {
    for (const auto* path : {"/srv", "./srv", "../a", "9lives", ""}) EXPECT_TRUE(is_path(path)) << path;
    for (const auto* word : {"rpool", "rpool/home", "srv"}) EXPECT_FALSE(is_path(word)) << word;
}

TEST(FindSource, DirectoriesByTheirRealPath) {
    const auto directory = *TemporaryDirectory::make("/tmp");
    const auto real = std::filesystem::canonical(directory.path()).string();
    std::filesystem::create_directory_symlink(real, real + "/link@x");
    auto world = machine();
    EXPECT_EQ(find_source(world, real + "/link@x")->path, real);
    EXPECT_EQ(find_source(world, real)->dataset, "");
    world.mounts.push_back({"rpool/home/alice", real, "zfs"});
    EXPECT_EQ(find_source(world, real + "/link@x")->dataset, "rpool/home/alice");
    world.mounts.push_back({"rpool/home/alice@base", real, "zfs"});
    EXPECT_EQ(find_source(world, real)->dataset, "");
    ASSERT_TRUE(RealFiles().write(real + "/file", "x"));
    expect_error(find_source(world, real + "/file"), "is no directory", ExitCode::usage);
}

TEST(ReadSharing, FeatureAndModule) {
    kld::test::ReplayRunner runner;
    kld::test::FakeFiles files;
    files.entries["/sys/module/zfs/parameters/zfs_bclone_enabled"] = {"0\n"};
    const std::vector<std::string> argv{"zpool", "get", "-Hp", "-o", "property,value", "all", "tank"};
    runner.expect(argv, "size\t100\nfeature@block_cloning\tactive\n");
    auto sharing = read_sharing(runner, files, "tank/data");
    EXPECT_EQ(sharing->feature, "active");
    EXPECT_EQ(sharing->switched_on, false);
    kld::test::FakeFiles old;
    runner.expect(argv, "size\t100\n");
    sharing = read_sharing(runner, old, "tank/data");
    EXPECT_EQ(sharing->feature, "-");
    EXPECT_FALSE(sharing->switched_on.has_value());
    EXPECT_EQ(read_sharing(runner, files, "")->feature, "-");  // nothing is asked
}

}  // namespace
}  // namespace kld::clone::test
