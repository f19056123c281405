// SPDX-License-Identifier: BSD-3-Clause
// kpkg and its hook with the real dnf and rpm, on a tree of their own.
#include <gtest/gtest.h>

#include <optional>

#include "base/text.h"
#include "support/root_tree.h"
#include "support/tiny_packages.h"

namespace kld::test {
namespace {

constexpr const char* kPlugin = "/usr/lib/python3/dist-packages/dnf-plugins/kldload.py";

class RealDnf : public testing::Test {
protected:
    void SetUp() override {
        auto made = RootTree::make("rhel fedora");
        ASSERT_TRUE(made.has_value()) << render(made.error());
        tree.emplace(std::move(*made));
        tree->write("/etc/dnf/dnf.conf", "[main]\ngpgcheck=0\nbest=True\nreposdir=/etc/yum.repos.d\n");
        publish("first", {{.name = "app", .version = "1", .depends = {"library"}},
                          {.name = "library", .version = "1"},
                          {.name = "single", .version = "1"},
                          {.name = "refused", .version = "1", .before = "exit 3"},
                          {.name = "noisy", .version = "1", .after = "exit 3"}});
    }
    void publish(const std::string& name, const std::vector<TinyPackage>& packages) {
        RealFiles files;
        ProcessRunner runner;
        const auto made = make_rpm_repository(runner, files, tree->at("/srv/" + name), packages);
        ASSERT_TRUE(made.has_value()) << render(made.error());
        tree->write("/etc/yum.repos.d/" + name + ".repo",
                    "[" + name + "]\nname=" + name + "\nbaseurl=file:///srv/" + name + "\n");
    }
    /// A newer app comes into being.
    void publish_second() { publish("second", {{.name = "app", .version = "2", .depends = {"library"}}}); }
    std::string installed() { return tree->said("rpm -qa --qf '%{NAME}-%{VERSION}\\n' | sort | tr '\\n' ' '"); }

    std::optional<RootTree> tree;
};

TEST_F(RealDnf, ATransactionFromInstallToRemove) {
    const auto out = tree->said("kpkg install app");
    EXPECT_NE(out.find("  app.noarch: (none) -> 0:1-1\n  library.noarch: (none) -> 0:1-1\n"), std::string::npos) << out;
    EXPECT_EQ(installed(), "app-1 library-1 ");
    ASSERT_EQ(tree->snapshots().size(), 1U);
    EXPECT_EQ(tree->opt_in(tree->snapshots()[0]), "") << "taken before";
    EXPECT_EQ(tree->history(), std::vector<std::string>{"done 2"});

    // Nothing to do.
    tree->said("kpkg install app");
    EXPECT_EQ(tree->snapshots().size(), 1U);
    EXPECT_EQ(tree->history().size(), 1U);

    // No news, and news: dnf says 100 for them, which is no failure.
    EXPECT_EQ(tree->sh("kpkg update").exit_code, 0);
    publish_second();
    EXPECT_EQ(tree->sh("dnf -q check-update").exit_code, 100);
    EXPECT_EQ(tree->sh("kpkg update").exit_code, 0);
    tree->write("/etc/yum.repos.d/gone.repo", "[gone]\nname=gone\nbaseurl=file:///srv/gone\n");
    const auto failed = tree->sh("kpkg update");
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_NE(failed.err.find("dnf check-update failed with exit code 1\n"), std::string::npos) << failed.err;
    tree->said("rm /etc/yum.repos.d/gone.repo");

    const auto upgraded = tree->said("kpkg upgrade");
    EXPECT_NE(upgraded.find("  app.noarch: 0:1-1 -> 0:2-1\n"), std::string::npos) << upgraded;
    EXPECT_EQ(tree->opt_in(tree->snapshots().back()), "app library");
    EXPECT_EQ(tree->said("kpkg list -H"), "app.noarch\t0:2-1\nlibrary.noarch\t0:1-1\n");
    EXPECT_NE(tree->said("kpkg info app").find("Summary      : app of a test"), std::string::npos);
    EXPECT_NE(tree->said("kpkg search singl").find("single.noarch"), std::string::npos);

    const auto removed = tree->said("kpkg remove library");
    EXPECT_NE(removed.find("  app.noarch: 0:2-1 -> (none)\n  library.noarch: 0:1-1 -> (none)\n"), std::string::npos)
        << removed;
    EXPECT_EQ(installed(), "");
    EXPECT_EQ(tree->history(), (std::vector<std::string>{"done 2", "done 1", "done 2"}));
    EXPECT_EQ(tree->snapshots().size(), 3U);
}

TEST_F(RealDnf, AFailureKeepsItsSnapshot) {
    const auto refused = tree->sh("kpkg install single refused");
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.err.find("dnf install -y single refused failed with exit code 1\n"), std::string::npos)
        << refused.err;
    EXPECT_NE(refused.err.find("kpkg undo kpkg-"), std::string::npos) << refused.err;
    EXPECT_EQ(tree->sh("kpkg install nothing-of-that-name").exit_code, 1);
    EXPECT_EQ(tree->history(), (std::vector<std::string>{"failed 1", "failed 0"}));
    EXPECT_EQ(tree->snapshots().size(), 2U);
}

TEST_F(RealDnf, WithoutASnapshotDnfIsNotStarted) {
    tree->fill(true);
    const auto refused = tree->sh("kpkg install app");
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.err.find("out of space"), std::string::npos) << refused.err;
    EXPECT_EQ(installed(), "");
    tree->said("kpkg install --force-no-snapshot app");
    EXPECT_EQ(installed(), "app-1 library-1 ");
    EXPECT_EQ(tree->history(), std::vector<std::string>{"done 2"});
}

