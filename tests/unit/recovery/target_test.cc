// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/target.h"

#include "pools.h"
#include "recovery/leave.h"

namespace kld::recovery {
namespace {

const ImportedPool kOwn{.name = "rpool", .guid = 5, .health = "ONLINE", .runs = true};
const ImportedPool kPatient{.name = "rpool-123456", .guid = 4000000123456, .health = "ONLINE", .altroot = "/mnt"};
const ImportedPool kData{.name = "data", .guid = 8, .health = "ONLINE"};

TEST(Target, IsTheOnlyOneAtAnAltroot) {
    EXPECT_EQ(find_target({kOwn, kPatient, kData}, "")->name, "rpool-123456");
    EXPECT_EQ(find_target({kOwn, kPatient}, "4000000123456")->name, "rpool-123456");
    EXPECT_EQ(find_target({kOwn, kPatient}, "rpool-123456")->guid, 4000000123456U);
}

TEST(Target, IsNeverThisSystemsOwn) {
    expect_refused(find_target({kOwn, kPatient}, "rpool"), ExitCode::refused, "this system runs from", "kbe");
    expect_refused(find_target({kOwn}, "5"), ExitCode::refused, "this system runs from", "kbe");
    expect_refused(find_target({kOwn, kData}, "data"), ExitCode::refused, "without an altroot",
                   "zpool export data, then krecovery import data");
}

TEST(Target, HasToBeNamedWhereItIsNotClear) {
    expect_refused(find_target({kOwn, kData}, ""), ExitCode::usage, "no pool is imported for recovery",
                   "krecovery import");
    auto second = kPatient;
    second.name = "my pool";
    expect_refused(find_target({kPatient, second}, ""), ExitCode::usage, "rpool-123456, my pool", "--pool");
    expect_refused(find_target({kPatient}, "tank"), ExitCode::usage, "no pool tank", "there are: rpool-123456");
    expect_refused(find_target({kOwn}, "my tank"), ExitCode::usage, "no pool my tank", "krecovery import 'my tank'");
}

TEST(Target, ThatMayOnlyBeReadIsNotChanged) {
    auto pool = kPatient;
    EXPECT_TRUE(expect_writable(pool, "activate x").has_value());
    pool.readonly = true;
    expect_refused(expect_writable(pool, "activate x"), ExitCode::refused,
                   "cannot activate x: rpool-123456 was imported for reading", "without --read-only");
}

TEST(Export, LeavesNothingMountedOrImported) {
    auto pool = kPatient;
    pool.altroot = "/run/krecovery/rpool-123456";
    EXPECT_EQ(commands(plan_export(pool, {{"rpool/ROOT/default", "/", "zfs"},
                                          {"rpool-123456/ROOT/a", "/run/krecovery/rpool-123456", "zfs"},
                                          {"/dev/vdb1", "/run/krecovery/rpool-123456/boot/efi", "vfat"},
                                          {"rpool-123456/home@x", "/tmp/my home", "zfs"},
                                          {"rpool-1234567/x", "/x", "zfs"},
                                          {"rpool-123456", "/y", "tmpfs"}})),
              (Lines{"umount '/tmp/my home'", "umount /run/krecovery/rpool-123456/boot/efi",
                     "umount /run/krecovery/rpool-123456", "zpool export rpool-123456",
                     "rmdir /run/krecovery/rpool-123456"}));
}

TEST(Export, KeepsADirectoryThatAPersonNamed) {
    EXPECT_EQ(commands(plan_export(kPatient, {})), (Lines{"zpool export rpool-123456"}));
}

}  // namespace
}  // namespace kld::recovery
