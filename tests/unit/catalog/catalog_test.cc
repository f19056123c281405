// SPDX-License-Identifier: BSD-3-Clause
#include "catalog/catalog.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::catalog {
namespace {

const std::string kCatalog = std::string(KLD_SOURCE_DIR) + "/catalog";

TEST(Catalog, EveryEntryOfTheProjectIsValidAndNamedAsItsFile) {
    RealFiles files;
    const auto names = files.list(kCatalog + "/distros");
    ASSERT_TRUE(names.has_value());
    ASSERT_GE(names->size(), 2U);
    for (const auto& name : *names) {
        const auto id = name.substr(0, name.size() - 5);
        const auto distro = find_distro(files, kCatalog, id);
        ASSERT_TRUE(distro.has_value()) << render(distro.error());
        EXPECT_EQ(distro->id, id);
    }
    const auto features = feature_ids(files, kCatalog);
    ASSERT_TRUE(features.has_value());
    EXPECT_EQ(*features, (std::vector<std::string>{"cloud", "metal", "snapshots", "tools", "vmware"}));
    for (const auto& id : *features) {
        const auto feature = find_feature(files, kCatalog, id);
        ASSERT_TRUE(feature.has_value()) << render(feature.error());
        EXPECT_EQ(feature->id, id);
        EXPECT_EQ(feature->files, files.exists(std::string(KLD_SOURCE_DIR) + "/packaging/features/" + id));
    }
    for (const auto* id : {"core", "server"}) {
        const auto profile = find_profile(files, kCatalog, id);
        ASSERT_TRUE(profile.has_value()) << render(profile.error());
        EXPECT_EQ(profile->id, id);
    }
}

TEST(Catalog, UnknownNameListsTheKnownOnes) {
    RealFiles files;
    const auto distro = find_distro(files, kCatalog, "debian-99");
    ASSERT_FALSE(distro.has_value());
    EXPECT_EQ(distro.error().code, ExitCode::usage);
    EXPECT_EQ(render(distro.error()),
              "error: no distribution is called 'debian-99'\n  hint: known: debian-12, debian-13\n");
    EXPECT_FALSE(find_distro(files, kCatalog, "../distros/debian-13").has_value());
}

TEST(Catalog, AllFaultsOfAFileAreToldWithTheirLines) {
    RealFiles files;
    auto text = files.read(kCatalog + "/distros/debian-13.toml").value();
    text = replace_all(text, "suite = \"trixie\"", "suite = 13");
    text = replace_all(text, "[boot]\n", "[boot]\ncolour = \"red\"\n");
    text = replace_all(text, "variant = \"important\"", "");
    text = replace_all(text, "cim_os_type = 96", "cim_os_type = -1");
    const auto distro = parse_distro(text, "x.toml");
    ASSERT_FALSE(distro.has_value());
    const auto told = render(distro.error());
    EXPECT_NE(told.find("packages.suite must be a string"), std::string::npos) << told;
    EXPECT_NE(told.find("unknown key boot.colour"), std::string::npos) << told;
    EXPECT_NE(told.find("packages.variant is missing"), std::string::npos) << told;
    EXPECT_NE(told.find("ovf.cim_os_type must be a whole number"), std::string::npos) << told;
}

TEST(Catalog, BrokenTomlAndWrongValuesAreUsageErrors) {
    EXPECT_NE(render(parse_distro("version = 1\nid = ", "x.toml").error()).find("x.toml: line 2"), std::string::npos);
    EXPECT_FALSE(parse_distro("version = 2\n", "x.toml").has_value());
    RealFiles files;
    const auto text = files.read(kCatalog + "/distros/debian-13.toml").value();
    EXPECT_NE(
        render(parse_distro(replace_all(text, "\"built\"", "\"maybe\""), "x").error()).find("zfs.modules is 'maybe'"),
        std::string::npos);
    EXPECT_NE(render(parse_distro(replace_all(text, "[\"menu\", \"zfsbootmenu\"]", "[]"), "x").error())
                  .find("boot.loaders is empty"),
              std::string::npos);
    const auto profile = files.read(kCatalog + "/profiles/core.toml").value();
    EXPECT_FALSE(parse_profile(replace_all(profile, "\"ifupdown\"", "\"none\""), "x").has_value());
}

const std::string kFeature =
    "version = 1\nid = \"x\"\ndescription = \"x\"\nlogin = false\nfiles = false\nprogram = \"\"\nneeds = []\ninitramfs = []\n"
    "[packages]\napt = [\"for-all\"]\ndebian-12 = [\"for-twelve\"]\n"
    "[components]\napt = [\"main\", \"non-free-firmware\"]\n[services]\n";

/// A catalogue with the features "a" and "b".
test::FakeFiles two_features() {
    test::FakeFiles files;
    files.entries["/c/features/a.toml"] = {kFeature};
    files.entries["/c/features/b.toml"] = {replace_all(kFeature, "login = false", "login = true")};
    return files;
}

Distro debian(const std::string& version) {
    Distro distro;
    distro.id = "debian-" + version;
    distro.name = "Debian " + version;
    distro.family = "apt";
    distro.components = {"main", "contrib"};
    return distro;
}

TEST(Features, AreThoseOfTheDistributionElseOfItsFamily) {
    auto files = two_features();
    EXPECT_EQ(find_features(files, "/c", {"a"}, debian("13"))->packages, std::vector<std::string>{"for-all"});
    EXPECT_EQ(find_features(files, "/c", {"a"}, debian("12"))->packages, std::vector<std::string>{"for-twelve"});
    auto foreign = debian("13");
    foreign.id = "fedora-41";
    foreign.name = "Fedora 41";
    foreign.family = "dnf";
    const auto none = find_features(files, "/c", {"a"}, foreign);
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(render(none.error()),
              "error: the feature a is not offered with Fedora 41\n  hint: name its packages for fedora-41 or dnf in "
              "catalog/features/a.toml\n");
}

TEST(Features, TogetherAreTheSameInAnyOrder) {
    auto files = two_features();
    const auto set = find_features(files, "/c", {"b", "a", "b"}, debian("13"));
    ASSERT_TRUE(set.has_value()) << render(set.error());
    EXPECT_EQ(set->ids, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(set->packages, std::vector<std::string>{"for-all"}) << "each once";
    EXPECT_EQ(set->components, std::vector<std::string>{"non-free-firmware"}) << "the distribution has main";
    EXPECT_TRUE(set->login);
    EXPECT_EQ(set->digest, find_features(files, "/c", {"a", "b"}, debian("13"))->digest);
    EXPECT_NE(set->digest, find_features(files, "/c", {"a"}, debian("13"))->digest);
    EXPECT_EQ(find_features(files, "/c", {}, debian("13"))->digest, "");
}

TEST(Features, BringWhatTheyNeed) {
    auto files = two_features();
    files.entries["/c/features/a.toml"] = {replace_all(kFeature, "needs = []", "needs = [\"b\"]")};
    files.entries["/c/features/b.toml"] = {replace_all(kFeature, "needs = []", "needs = [\"a\", \"c\"]")};
    files.entries["/c/features/c.toml"] = {replace_all(kFeature, "files = false", "files = true")};
    const auto set = find_features(files, "/c", {"a"}, debian("13"));
    ASSERT_TRUE(set.has_value()) << render(set.error());
    EXPECT_EQ(set->ids, (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(set->shipped, std::vector<std::string>{"c"});
    files.entries["/c/features/b.toml"] = {replace_all(kFeature, "needs = []", "needs = [\"d\"]")};
    EXPECT_NE(render(find_features(files, "/c", {"a"}, debian("13")).error()).find("no feature is called 'd'"),
              std::string::npos);
}

TEST(Features, UnknownOnesAndFaultsAreUsageErrors) {
    auto files = two_features();
    const auto unknown = find_features(files, "/c", {"clod"}, debian("13"));
    ASSERT_FALSE(unknown.has_value());
    EXPECT_EQ(render(unknown.error()), "error: no feature is called 'clod'\n  hint: known: a, b\n");
    EXPECT_EQ(unknown.error().code, ExitCode::usage);
    EXPECT_NE(render(parse_feature(replace_all(kFeature, "[packages]", "colour = 1\n[packages]"), "x").error())
                  .find("unknown key colour"),
              std::string::npos);
    EXPECT_NE(render(parse_feature(replace_all(kFeature, "files = false\n", ""), "x").error()).find("files is missing"),
              std::string::npos);
    const auto bare =
        replace_all(replace_all(kFeature, "apt = [\"for-all\"]\n", ""), "debian-12 = [\"for-twelve\"]\n", "");
    EXPECT_NE(render(parse_feature(bare, "x").error()).find("no packages"), std::string::npos);
}

}  // namespace
}  // namespace kld::catalog