TEST_F(RealDnf, ItsPluginTakesOneSnapshotForEachRun) {
    tree->said("kpkg hooks on");
    EXPECT_EQ(tree->said("kpkg hooks; ls " + std::string(kPlugin)), "on\n" + std::string(kPlugin) + "\n");
    // What changes nothing asks for nothing.
    tree->said("dnf -y install --downloadonly app; dnf search app");
    tree->sh("dnf install --assumeno app");
    EXPECT_TRUE(tree->snapshots().empty());

    tree->said("dnf -y install app single");
    ASSERT_EQ(tree->snapshots().size(), 1U);
    EXPECT_EQ(tree->opt_in(tree->snapshots()[0]), "");
    EXPECT_EQ(tree->history(), std::vector<std::string>{"done 3"});
    tree->said("dnf -y install app");
    EXPECT_EQ(tree->snapshots().size(), 1U);
    publish_second();
    tree->said("dnf -y upgrade");
    tree->said("dnf-3 -y remove library");
    EXPECT_EQ(tree->history(), (std::vector<std::string>{"done 3", "done 1", "done 2"}));
    ASSERT_EQ(tree->snapshots().size(), 3U);
    EXPECT_EQ(tree->opt_in(tree->snapshots()[2]), "app library single");

    // kpkg has a snapshot of its own.
    tree->said("kpkg install library");
    EXPECT_EQ(tree->snapshots().size(), 4U);
    EXPECT_EQ(tree->history().size(), 4U);

    tree->said("kpkg hooks off");
    EXPECT_EQ(tree->said("kpkg hooks; ls " + std::string(kPlugin) + " 2>/dev/null || echo none"), "off\nnone\n");
    tree->said("dnf -y remove library");
    EXPECT_EQ(tree->snapshots().size(), 4U);
}

TEST_F(RealDnf, ItsPluginEndsDnfWhenThereIsNoSnapshot) {
    tree->said("kpkg hooks on");
    tree->fill(true);
    const auto refused = tree->sh("dnf -y install app");
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_NE(refused.err.find("out of space"), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find("kpkg could not take a snapshot: nothing was changed"), std::string::npos)
        << refused.err;
    EXPECT_EQ(installed(), "");
    tree->fill(false);
    tree->said("dnf -y install app");
    EXPECT_EQ(tree->history(), std::vector<std::string>{"done 2"});
}

TEST_F(RealDnf, ItsPluginWritesDownWhatAFailedRunDid) {
    tree->said("kpkg hooks on; dnf -y install library");
    publish("second", {{.name = "clash", .version = "2", .also = "/opt/library"}});
    // Found before anything is changed.
    EXPECT_NE(tree->sh("dnf -y install clash").exit_code, 0);
    EXPECT_EQ(tree->snapshots().size(), 1U);
    // Found while it is: what came before it stays.
    EXPECT_NE(tree->sh("dnf -y install app refused").exit_code, 0);
    EXPECT_EQ(tree->snapshots().size(), 2U);
    EXPECT_EQ(tree->last_record(), "failed 1");
    // rpm passes over a script that fails afterwards.
    tree->said("dnf -y install noisy");
    EXPECT_EQ(tree->last_record(), "done 1");
}

TEST_F(RealDnf, ItsPluginIsNothingWithoutKpkg) {
    tree->said("kpkg hooks on; rm /usr/bin/kpkg; dnf -y install app");
    EXPECT_EQ(installed(), "app-1 library-1 ");
    EXPECT_TRUE(tree->snapshots().empty());
}

}  // namespace
}  // namespace kld::test
