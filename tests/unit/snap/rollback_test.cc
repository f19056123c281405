// SPDX-License-Identifier: BSD-3-Clause
#include "snap/rollback.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::snap {
namespace {

using Names = std::vector<std::string>;
constexpr const char* kMountinfo =
    "25 1 0:23 / / rw - zfs rpool/ROOT/default rw\n"
    "26 25 0:24 / /home rw - zfs rpool/my\\040home rw\n";

Target sample() {
    return {.snapshot = "rpool/home@b",
            .dataset = "rpool/home",
            .mounted = true,
            .written = 1536,
            .later = {{.name = "rpool/home@c", .order = 3}, {.name = "rpool/home#mark", .order = 4}}};
}

/// The error's message, hint and details as one text; empty when the plan was made.
std::string refusal(const Result<zfs::Plan>& plan) {
    if (plan) return {};
    EXPECT_EQ(plan.error().code, ExitCode::refused);
    EXPECT_FALSE(plan.error().hint.empty());
    return render(plan.error());
}

class TargetTest : public testing::Test {
protected:
    void SetUp() override { files.entries["/proc/self/mountinfo"] = {kMountinfo}; }
    Result<Target> probe(const std::string& snapshot, const std::string& type, const std::string& mountpoint,
                         const std::string& bootfs, const std::string& altroot = "-") {
        const auto dataset = snapshot.substr(0, snapshot.find('@')), name = snapshot.substr(snapshot.find('@') + 1);
        std::string listed;
        for (const auto& [one, txg] :
             {std::pair(dataset + "@a", "1"), std::pair(dataset + "@b", "2"), std::pair(dataset + "#of b", "2"),
              std::pair(dataset + "@c", "3"), std::pair(dataset + "#mark", "4")})
            listed += one + "\tcreation\t100\t-\n" + one + "\tcreatetxg\t" + txg + "\t-\n";
        runner.expect({"zfs", "get", "-Hp", "-d", "1", "-t", "snapshot,bookmark", "-o", "name,property,value,source",
                       "creation,createtxg,used,referenced,userrefs,clones,org.kldload:reason", dataset},
                      listed);
        if (name != "no") {
            runner.expect({"zfs", "get", "-Hp", "-t", "filesystem,volume", "-o", "name,property,value,source",
                           "type,mountpoint,org.zfsbootmenu:active,written@" + name, dataset},
                          dataset + "\ttype\t" + type + "\t-\n" + dataset + "\tmountpoint\t" + mountpoint +
                              "\tlocal\n" + dataset + "\torg.zfsbootmenu:active\t-\t-\n" + dataset + "\twritten@" +
                              name + "\t4096\tlocal\n");
            runner.expect({"zpool", "get", "-Hp", "-o", "property,value", "all", dataset.substr(0, dataset.find('/'))},
                          "size\t1\nbootfs\t" + bootfs + "\naltroot\t" + altroot + "\n");
        }
        return probe_target(runner, files, snapshot);
    }
    test::ReplayRunner runner;
    test::FakeFiles files;
};

TEST_F(TargetTest, KnowsWhatIsNewer) {
    const auto target = probe("rpool/my home@b", "filesystem", "/home", "rpool/ROOT/default");
    ASSERT_TRUE(target.has_value()) << render(target.error());
    EXPECT_FALSE(target->root);
    EXPECT_FALSE(target->volume);
    EXPECT_TRUE(target->mounted);
    EXPECT_EQ(target->written, 4096U);
    ASSERT_EQ(target->later.size(), 2U) << "a bookmark of the snapshot itself is not newer";
    EXPECT_EQ(target->later[0].name, "rpool/my home@c");
    EXPECT_EQ(target->later[1].name, "rpool/my home#mark");
}

TEST_F(TargetTest, KnowsRootsByEachSign) {
    EXPECT_TRUE(probe("rpool/ROOT/other@a", "filesystem", "/", "rpool/ROOT/default")->root) << "its mountpoint";
    EXPECT_TRUE(probe("rpool/ROOT/default@a", "filesystem", "none", "-")->root) << "it is what / lies on";
    EXPECT_TRUE(probe("tank/system@a", "filesystem", "legacy", "tank/system")->root) << "it boots next";
    EXPECT_FALSE(probe("tank/system@a", "filesystem", "legacy", "-")->root);
    EXPECT_TRUE(probe("rpool/ROOT/other@a", "filesystem", "/mnt", "rpool/ROOT/default", "/mnt")->root)
        << "in a rescue system";
    EXPECT_FALSE(probe("rpool/srv@a", "filesystem", "/mnt/srv", "rpool/ROOT/default", "/mnt")->root);
}

TEST_F(TargetTest, AVolumeIsNoFileSystem) {
    const auto target = probe("tank/disk@a", "volume", "-", "-");
    EXPECT_TRUE(target->volume);
    EXPECT_FALSE(target->root);
    EXPECT_FALSE(target->mounted);
}

TEST_F(TargetTest, ASnapshotThatIsNotThereIsAnError) {
    const auto target = probe("rpool/my home@no", "filesystem", "/home", "-");
    ASSERT_FALSE(target.has_value());
    EXPECT_EQ(target.error().code, ExitCode::usage);
    EXPECT_EQ(target.error().message, "there is no snapshot rpool/my home@no");
    EXPECT_EQ(target.error().hint, "ksnap list 'rpool/my home' shows them");
}

TEST(Rollback, InPlace) {
    auto target = sample();
    target.later.clear();
    const auto plan = plan_rollback(target, true);
    ASSERT_EQ(plan->steps.size(), 1U);
    EXPECT_EQ(shell_line(plan->steps[0].argv), "zfs rollback rpool/home@b") << "there is nothing to destroy";
    EXPECT_TRUE(plan->warnings.empty());
}

TEST(Rollback, DestroysNewerOnesOnlyWhenTold) {
    EXPECT_NE(refusal(plan_rollback(sample(), false)).find("-r destroys them: rpool/home@c, rpool/home#mark"),
              std::string::npos);
    const auto plan = plan_rollback(sample(), true);
    ASSERT_EQ(plan->steps.size(), 1U);
    EXPECT_EQ(shell_line(plan->steps[0].argv), "zfs rollback -r rpool/home@b");
    EXPECT_EQ(plan->warnings, (Names{"these are destroyed: rpool/home@c, rpool/home#mark"}));
}

TEST(Rollback, RefusesWhatHoldsOnToNewerOnes) {
    auto target = sample();
    target.later[0].holds = 1;
    EXPECT_NE(refusal(plan_rollback(target, true)).find("rpool/home@c is held"), std::string::npos);
    target = sample();
    target.later[0].clones = {"rpool/y", "rpool/z"};
    EXPECT_NE(refusal(plan_rollback(target, true)).find("rpool/home@c is what rpool/y, rpool/z was cloned from"),
              std::string::npos);
}

TEST(Rollback, NeverOfARoot) {
    auto target = sample();
    target.root = true;
    target.later.clear();
    EXPECT_NE(refusal(plan_rollback(target, true)).find("never rolled back in place"), std::string::npos);
}

TEST(Losses, AreShownOrSaidToBeUnknown) {
    test::ReplayRunner runner;
    auto target = sample();
    runner.expect({"zfs", "diff", "-FH", "rpool/home@b", "rpool/home"}, "M\tF\t/home/x/y\n");
    EXPECT_EQ(losses(target, changes_since(runner, target)),
              "newer than it, 2: rpool/home@c, rpool/home#mark\nchanges since rpool/home@b: 1\n  1 in /home/x\n"
              "the first of them:\n  changed /home/x/y\nwritten since: 1.5 KiB\n");
    runner.expect({"zfs", "diff", "-FH", "rpool/home@b", "rpool/home"}, {}, 1, "out of space");
    EXPECT_NE(losses(target, changes_since(runner, target)).find("cannot be told: "), std::string::npos);
    target.mounted = false;
    target.later.clear();
    EXPECT_EQ(losses(target, changes_since(runner, target)),
              "which files changed since rpool/home@b cannot be told: rpool/home is not mounted\n"
              "written since: 1.5 KiB\n");
    target.mounted = true;
    target.volume = true;
    EXPECT_NE(losses(target, changes_since(runner, target)).find("rpool/home is a volume"), std::string::npos);
}

TEST(Losses, NameNoMoreThanCanBeRead) {
    auto target = sample();
    target.volume = true;
    target.later.assign(12, {.name = "p@x"});
    test::ReplayRunner runner;
    EXPECT_NE(losses(target, changes_since(runner, target)).find("newer than it, 12: p@x, "), std::string::npos);
    EXPECT_NE(losses(target, changes_since(runner, target)).find("p@x and 2 more\n"), std::string::npos);
}

}  // namespace
}  // namespace kld::snap
