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

}  // namespace
}  // namespace kld::catalog
