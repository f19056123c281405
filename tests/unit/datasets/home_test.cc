// SPDX-License-Identifier: BSD-3-Clause
// Which dataset a path becomes.
#include <gtest/gtest.h>

#include "datasets/world.h"
#include "support/fakes.h"
#include "worlds.h"

namespace kld::datasets::test {
namespace {

std::string home(const std::string& path, const std::string& pool = "rpool", const World& world = machine()) {
    const auto found = home_of(world, pool, path);
    if (!found) return "error: " + found.error().message;
    return found->dataset + (found->mountpoint.empty() ? "" : " on " + found->mountpoint);
}

TEST(Home, AChildInheritsItsPlace) {
    EXPECT_EQ(home("/home/alice"), "rpool/home/alice");
    EXPECT_EQ(home("/srv/my files"), "rpool/srv/my files");
    EXPECT_EQ(home("/tank/vm", "tank"), "tank/vm");
}

TEST(Home, ADatasetThatOnlyHandsItsPlaceDownIsAParentToo) {
    EXPECT_EQ(home("/var/www"), "rpool/var/www");
}

TEST(Home, BelowAPlainDirectoryThePlaceIsSet) {
    EXPECT_EQ(home("/srv/a/b"), "rpool/srv/a_b on /srv/a/b");
    EXPECT_EQ(home("/var/lib/mysql"), "rpool/var/lib_mysql on /var/lib/mysql");
}

TEST(Home, NoDatasetLiesBelowABootEnvironment) {
    EXPECT_EQ(home("/opt"), "rpool/opt on /opt");
    EXPECT_EQ(home("/opt/app"), "rpool/opt_app on /opt/app");
}

// The layout of OpenZFS's own guides and of Ubuntu's installer.
TEST(Home, APoolThatHandsTheRootDownIsNoBootEnvironment) {
    auto world = machine();
    world.datasets[0] = dataset("rpool", "/", "off");
    EXPECT_FALSE(world.in_environment("rpool/home"));
    EXPECT_TRUE(world.in_environment("rpool/ROOT/default"));
    EXPECT_EQ(home("/home/alice", "rpool", world), "rpool/home/alice");
    EXPECT_EQ(home("/opt", "rpool", world), "rpool/opt");
}

TEST(Home, AChildOfABootEnvironmentIsNoParent) {
    auto world = machine();
    world.datasets.push_back(dataset("rpool/ROOT/default/opt", "/opt", "on"));
    world.mounts.push_back({"rpool/ROOT/default/opt", "/opt", "zfs"});
    EXPECT_EQ(home("/opt/app", "rpool", world), "rpool/opt_app on /opt/app");
}

TEST(Home, WhatIsNotMountedWhereItSaysIsNoParent) {
    auto world = machine();
    world.datasets.push_back(dataset("rpool/backup", "/srv/deep", "noauto"));
    EXPECT_EQ(home("/srv/deep/x", "rpool", world), "rpool/srv/deep_x on /srv/deep/x");
}

TEST(Home, OfTwoForOnePlaceTheMountedOneIsTheParent) {
    auto world = machine();
    world.datasets.insert(world.datasets.begin(), dataset("rpool/container", "/home", "off"));
    world.datasets.push_back(dataset("rpool/z", "/home", "off"));
    EXPECT_EQ(home("/home/alice", "rpool", world), "rpool/home/alice");
}

TEST(Home, BelowALockedDatasetNothingCanBeMade) {
    auto world = machine();
    world.datasets.back().properties["keystatus"] = {"unavailable", {}};
    world.datasets.back().properties["canmount"] = {"off", {}};
    EXPECT_EQ(home("/tank/locked/x", "tank", world), "tank/locked_x on /tank/locked/x");
}

TEST(Home, NamesThatAreTakenOrThatZfsDoesNotTake) {
    const auto world = machine();
    const auto taken = home_of(world, "tank", "/tank/locked");
    ASSERT_TRUE(taken.has_value());
    const auto refused = expect_new(*taken);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().message, "there is already a dataset tank/locked");
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_TRUE(expect_new(*home_of(world, "tank", "/tank/new")));
    EXPECT_EQ(home("/home/a+b"), "error: 'a+b' cannot be the name of a dataset: ZFS does not take '+'");
    EXPECT_EQ(home("/home/-x"), "error: '-x' cannot be the name of a dataset: programs would take it for an option");
    EXPECT_TRUE(home("/home/" + std::string(250, 'a')).ends_with("and ZFS takes 255"));
}

TEST(System, WhatBelongsToTheEnvironmentStaysInIt) {
    for (const auto* path :
         {"/usr", "/usr/share/doc", "/etc", "/etc/ssh", "/boot", "/bin", "/lib/modules", "/var/lib/dpkg",
          "/var/lib/dpkg/info", "/var/lib/rpm", "/var/lib/pacman/local", "/var/lib", "/var", "/"}) {
        const auto allowed = expect_outside_the_system(path);
        ASSERT_FALSE(allowed.has_value()) << path;
        EXPECT_EQ(allowed.error().code, ExitCode::refused);
        EXPECT_NE(allowed.error().message.find(path), std::string::npos);
    }
}

TEST(System, WhatDoesNotBelongToItMayBeADataset) {
    for (const auto* path : {"/home", "/srv/usr", "/usr/local", "/usr/local/share", "/var/lib/mysql", "/var/www",
                             "/etcetera", "/opt/etc", "/var/lib/dpkg-old"})
        EXPECT_TRUE(expect_outside_the_system(path).has_value()) << path;
}

TEST(World, IsReadWithOneProgram) {
    kld::test::ReplayRunner runner;
    kld::test::FakeFiles files;
    files.entries["/proc/self/mountinfo"] = {"24 1 0:22 / / rw shared:1 - zfs rpool/ROOT/default rw\n"};
    runner.expect(
        {"zfs", "list", "-Hp", "-t", "filesystem,volume", "-o",
         "name,type,mountpoint,canmount,keystatus,origin,written,org.zfsbootmenu:active,org.kldload:unfinished"},
        "rpool\tfilesystem\tnone\toff\t-\t-\t0\t-\t-\nrpool/ROOT/default\tfilesystem\t/\tnoauto\t-\t-\t0\t-\t-\n"
        "rpool/ROOT/not-one\tfilesystem\t/\tnoauto\t-\t-\t0\toff\t-\nrpool/swap\tvolume\t-\t-\t-\t-\t0\t-\t-\n");
    const auto world = probe(runner, files);
    ASSERT_TRUE(world.has_value());
    EXPECT_EQ(world->datasets.size(), 4U);
    EXPECT_TRUE(world->in_environment("rpool/ROOT/default/child"));
    EXPECT_FALSE(world->in_environment("rpool/ROOT/not-one"));
    EXPECT_FALSE(world->in_environment("rpool/ROOT/default2"));
    EXPECT_EQ(world->find("rpool/swap")->value("type"), "volume");
}

}  // namespace
}  // namespace kld::datasets::test
