// SPDX-License-Identifier: BSD-3-Clause
#include "snap/policy.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::snap {
namespace {

boot::Dataset dataset(const std::string& name, const std::string& mountpoint, const std::string& canmount = "on") {
    return {name, {{"mountpoint", {mountpoint, "local"}}, {"canmount", {canmount, "local"}}}};
}

const std::vector<boot::Dataset> kMachine{dataset("tank", "none", "off"),
                                          dataset("tank/ROOT", "none", "off"),
                                          dataset("tank/ROOT/default", "/", "noauto"),
                                          dataset("tank/home", "/home"),
                                          dataset("tank/home/me", "/home/me"),
                                          dataset("tank/srv", "/srv"),
                                          dataset("tank/var", "/var", "off"),
                                          dataset("tank/var/cache", "/var/cache"),
                                          dataset("tank/var/cache/x", "/var/cache/x"),
                                          dataset("tank/var/log", "/var/log"),
                                          dataset("tank/var/tmp", "/var/tmp")};

/// "section: use_template recursive process_children_only" of all that is no template.
std::vector<std::string> sections(const std::string& text) {
    std::vector<std::string> all;
    for (std::size_t at = text.find("\n["); at != std::string::npos; at = text.find("\n[", at + 1)) {
        const auto end = std::min(text.find("\n\n", at), text.size());
        auto section = text.substr(at + 1, end - at - 1);
        if (section.starts_with("[template_")) continue;
        for (auto& letter : section)
            if (letter == '\n' || letter == '\t') letter = ' ';
        all.push_back(section);
    }
    return all;
}

using Names = std::vector<std::string>;

}  // namespace

TEST(SanoidPolicy, AsOfAnInstalledMachine) {
    const auto text = sanoid_policy(kMachine, "tank/ROOT");
    EXPECT_EQ(sections(text), (Names{"[tank/ROOT]  use_template = system  recursive = yes  process_children_only = yes",
                                     "[tank/home]  use_template = data  recursive = yes",
                                     "[tank/srv]  use_template = data  recursive = yes",
                                     "[tank/var/log]  use_template = data  recursive = yes"}));
    test::expect_golden("sanoid-policy.conf", text);
}

TEST(SanoidPolicy, WhatIsLeftOutIsNotCoveredFromAbove) {
    const auto text = sanoid_policy(
        {dataset("p", "/p"), dataset("p/ROOT", "none"), dataset("p/var", "/var"), dataset("p/var/tmp", "/var/tmp"),
         dataset("p/var/lib", "/var/lib"), dataset("p/var/lib/x", "/var/lib/x")},
        "p/ROOT");
    EXPECT_EQ(sections(text), (Names{"[p/ROOT]  use_template = system  recursive = yes  process_children_only = yes",
                                     "[p]  use_template = data", "[p/var]  use_template = data",
                                     "[p/var/lib]  use_template = data  recursive = yes"}));
}

TEST(SanoidPolicy, ANameThatSanoidCannotReadIsTold) {
    for (const auto* name : {"tank/my data", "tank/a]b"}) {
        auto datasets = kMachine;
        datasets.push_back(dataset(name, "/x"));
        const auto text = sanoid_policy(datasets, "tank/ROOT");
        EXPECT_EQ(sections(text).size(), 4U) << text;
        EXPECT_NE(text.find("called so: " + std::string(name) + "\n"), std::string::npos) << text;
    }
    auto covered = kMachine;
    covered.push_back(dataset("tank/srv/my data", "/srv/my data"));
    EXPECT_EQ(sanoid_policy(covered, "tank/ROOT"), sanoid_policy(kMachine, "tank/ROOT"));
}

TEST(SanoidPolicy, APoolWithoutBootEnvironments) {
    const auto text = sanoid_policy({dataset("data", "/data")}, "data/ROOT");
    EXPECT_EQ(sections(text), (Names{"[data]  use_template = data  recursive = yes"}));
}

}  // namespace kld::snap
