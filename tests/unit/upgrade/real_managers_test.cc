// SPDX-License-Identifier: BSD-3-Clause
// Simulations of the real dnf and pacman, and whether they leave out what they are told to.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "support/root_tree.h"
#include "support/tiny_packages.h"
#include "upgrade/family.h"

namespace kld::upgrade {
namespace {

using test::TinyPackage;

class RealManagers : public testing::Test {
protected:
    void start(const std::string& name, const std::string& like) {
        auto made = test::RootTree::make(like);
        ASSERT_TRUE(made.has_value()) << render(made.error());
        tree.emplace(std::move(*made));
        for (const auto& known : packages::managers())
            if (known.name == name) manager = known;
        const auto known = family_of(manager);
        ASSERT_TRUE(known.has_value()) << render(known.error());
        family = *known;
    }
    /// What the manager says that it would do, one action a line.
    Simulation simulate(const std::vector<std::string>& command) {
        const auto output = tree->sh(shell_line(command));
        const auto& good = family.simulate_codes;
        EXPECT_TRUE(output.exit_code == 0 || std::find(good.begin(), good.end(), output.exit_code) != good.end())
            << output.err;
        const auto simulation = family.parse(output.out);
        EXPECT_TRUE(simulation.has_value()) << output.out << output.err;
        return simulation.value_or(Simulation{});
    }
    packages::Packages installed() { return manager.parse(tree->sh(shell_line(manager.installed)).out); }
    ProcessRunner runner;
    RealFiles files;
    std::optional<test::RootTree> tree;
    packages::Manager manager;
    Family family;
};

TEST_F(RealManagers, Dnf) {
    ASSERT_NO_FATAL_FAILURE(start("dnf", "rhel fedora"));
    tree->write("/etc/dnf/dnf.conf", "[main]\ngpgcheck=0\nreposdir=/etc/yum.repos.d\n");
    tree->write("/etc/yum.repos.d/tests.repo", "[tests]\nname=tests\nbaseurl=file:///srv/tests\nmetadata_expire=0\n");
    const auto publish = [&](const std::vector<TinyPackage>& all) {
        const auto made = test::make_rpm_repository(runner, files, tree->at("/srv/tests"), all);
        ASSERT_TRUE(made.has_value()) << render(made.error());
        // As kupgrade does: within a second of the last look dnf sees nothing new by itself.
        tree->said(shell_line(family.refresh));
    };
    const std::string name = "an-app-with-a-name-that-is-wider-than-the-column-of-a-table-is";
    publish({{.name = name, .version = "1"}, {.name = "kernel-core", .version = "1"}});
    tree->said("dnf -y install kernel-core " + name);
    EXPECT_TRUE(simulate(family.simulate).empty());

    publish({{.name = name, .version = "2", .depends = {"library"}},
             {.name = "library", .version = "1"},
             {.name = "kernel-core", .version = "2", .depends = {"kernel-modules-2-1"}},
             {.name = "kernel-modules-2-1", .version = "2"}});
    const auto all = simulate(family.simulate);
    ASSERT_EQ(all.actions.size(), 4U) << to_text(all);
    const auto app = std::find_if(all.actions.begin(), all.actions.end(),
                                  [&](const Action& action) { return action.package == name; });
    ASSERT_NE(app, all.actions.end()) << to_text(all);
    EXPECT_EQ(app->architecture, "noarch");
    EXPECT_EQ(app->after, "2-1");
    const auto holds = plan_hold(family.manager, all, installed());
    ASSERT_EQ(holds.size(), 1U);
    EXPECT_EQ(holds[0].kernel, "2-1.noarch");
    const auto rest = simulate(without(family, family.simulate, holds));
    EXPECT_EQ(rest.actions.size(), 2U) << to_text(rest);

    tree->said(shell_line(family.refresh) + "; " + shell_line(without(family, family.download, holds)));
    EXPECT_EQ(installed().at(name + ".noarch"), "0:1-1");
    tree->said(shell_line(without(family, family.upgrade, holds)));
    EXPECT_EQ(installed(),
              (packages::Packages{
                  {name + ".noarch", "0:2-1"}, {"kernel-core.noarch", "0:1-1"}, {"library.noarch", "0:1-1"}}));
    tree->said(shell_line(family.upgrade));
    EXPECT_EQ(installed().at("kernel-core.noarch"), "0:2-1");
}

TEST_F(RealManagers, Pacman) {
    ASSERT_NO_FATAL_FAILURE(start("pacman", "arch"));
    tree->write("/etc/pacman.conf",
                "[options]\nArchitecture = auto\nSigLevel = Never\n[tests]\nServer = file:///srv/tests\n");
    tree->said("mkdir -p /var/lib/pacman /var/cache/pacman/pkg");
    const auto publish = [&](const std::vector<TinyPackage>& all) {
        const auto made = test::make_pacman_repository(runner, files, tree->at("/srv/tests"), "tests", all);
        ASSERT_TRUE(made.has_value()) << render(made.error());
        tree->said(shell_line(family.refresh));
    };
    publish({{.name = "app", .version = "1"}, {.name = "linux", .version = "1"}});
    tree->said("pacman -S --noconfirm app linux");
    EXPECT_TRUE(simulate(family.simulate).empty());

    publish({{.name = "app", .version = "2", .depends = {"library"}},
             {.name = "library", .version = "1"},
             {.name = "linux", .version = "2"}});
    const auto all = simulate(family.simulate);
    EXPECT_EQ(all.actions.size(), 3U) << to_text(all);
    const auto holds = plan_hold(family.manager, all, installed());
    ASSERT_EQ(holds.size(), 1U);
    EXPECT_EQ(holds[0].kernel, "linux");
    EXPECT_EQ(simulate(without(family, family.simulate, holds)).actions.size(), 2U);

    tree->said(shell_line(without(family, family.download, holds)));
    EXPECT_EQ(installed().at("app"), "1-1");
    tree->said(shell_line(without(family, family.upgrade, holds)));
    EXPECT_EQ(installed(), (packages::Packages{{"app", "2-1"}, {"library", "1-1"}, {"linux", "1-1"}}));
}

}  // namespace
}  // namespace kld::upgrade
