// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/target.h"

#include "pools.h"

namespace kld::recovery {
namespace {

const ImportedPool kOwn{.name = "rpool", .guid = 5, .health = "ONLINE", .runs = true};
const ImportedPool kPatient{
    .name = "rpool-123456", .guid = 4000000123456, .health = "ONLINE", .altroot = "/run/krecovery/rpool-123456"};
const ImportedPool kData{.name = "data", .guid = 8, .health = "ONLINE"};

TEST(Target, IsTheOnlyOneThatWasBroughtIn) {
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

TEST(Target, OfSomebodyElseIsTakenByItsNameAlone) {
    const ImportedPool exported{.name = "kexport-20261127", .guid = 9, .health = "ONLINE", .altroot = "/var/tmp/x"};
    const ImportedPool installed{.name = "tank", .guid = 10, .health = "ONLINE", .altroot = "/target"};
    EXPECT_EQ(find_target({kOwn, exported, kPatient, installed}, "")->name, "rpool-123456");
    expect_refused(find_target({kOwn, exported, installed}, ""), ExitCode::usage, "no pool is imported below",
                   "--pool NAME: kexport-20261127 at /var/tmp/x, tank at /target");
    EXPECT_EQ(find_target({kOwn, exported, installed}, "tank")->guid, 10U);
}

TEST(Target, ThatMayOnlyBeReadIsNotChanged) {
    auto pool = kPatient;
    EXPECT_TRUE(expect_writable(pool, "activate x").has_value());
    pool.readonly = true;
    expect_refused(expect_writable(pool, "activate x"), ExitCode::refused,
                   "cannot activate x: rpool-123456 was imported for reading", "without --read-only");
}

}  // namespace
}  // namespace kld::recovery
