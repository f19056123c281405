// SPDX-License-Identifier: BSD-3-Clause
#include "menu/changes.h"

#include <gtest/gtest.h>

#include "menu/writable_pool.h"
#include "support/fakes.h"

namespace kld::menu {
namespace {

const std::vector<std::string> kHealth{"zpool", "get", "-Hp", "-o", "property,value", "health,org.zfsbootmenu:readonly",
                                       "rpool"};
const std::vector<std::string> kUnmount{"umount", "-a", "-t", "zfs"};
const std::vector<std::string> kExport{"zpool", "export", "rpool"};
const std::vector<std::string> kOwn{"zfs", "get",    "-Hp", "-s", "local,received", "-o", "property,value",
                                    "all", "rpool/a"};
const std::vector<std::string> kNames{"zfs", "list", "-H", "-o", "name", "-t", "filesystem,volume", "-r", "rpool"};
const std::vector<std::string> kClone{"zfs", "clone",     "-o",          "mountpoint=/", "-o", "canmount=noauto",
                                      "-o",  "org.x:y=z", "rpool/a@old", "rpool/a_old"};
const std::vector<std::string> kSet{"zpool", "set", "bootfs=rpool/a_old", "rpool"};

PoolToChange rpool() {
    PoolToChange target;
    target.pool.name = target.pool.import_name = target.name = "rpool";
    target.pool.guid = 7;
    target.pool.devices = {"/dev/vda2"};
    target.hostid = 0x1234;
    return target;
}

Result<EnvironmentContent> with_kernel(const std::string&) {
    EnvironmentContent content;
    content.boot_names = {"vmlinuz-6", "initrd.img-6"};
    return content;
}

/// A pool, and the steps until it is writable.
class Changes : public testing::Test {
protected:
    void expect_opened() {
        runner.expect(kHealth, "health\tONLINE\norg.zfsbootmenu:readonly\t-\n");
        runner.expect(kUnmount, "", 1);
        runner.expect(kExport);
        runner.expect({"zpool", "import", "-N", "-o", "cachefile=none", "-d", "/dev/vda2", "7"});
    }
    Status change(const std::function<Status()>& steps) { return change_pool(runner, adopt, target, steps); }
    Result<std::string> clone(const CloneWish& wish, const Inspect& inspect = with_kernel) {
        return make_clone(
            runner, inspect, [&](const auto& steps) { return change(steps); }, wish);
    }

    test::ReplayRunner runner;
    PoolToChange target = rpool();
    std::size_t commands_before_adoption = 0;
    AdoptHostid adopt = [this](std::uint32_t hostid) -> Status {
        EXPECT_EQ(hostid, 0x1234U);
        commands_before_adoption = runner.ran.size();
        return {};
    };
};

}  // namespace

TEST_F(Changes, TheHostidIsThatOfTheNextKernelBeforeThePoolIsWritten) {
    expect_opened();
    runner.expect(kExport);
    EXPECT_TRUE(change([] { return Status(); }).has_value());
    EXPECT_EQ(commands_before_adoption, 3U) << "after the export, before the import";
}

TEST_F(Changes, APoolThatIsNotHealthyOrReadOnlyIsLeftAlone) {
    for (const auto* said :
         {"health\tFAULTED\n", "health\tSUSPENDED\n", "", "health\tONLINE\norg.zfsbootmenu:readonly\ton\n"}) {
        runner.expect(kHealth, said);
        EXPECT_FALSE(change([] {
            ADD_FAILURE() << "it was changed";
            return Status();
        }));
    }
    runner.expect(kHealth, "health\tFAULTED\n");
    EXPECT_EQ(change({}).error().message, "pool rpool is FAULTED: it is not written to");
    target.name = "other";
    EXPECT_FALSE(change({}));
}

TEST_F(Changes, APoolThatCannotBeImportedForWritingSaysWhy) {
    runner.expect(kHealth, "health\tDEGRADED\n");
    runner.expect(kUnmount);
    runner.expect(kExport);
    runner.expect({"zpool", "import", "-N", "-o", "cachefile=none", "-d", "/dev/vda2", "7"}, "", 1,
                  "cannot import 'rpool': one or more devices is read only\n");
    EXPECT_EQ(change({}).error().message,
              "the pool cannot be imported for writing: cannot import 'rpool': one or more devices is read only");
}

TEST_F(Changes, AFailedChangeIsToldAndThePoolIsExportedAllTheSame) {
    expect_opened();
    runner.expect(kExport, "", 1, "pool is busy\n");
    EXPECT_EQ(change([] { return fail("no"); }).error().message, "no");
}

TEST_F(Changes, ASnapshotBecomesABootEnvironmentWithTheProperties) {
    runner.expect(kOwn, "mountpoint\t/\norg.x:y\tz\n");
    runner.expect(kNames, "rpool\nrpool/a\n");
    expect_opened();
    runner.expect(kClone);
    runner.expect(kSet);
    runner.expect(kExport);
    EXPECT_EQ(clone({"rpool/a", "old", true}).value(), "rpool/a_old");
}

TEST_F(Changes, ATakenNameGetsANumber) {
    runner.expect(kOwn);
    runner.expect(kNames, "rpool/a\nrpool/a_old\n");
    expect_opened();
    runner.expect({"zfs", "clone", "-o", "mountpoint=/", "-o", "canmount=noauto", "rpool/a@old", "rpool/a_old-2"});
    runner.expect(kExport);
    EXPECT_EQ(clone({"rpool/a", "old"}).value(), "rpool/a_old-2");
}

TEST_F(Changes, ACloneThatCannotBecomeTheDefaultIsRemoved) {
    runner.expect(kOwn, "org.x:y\tz\n");
    runner.expect(kNames);
    expect_opened();
    runner.expect(kClone);
    runner.expect(kSet, "", 1, "cannot set property: I/O error\n");
    runner.expect({"zfs", "destroy", "rpool/a_old"});
    runner.expect(kExport);
    EXPECT_EQ(clone({"rpool/a", "old", true}).error().message,
              "rpool/a_old cannot become the default: cannot set property: I/O error");
}

TEST_F(Changes, AFullPoolIsTheReason) {
    runner.expect(kOwn, "org.x:y\tz\n");
    runner.expect(kNames);
    expect_opened();
    runner.expect(kClone, "", 1, "cannot create 'rpool/a_old': out of space\n");
    runner.expect(kExport);
    EXPECT_EQ(clone({"rpool/a", "old"}).error().message,
              "rpool/a_old cannot be made: cannot create 'rpool/a_old': out of space");
}

TEST_F(Changes, ASnapshotWithoutAKernelIsRefusedBeforeAnythingHappens) {
    const auto refused = clone({"rpool/a", "old"}, [](const std::string& snapshot) -> Result<EnvironmentContent> {
        EXPECT_EQ(snapshot, "rpool/a@old");
        return EnvironmentContent{};
    });
    EXPECT_EQ(refused.error().message, "rpool/a@old has no kernel with its initramfs in /boot");
    EXPECT_TRUE(runner.ran.empty());
}

TEST_F(Changes, TheDefaultIsSetOnThePoolOfTheEnvironment) {
    expect_opened();
    runner.expect(kSet);
    runner.expect(kExport);
    EXPECT_TRUE(set_default(
        runner, [&](const auto& steps) { return change(steps); }, "rpool/a_old"));
}

}  // namespace kld::menu
