// SPDX-License-Identifier: BSD-3-Clause
#include "clone/clone.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/fakes.h"

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
                           const std::vector<std::string>& snapshots = {}) {
    return plan_clone(world, source, place, {{"compression", "zstd"}, {"com.example:note", "a b"}}, snapshots, kNow);
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

TEST(CloneDataset, TheSnapshotGetsAFreeName) {
    const auto plan = clone_of({"/home", "rpool/home"}, nothing_at("/home/x"), machine(),
                               {"rpool/home@clone-20261127-040000", "rpool/home@clone-20261127-040000-2"});
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(plan->steps[0].argv.back(), "rpool/home@clone-20261127-040000-3");
}

TEST(CloneDataset, OfABootEnvironmentIsWarnedOf) {
    const auto plan = clone_of({"/", "rpool/ROOT/default"}, nothing_at("/home/root"));
    ASSERT_TRUE(plan.has_value());
    ASSERT_EQ(plan->warnings.size(), 2U);
    EXPECT_EQ(plan->warnings[1], "a clone of a boot environment for looking at: kbe create makes one that boots");
}

TEST(CloneDataset, WhatFailsIsTakenBack) {
    const auto plan = clone_of({"/home/alice", "rpool/home/alice"}, nothing_at("/home/b"));
    ASSERT_TRUE(plan.has_value());
    kld::test::ReplayRunner runner;
    kld::test::CaptureEvents events;
    for (std::size_t i = 0; i + 1 < plan->steps.size(); ++i) runner.expect(plan->steps[i].argv);
    runner.expect({"zfs", "mount", "rpool/home/b"}, "", 1, "cannot mount\n");
    runner.expect({"zfs", "set", "canmount=noauto", "rpool/home/b"});
    runner.expect({"zfs", "destroy", "rpool/home/b"});
    runner.expect({"rm", "--dir", "--force", "--", "/home/b"});
    runner.expect({"zfs", "destroy", "rpool/home/alice@clone-20261127-040000"});
    const auto done = zfs::apply(*plan, runner, events);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().details.back(), "nothing was changed");
}

TEST(CloneDataset, Refusals) {
    const Source home{"/home", "rpool/home"};
    expect_error(clone_of(home, {"/home/x", FileKind::directory, false, {}, {}}), "not empty", ExitCode::refused);
    expect_error(clone_of(home, {"/home/x", FileKind::regular, false, {}, {}}), "is no directory", ExitCode::refused);
    expect_error(clone_of(home, {"/home/alice", FileKind::directory, true, {}, {}}), "is mounted on /home/alice",
                 ExitCode::refused);
    expect_error(clone_of(home, nothing_at("/etc/home")), "belongs to the boot environment", ExitCode::refused);
    expect_error(clone_of({"", "rpool/gone"}, nothing_at("/home/x")), "no dataset rpool/gone", ExitCode::usage);
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
