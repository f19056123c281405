// SPDX-License-Identifier: BSD-3-Clause
// Simulations as package managers print them (apt: recorded; dnf, pacman: by their documentation), and which kernels
// are left out of the upgrade because of them.
#include "upgrade/simulation.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"
#include "upgrade/family.h"
#include "upgrade/hold.h"

namespace kld::upgrade {
namespace {

using packages::Packages;

std::string recorded(const std::string& name) {
    const auto text = RealFiles().read(std::string(KLD_TEST_DATA) + "/upgrade/" + name);
    if (!text) throw std::runtime_error(render(text.error()));
    return *text;
}

Simulation apt(const std::string& name) {
    const auto simulation = parse_apt(recorded(name));
    if (!simulation) throw std::runtime_error(render(simulation.error()));
    return *simulation;
}

const Packages kBuilt{{"linux-image-6.12.117+deb13-amd64", "6.12.117-1"},
                      {"zfs-modules-6.12.117+deb13-amd64", "2.3.9-0+deb13u1+kld2"}};
const Packages kDkms{{"linux-image-6.12.117+deb13-amd64", "6.12.117-1"},
                     {"linux-headers-6.12.117+deb13-amd64", "6.12.117-1"},
                     {"zfs-dkms", "2.3.9-0+deb13u1"}};

TEST(Simulations, OfAptAreRead) {
    EXPECT_EQ(to_text(apt("apt-kernel-with-modules.txt")),
              "  linux-image-6.12.118+deb13-amd64 (none) -> 6.12.118-1\n"
              "  zfs-modules-6.12.118+deb13-amd64 (none) -> 2.3.9-0+deb13u1+kld2\n"
              "  kldload-kernel-amd64 6.12.117-1+2.3.9-0+deb13u1+kld2 -> 6.12.118-1+2.3.9-0+deb13u1+kld2\n"
              "  linux-image-amd64 6.12.117-1 -> 6.12.118-1\n"
              "  openssl 3.5.0-1 -> 3.5.9-1~deb13u1\n");
    EXPECT_EQ(to_text(apt("apt-remove.txt")), "  zfs-modules-6.12.117+deb13-amd64 2.3.9-0+deb13u1+kld2 -> (none)\n");
    EXPECT_TRUE(parse_apt("Reading package lists...\n0 upgraded, 0 newly installed\n")->empty());
    const auto foreign = parse_apt("Inst libc6:i386 [1] (2 Debian:13/stable, Debian-Security:13 [i386]) [a:i386 ]\n");
    ASSERT_TRUE(foreign);
    EXPECT_EQ(foreign->actions[0].package, "libc6");
    EXPECT_EQ(foreign->actions[0].architecture, "i386");
}

TEST(Simulations, TheVersionBeforeIsAddedForPeople) {
    Simulation simulation{{{"openssl", "x86_64", {}, "1:3.5-2"},
                           {"app", "noarch", {}, "2-1"},
                           {"new", "noarch", {}, "1-1"},
                           {"kernel-core", "x86_64", {}, "6.2-1"},
                           {"twice", "x86_64", {}, "3-1"},
                           {"gone", "x86_64", "1-1", {}},
                           {"linux", {}, {}, "6.2"}}};
    add_versions_before(simulation, {{"openssl.x86_64", "1:3.5-1"},
                                     {"app.noarch", "0:1-1"},
                                     {"kernel-core.x86_64", "0:6.1-1"},
                                     {"twice.x86_64", "0:1-1 0:2-1"},
                                     {"gone.x86_64", "0:9-9"},
                                     {"linux", "6.1"}});
    EXPECT_EQ(to_text(simulation),
              "  openssl 1:3.5-1 -> 1:3.5-2\n  app 1-1 -> 2-1\n  new (none) -> 1-1\n  kernel-core (none) -> 6.2-1\n"
              "  twice (none) -> 3-1\n  gone 1-1 -> (none)\n  linux 6.1 -> 6.2\n");
}

TEST(Simulations, WhatIsNotUnderstoodIsAnError) {
    EXPECT_FALSE(parse_apt("Inst openssl\n"));
    EXPECT_FALSE(parse_apt("Inst openssl [1] (2 Debian\n"));
    EXPECT_FALSE(parse_apt("Remv openssl\n"));
    EXPECT_FALSE(parse_dnf("Error: Failed to download metadata\n"));
    EXPECT_FALSE(parse_dnf("Upgrading:\n bash riscv9 5.2 updates 1 M\n"));
    EXPECT_FALSE(parse_dnf("Upgrading:\n   replacing bash\n"));
    EXPECT_FALSE(parse_pacman("one two three\n"));
}

TEST(Simulations, OfDnfAreRead) {
    const auto four = parse_dnf(recorded("dnf4.txt"));
    ASSERT_TRUE(four) << render(four.error());
    EXPECT_EQ(to_text(*four),
              "  kernel-core (none) -> 5.14.0-570.12.1.el9_6\n"
              "  kernel-modules-core-of-a-long-name (none) -> 5.14.0-570.12.1.el9_6\n"
              "  openssl (none) -> 1:3.2.2-6.el9_5.1\n"
              "  openssl-pkcs11 0.4.11-9.el9 -> (none)\n"
              "  kernel-core 5.14.0-503.11.1.el9_5 -> (none)\n");
    const auto five = parse_dnf(recorded("dnf5.txt"));
    ASSERT_TRUE(five) << render(five.error());
    EXPECT_EQ(to_text(*five),
              "  bash 5.2.26-3.fc41 -> 5.2.32-1.fc41\n"
              "  kernel-core (none) -> 6.11.4-301.fc41\n"
              "  kernel-devel (none) -> 6.11.4-301.fc41\n");
    EXPECT_TRUE(parse_dnf("Dependencies resolved.\nNothing to do.\nComplete!\n")->empty());
}

TEST(Simulations, OfPacmanAreRead) {
    const auto simulation = parse_pacman(recorded("pacman.txt"));
    ASSERT_TRUE(simulation);
    ASSERT_EQ(simulation->actions.size(), 3U);
    EXPECT_EQ(simulation->actions[0].package, "linux");
    EXPECT_EQ(simulation->actions[0].after, "6.12.8.arch1-1");
}

TEST(Holds, AKernelWithoutItsModules) {
    const auto holds = plan_hold("apt", apt("apt-kernel-alone.txt"), kBuilt);
    ASSERT_EQ(holds.size(), 1U);
    EXPECT_EQ(
        to_warning(holds[0]),
        "the kernel 6.12.118+deb13-amd64 is left out of this run: no zfs-modules-6.12.118+deb13-amd64 comes along");
    EXPECT_EQ(holds[0].packages, std::vector<std::string>{"linux-image-6.12.118+deb13-amd64"});
    // The same archive, asked again with what is held.
    EXPECT_TRUE(plan_hold("apt", apt("apt-kernel-held.txt"), kBuilt).empty());
}

TEST(Holds, NoneThatHasItsModules) {
    EXPECT_TRUE(plan_hold("apt", apt("apt-kernel-with-modules.txt"), kBuilt).empty());
    EXPECT_TRUE(plan_hold("apt", apt("apt-dkms.txt"), kDkms).empty());
    auto there = kBuilt;
    there["zfs-modules-6.12.118+deb13-amd64"] = "2.3.9";
    EXPECT_TRUE(plan_hold("apt", apt("apt-kernel-alone.txt"), there).empty());
}

TEST(Holds, OneThatDkmsCannotCompileFor) {
    const auto holds = plan_hold("apt", apt("apt-dkms-without-headers.txt"), kDkms);
    ASSERT_EQ(holds.size(), 1U);
    EXPECT_NE(holds[0].why.find("linux-headers-6.12.118+deb13-amd64 does not come along"), std::string::npos);
    // Headers of a kernel are of no use without zfs-dkms.
    auto without = kDkms;
    without.erase("zfs-dkms");
    auto simulation = apt("apt-dkms.txt");
    std::erase_if(simulation.actions, [](const Action& action) { return action.package == "zfs-dkms"; });
    EXPECT_EQ(plan_hold("apt", simulation, without).size(), 1U);
}

TEST(Holds, ModulesThatGoOrAreHalfThereDoNotCount) {
    auto simulation = apt("apt-kernel-alone.txt");
    auto there = kBuilt;
    there["zfs-modules-6.12.118+deb13-amd64"] = "2.3.9 (rc)";
    EXPECT_EQ(plan_hold("apt", simulation, there).size(), 1U);
    there["zfs-modules-6.12.118+deb13-amd64"] = "2.3.9";
    simulation.actions.push_back({"zfs-modules-6.12.118+deb13-amd64", {}, "2.3.9", {}});
    EXPECT_EQ(plan_hold("apt", simulation, there).size(), 1U);
}

TEST(Holds, OnlyPackagesThatAreAKernel) {
    Simulation simulation;
    for (const auto* name : {"linux-image-amd64", "linux-image-cloud-amd64", "linux-image-6.12.118+deb13-amd64-dbg",
                             "linux-image-rt-amd64-dbg", "linux-libc-dev"})
        simulation.actions.push_back({name, "amd64", {}, "6.12.118-1"});
    EXPECT_TRUE(plan_hold("apt", simulation, {}).empty());
    simulation.actions.push_back({"linux-image-6.12.118+deb13-amd64-unsigned", "amd64", {}, "6.12.118-1"});
    const auto holds = plan_hold("apt", simulation, {});
    ASSERT_EQ(holds.size(), 1U);
    EXPECT_EQ(holds[0].kernel, "6.12.118+deb13-amd64");
}

TEST(Holds, OfDnf) {
    const auto simulation = *parse_dnf(recorded("dnf5.txt"));
    const auto holds = plan_hold("dnf", simulation, {});
    ASSERT_EQ(holds.size(), 1U);
    EXPECT_EQ(holds[0].kernel, "6.11.4-301.fc41.x86_64");
    EXPECT_EQ(holds[0].packages, std::vector<std::string>{"kernel*-6.11.4-301.fc41*"});
    EXPECT_TRUE(plan_hold("dnf", simulation, {{"zfs-dkms.noarch", "0:2.3.9-1.fc41"}}).empty()) << "kernel-devel comes";
    EXPECT_EQ(plan_hold("dnf", *parse_dnf(recorded("dnf4.txt")),
                        {{"zfs-dkms.noarch", "0:2.3.9-1.el9"}, {"kernel-devel.x86_64", "0:5.14.0-503.11.1.el9_5"}})
                  .size(),
              1U)
        << "kernel-devel is that of another kernel";
}

TEST(Holds, OfPacman) {
    auto simulation = *parse_pacman(recorded("pacman.txt"));
    const auto holds = plan_hold("pacman", simulation, {{"linux", "6.12.7.arch1-1"}, {"zfs-linux", "2.3.9_6.12.7"}});
    ASSERT_EQ(holds.size(), 1U);
    EXPECT_EQ(holds[0].packages, (std::vector<std::string>{"linux", "linux-headers"}));
    EXPECT_TRUE(plan_hold("pacman", simulation, {{"zfs-dkms", "2.3.9-1"}}).empty());
    simulation.actions.push_back({"zfs-linux", {}, {}, "2.3.9_6.12.8"});
    EXPECT_TRUE(plan_hold("pacman", simulation, {}).empty());
}

TEST(Losses, WhatTheSystemBootsWithStays) {
    const auto refused = refuse_losses(apt("apt-remove.txt"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::refused);
    EXPECT_NE(refused.error().message.find("zfs-modules-6.12.117+deb13-amd64"), std::string::npos);
    // With its kernel.
    auto both = apt("apt-remove.txt");
    both.actions.push_back({"linux-image-6.12.117+deb13-amd64", {}, "6.12.117-1", {}});
    EXPECT_TRUE(refuse_losses(both));
    EXPECT_TRUE(refuse_losses(
        {{{"kernel-core", "x86_64", "5.14-1.el9", {}}, {"zfs-modules-5.14-1.el9.x86_64", "x86_64", "2", {}}}}));
    for (const auto* needed : {"zfsutils-linux", "zfs-initramfs", "zfs-dracut", "zfs-dkms"})
        EXPECT_FALSE(refuse_losses({{{needed, {}, "2", {}}}})) << needed;
    EXPECT_TRUE(refuse_losses({{{"nginx", {}, "1", {}}}}));
}

TEST(Families, AreToldWhatToDoAndWhatToLeaveOut) {
    std::string text;
    for (const auto& manager : packages::managers()) {
        const auto family = family_of(manager);
        text += manager.name + "\n";
        if (!family) {
            EXPECT_EQ(family.error().code, ExitCode::refused);
            text += "  refused: " + family.error().message + "\n";
            continue;
        }
        const std::vector<Hold> holds{{"one", {"kernel-one"}, "why"}, {"two", {"kernel-two*"}, "why"}};
        for (const auto& command : {family->refresh, family->simulate, family->download, family->upgrade}) {
            EXPECT_EQ(without(*family, command, {}), command);
            text += "  " + shell_line(command) + "\n";
        }
        text += "  " + shell_line(without(*family, family->upgrade, holds)) + "\n";
    }
    text += preferences_text({{"6.12.118+deb13-amd64", {"linux-image-6.12.118+deb13-amd64"}, "why"}},
                             "Package: nginx\nPin: release a=trixie\nPin-Priority: 900\n");
    test::expect_golden("upgrade/families.txt", text);
}

}  // namespace
}  // namespace kld::upgrade
