// SPDX-License-Identifier: BSD-3-Clause
#include "boot/environments.h"

#include <gtest/gtest.h>

namespace kld::boot {
namespace {

Dataset dataset(const std::string& name, const std::string& mountpoint, const std::string& active = "-",
                const std::string& canmount = "noauto") {
    return {name,
            {{"mountpoint", {mountpoint, "local"}},
             {"canmount", {canmount, "local"}},
             {"org.zfsbootmenu:active", {active, active == "-" ? "-" : "local"}}}};
}

}  // namespace

TEST(Environments, MountpointAndActiveDecide) {
    EXPECT_TRUE(is_boot_environment(dataset("a", "/")));
    EXPECT_TRUE(is_boot_environment(dataset("a", "/", "on")));
    EXPECT_FALSE(is_boot_environment(dataset("a", "/", "off")));
    EXPECT_FALSE(is_boot_environment(dataset("rpool", "/", "-", "off"))) << "it only hands /home down";
    EXPECT_FALSE(is_boot_environment(dataset("a", "legacy")));
    EXPECT_TRUE(is_boot_environment(dataset("a", "legacy", "on")));
    EXPECT_FALSE(is_boot_environment(dataset("a", "none", "on")));
    EXPECT_FALSE(is_boot_environment(dataset("a", "/home", "on")));
    EXPECT_FALSE(is_boot_environment(Dataset{"a", {}}));
}

TEST(Environments, BootfsComesFirstAndAPlainCloneIsNoEnvironment) {
    // A clone without properties of its own inherits mountpoint=none from its parent.
    const auto found =
        boot_environments({dataset("rpool", "none"), dataset("rpool/ROOT/b", "/"), dataset("rpool/ROOT/a", "/"),
                           dataset("rpool/ROOT/clone", "none"), dataset("rpool/ROOT/z", "/")},
                          "rpool/ROOT/z");
    EXPECT_EQ(found.names, (std::vector<std::string>{"rpool/ROOT/z", "rpool/ROOT/a", "rpool/ROOT/b"}));
    EXPECT_TRUE(found.warnings.empty());
}

TEST(Environments, CanmountOnIsAWarningOnly) {
    const auto found = boot_environments({dataset("r/a", "/", "-", "on")}, "-");
    EXPECT_EQ(found.names, std::vector<std::string>{"r/a"});
    ASSERT_EQ(found.warnings.size(), 1U);
    EXPECT_EQ(found.warnings[0], "r/a has canmount=on; a boot environment wants canmount=noauto");
}

TEST(Datasets, AreParsedWithTheirSources) {
    const auto parsed = parse_datasets(
        "rpool\tmountpoint\tnone\tlocal\nrpool\torg.zfsbootmenu:commandline\tquiet\tlocal\n"
        "rpool/a\tmountpoint\t/\tlocal\nrpool/a\torg.zfsbootmenu:commandline\tquiet\tinherited from rpool\n");
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(parsed->size(), 2U);
    EXPECT_EQ(find_dataset(*parsed, "rpool/a")->properties.at("org.zfsbootmenu:commandline").source,
              "inherited from rpool");
    EXPECT_EQ(find_dataset(*parsed, "rpool/a")->value("canmount"), "-");
    EXPECT_EQ(find_dataset(*parsed, "nothing"), nullptr);
    EXPECT_EQ(pool_of("rpool/ROOT/a"), "rpool");
    EXPECT_EQ(pool_of("rpool"), "rpool");
}

TEST(Datasets, OddOutputIsAnErrorThatQuotesIt) {
    const auto parsed = parse_datasets("cannot open 'x'\n");
    ASSERT_FALSE(parsed.has_value());
    EXPECT_NE(parsed.error().message.find("cannot open 'x'"), std::string::npos);
}

TEST(Datasets, AValueWithLineBreaksAndTabsHidesNothing) {
    const auto parsed = parse_datasets(
        "rpool\tmountpoint\tnone\tlocal\n"
        "rpool\torg.zfsbootmenu:commandline\tquiet\n\nsplash\tnow\tlocal\n"
        "rpool/a\tmountpoint\t/\tlocal\n"
        "rpool/a\torg.zfsbootmenu:commandline\trw\tquiet\tinherited from rpool\n"
        "tank/b\torg.zfsbootmenu:commandline\tends\n\tlocal\n"
        "tank/b\tmountpoint\t/\tlocal\n",
        kBootProperties);
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(parsed->size(), 3U);
    const auto property = [&](const char* name) {
        return find_dataset(*parsed, name)->properties.at("org.zfsbootmenu:commandline");
    };
    EXPECT_EQ(property("rpool").value, "quiet\n\nsplash\tnow");
    EXPECT_EQ(property("rpool").source, "local");
    EXPECT_EQ(property("rpool/a").value, "rw\tquiet");
    EXPECT_EQ(property("rpool/a").source, "inherited from rpool");
    EXPECT_EQ(property("tank/b").value, "ends\n");
    EXPECT_EQ(find_dataset(*parsed, "rpool/a")->value("mountpoint"), "/");
    EXPECT_EQ(find_dataset(*parsed, "tank/b")->value("mountpoint"), "/");
    EXPECT_EQ(boot_environments(*parsed, "").names, (std::vector<std::string>{"rpool/a", "tank/b"}));
}

TEST(Datasets, AValueThatLooksLikeOutputMakesNoDataset) {
    const auto parsed = parse_datasets(
        "rpool/a\torg.zfsbootmenu:commandline\tquiet\nrpool/evil\tmountpoint\t/\tlocal\nmore\tlocal\n"
        "rpool/a\torg.kldload:keymap\tde\n'x'\tmountpoint\t/\tlocal\nrpool/a\tother\t1\tlocal\n"
        "rpool/b\tmountpoint\t/\tlocal\n",
        kBootProperties);
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(parsed->size(), 2U);
    EXPECT_EQ(parsed->at(0).properties.size(), 2U) << "no name of a dataset, and a property that nobody asked for";
    EXPECT_EQ(parsed->at(0).value("mountpoint"), "-");
    EXPECT_EQ(parsed->at(1).name, "rpool/b");
}

TEST(Datasets, LinesInFrontAreLeftOutAndNothingIsNoError) {
    const auto parsed = parse_datasets("a word\nrpool/b\tmountpoint\t/\tlocal\n");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->size(), 1U);
    EXPECT_TRUE(parse_datasets("").value().empty());
    EXPECT_FALSE(parse_datasets("rpool\tmountpoint\t/\n").has_value()) << "a record without its source";
}

}  // namespace kld::boot
