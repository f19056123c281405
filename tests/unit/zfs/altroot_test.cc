// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/altroot.h"

#include <gtest/gtest.h>

namespace kld::zfs {
namespace {

TEST(Altroot, MountPointsAreThoseOfThePoolsOwnSystem) {
    EXPECT_EQ(without_altroot("/mnt", "/mnt"), "/");
    EXPECT_EQ(without_altroot("/mnt/var/log", "/mnt"), "/var/log");
    EXPECT_EQ(without_altroot("/mnt2/var", "/mnt"), "/mnt2/var");
    EXPECT_EQ(without_altroot("none", "/mnt"), "none");
    EXPECT_EQ(without_altroot("legacy", "/mnt"), "legacy");
    for (const auto* none : {"", "-", "/"}) EXPECT_EQ(without_altroot("/home", none), "/home");
}

TEST(Altroot, IsTakenAwayFromEachDataset) {
    std::vector<boot::Dataset> datasets{{"tank/ROOT/a", {{"mountpoint", {"/mnt", "local"}}}},
                                        {"tank/ROOT", {{"canmount", {"off", "local"}}}}};
    take_altroot_away(datasets, "/mnt");
    EXPECT_EQ(datasets[0].value("mountpoint"), "/");
    EXPECT_EQ(datasets[1].value("mountpoint"), "-");
}

}  // namespace
}  // namespace kld::zfs
