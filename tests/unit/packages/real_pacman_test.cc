// SPDX-License-Identifier: BSD-3-Clause
// kpkg and its hooks with the real pacman, on a tree of their own.
#include <gtest/gtest.h>

#include <optional>

#include "base/text.h"
#include "support/root_tree.h"
#include "support/tiny_packages.h"

namespace kld::test {
namespace {

class RealPacman : public testing::Test {
protected:
    void SetUp() override {
        auto made = RootTree::make("arch");
        ASSERT_TRUE(made.has_value()) << render(made.error());
        tree.emplace(std::move(*made));
        publish({{.name = "base", .version = "1"},
                 {.name = "app", .version = "1", .depends = {"library"}},
                 {.name = "library", .version = "1"},
                 {.name = "single", .version = "1"},
                 {.name = "clash", .version = "2", .also = "/opt/single"}});
        tree->write("/etc/pacman.conf",
                    "[options]\nArchitecture = auto\nSigLevel = Never\n[tests]\nServer = file:///srv/tests\n");
        tree->said("mkdir -p /var/lib/pacman /var/cache/pacman/pkg; pacman -Sy --noconfirm base");
    }
    void publish(const std::vector<TinyPackage>& packages) {
        RealFiles files;
        ProcessRunner runner;
        const auto made = make_pacman_repository(runner, files, tree->at("/srv/tests"), "tests", packages);
        ASSERT_TRUE(made.has_value()) << render(made.error());
    }
    std::string installed() { return tree->said("pacman -Q | tr '\\n' ' '"); }

    std::optional<RootTree> tree;
};

TEST_F(RealPacman, ATransactionFromInstallToRemove) {
    const auto out = tree->said("kpkg install app");
    EXPECT_NE(out.find("  app: (none) -> 1-1\n  library: (none) -> 1-1\n"), std::string::npos) << out;
    ASSERT_EQ(tree->snapshots().size(), 1U);
    EXPECT_EQ(tree->opt_in(tree->snapshots()[0]), "base") << "taken before";
    tree->said("kpkg install app");
    EXPECT_EQ(tree->snapshots().size(), 1U) << "nothing to do";

    publish({{.name = "app", .version = "2", .depends = {"library"}}, {.name = "library", .version = "1"}});
    EXPECT_EQ(tree->sh("kpkg update").exit_code, 0);
    const auto upgraded = tree->said("kpkg upgrade");
    EXPECT_NE(upgraded.find("  app: 1-1 -> 2-1\n"), std::string::npos) << upgraded;
    EXPECT_EQ(tree->opt_in(tree->snapshots().back()), "app base library");
    EXPECT_EQ(tree->said("kpkg list"), "app 2-1\nbase 1-1\nlibrary 1-1\n");
    EXPECT_EQ(tree->said("kpkg list -H"), "app\t2-1\nbase\t1-1\nlibrary\t1-1\n");
    EXPECT_NE(tree->said("kpkg info app").find("app of a test"), std::string::npos);
    EXPECT_NE(tree->said("kpkg search libr").find("tests/library 1-1"), std::string::npos);

    // What is needed is not removed.
    const auto needed = tree->sh("kpkg remove library");
    EXPECT_EQ(needed.exit_code, 1);
    EXPECT_NE(needed.err.find("pacman -R --noconfirm library failed with exit code 1\n"), std::string::npos)
        << needed.err;
    const auto removed = tree->said("kpkg remove app library");
    EXPECT_NE(removed.find("  app: 2-1 -> (none)\n  library: 1-1 -> (none)\n"), std::string::npos) << removed;
    EXPECT_EQ(tree->history(), (std::vector<std::string>{"done 2", "done 1", "failed 0", "done 2"}));
    EXPECT_EQ(tree->snapshots().size(), 4U);
}

TEST_F(RealPacman, WithoutASnapshotItIsNotStarted) {
    tree->fill(true);
    const auto refused = tree->sh("kpkg install app");
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.err.find("out of space"), std::string::npos) << refused.err;
    EXPECT_EQ(installed(), "base 1-1 ");
}

TEST_F(RealPacman, ItsHooksTakeOneSnapshotForEachRun) {
    tree->said("kpkg hooks on");
    EXPECT_EQ(tree->said("kpkg hooks; ls /etc/pacman.d/hooks"), "on\n00-kldload-kpkg.hook\nzz-kldload-kpkg.hook\n");
    tree->said("pacman -Sw --noconfirm app; pacman -Ss app; pacman -Sup app");
    EXPECT_TRUE(tree->snapshots().empty()) << "nothing was changed";
    tree->said("pacman -S --noconfirm app single");
    ASSERT_EQ(tree->snapshots().size(), 1U);
    EXPECT_EQ(tree->opt_in(tree->snapshots()[0]), "base");
    EXPECT_EQ(tree->history(), std::vector<std::string>{"done 3"});
    tree->said("pacman -S --noconfirm --needed app");
    EXPECT_EQ(tree->snapshots().size(), 1U) << "nothing to do";
    tree->said("pacman -Rs --noconfirm app");
    publish({{.name = "single", .version = "2"}});
    tree->said("pacman -Syu --noconfirm");
    EXPECT_EQ(tree->history(), (std::vector<std::string>{"done 3", "done 2", "done 1"}));
    ASSERT_EQ(tree->snapshots().size(), 3U);
    EXPECT_EQ(tree->opt_in(tree->snapshots()[2]), "base single");

    tree->said("kpkg remove single");
    EXPECT_EQ(tree->snapshots().size(), 4U) << "kpkg has one of its own";
    EXPECT_EQ(tree->history().size(), 4U);

    EXPECT_EQ(tree->said("kpkg hooks off; kpkg hooks; ls /etc/pacman.d/hooks"), "off\n");
    tree->said("pacman -S --noconfirm single");
    EXPECT_EQ(tree->snapshots().size(), 4U);
}

TEST_F(RealPacman, ItsHooksEndItWhenThereIsNoSnapshot) {
    tree->said("kpkg hooks on");
    tree->fill(true);
    const auto refused = tree->sh("pacman -S --noconfirm app");
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE((refused.out + refused.err).find("out of space"), std::string::npos) << refused.out << refused.err;
    EXPECT_EQ(installed(), "base 1-1 ");
    tree->fill(false);
    tree->said("pacman -S --noconfirm single");
    // A collision is found before anything is changed.
    EXPECT_EQ(tree->sh("pacman -S --noconfirm clash").exit_code, 1);
    EXPECT_EQ(tree->snapshots().size(), 1U);
    tree->said("rm /usr/bin/kpkg; pacman -S --noconfirm app");
    EXPECT_EQ(installed(), "app 1-1 base 1-1 library 1-1 single 1-1 ") << "the hooks are nothing without kpkg";
}

TEST_F(RealPacman, ARunThatDiesLeavesItsRecordAndItsSnapshot) {
    tree->said("kpkg hooks on");
    publish({{.name = "deadly", .version = "1", .before = "kill -KILL $PPID"}});
    tree->said("pacman -Sy");
    tree->sh("pacman -S --noconfirm deadly");
    EXPECT_EQ(tree->history(), std::vector<std::string>{"begun 0"});
    EXPECT_EQ(tree->snapshots().size(), 1U);
}

}  // namespace
}  // namespace kld::test
