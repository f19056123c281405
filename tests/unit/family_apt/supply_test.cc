// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/supply.h"

#include <gtest/gtest.h>

#include "family/apt/deb.h"

namespace kld::apt {
namespace {

const std::vector<std::string> kLines{"deb [signed-by=/k] http://m.test/debian trixie main contrib",
                                      "deb [signed-by=/k] https://me:secret@m.test:8080/a_b/sec trixie-security main"};

ManifestEntry entry(const std::string& source, const std::string& path) {
    ManifestEntry made{.name = "libstdc++6", .version = "1:14.2~rc1-2+b1", .architecture = "amd64"};
    made.source = source;
    made.path = path;
    return made;
}

TEST(Supply, PackageUrlsAreEncodedAsTheSpecificationSays) {
    EXPECT_EQ(package_url(entry("", ""), "debian-13"),
              "pkg:deb/debian/libstdc%2B%2B6@1:14.2~rc1-2%2Bb1?arch=amd64&distro=debian-13");
    EXPECT_EQ(source_url("zfs-linux 2.3.9-0+deb13u1", "debian-13"),
              "pkg:deb/debian/zfs-linux@2.3.9-0%2Bdeb13u1?arch=source&distro=debian-13");
    auto ours = entry("", "");
    ours.maintainer = packing::kMaintainer;
    EXPECT_TRUE(package_url(ours, "debian-13").starts_with("pkg:deb/kldload/"));
}

TEST(Supply, DownloadsAreOfTheArchiveThatTheIndexIsOf) {
    EXPECT_EQ(download_location(entry("m.test_debian_dists_trixie_main_binary-amd64_Packages", "pool/x.deb"), kLines),
              "http://m.test/debian/pool/x.deb");
    EXPECT_EQ(
        download_location(entry("m.test_debian_dists_trixie-updates_main_binary-amd64_Packages", "pool/x.deb"), kLines),
        "")
        << "no line names that suite";
    EXPECT_EQ(download_location(entry("kldload", "./x.deb"), kLines), "");
    EXPECT_EQ(download_location(entry("m.test_debian_dists_trixie_main_binary-amd64_Packages", ""), kLines), "");
}

TEST(Supply, APasswordOfTheHostsSourcesIsNotPassedOn) {
    EXPECT_EQ(
        download_location(entry("m.test:8080_a%5fb_sec_dists_trixie-security_main_binary-amd64_Packages", "pool/x.deb"),
                          kLines),
        "https://m.test:8080/a_b/sec/pool/x.deb");
}

TEST(Supply, AMailingListIsNoPerson) {
    EXPECT_EQ(supplier("Marco d'Itri <md@linux.it>"), "Person: Marco d'Itri (md@linux.it)");
    EXPECT_EQ(supplier("GNU Libc Maintainers <debian-glibc@lists.debian.org>"),
              "Organization: GNU Libc Maintainers (debian-glibc@lists.debian.org)");
    EXPECT_EQ(supplier("Debian LVM Team <team+lvm@tracker.debian.org>"),
              "Organization: Debian LVM Team (team+lvm@tracker.debian.org)");
    EXPECT_EQ(supplier("Laszlo Boszormenyi (GCS) <gcs@debian.org>"),
              "Person: Laszlo Boszormenyi [GCS] (gcs@debian.org)");
    EXPECT_EQ(supplier("Somebody"), "Person: Somebody");
    EXPECT_EQ(supplier(packing::kMaintainer), "Organization: the kldload authors");
    EXPECT_EQ(supplier(""), "NOASSERTION");
    EXPECT_EQ(supplier("<a@b>"), "NOASSERTION");
}

TEST(Supply, BuiltUsingNamesSources) {
    EXPECT_EQ(built_using_sources("zfs-linux (= 2.3.9-0+deb13u1), b (= 1)"),
              (std::vector<std::string>{"zfs-linux 2.3.9-0+deb13u1", "b 1"}));
    EXPECT_TRUE(built_using_sources("").empty());
}

TEST(Supply, AManifestIsReadBackAsItWasWritten) {
    const auto made = make_manifest(
        "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1+b1\nSource: aa (1)\nMaintainer: M "
        "<m@x>\nBuilt-Using: z (= 2)\n\nPackage: b\nStatus: install ok installed\nArchitecture: all\nVersion: 2\n",
        {{"main",
          "Package: a\nArchitecture: amd64\nVersion: 1+b1\nFilename: pool/a.deb\nSHA256: 11\n\nPackage: "
          "b\nArchitecture: "
          "all\nVersion: 2\nSHA256: 22\n"}});
    ASSERT_TRUE(made.has_value()) << render(made.error());
    const auto back = parse_manifest(manifest_json(*made), "x");
    ASSERT_TRUE(back.has_value()) << render(back.error());
    EXPECT_EQ(manifest_json(*back), manifest_json(*made));
    EXPECT_EQ(back->at(0).path, "pool/a.deb");
    EXPECT_EQ(back->at(0).maintainer, "M <m@x>");
    EXPECT_EQ(back->at(0).built_from, "aa 1");
    EXPECT_EQ(back->at(0).built_using, "z (= 2)");
    EXPECT_EQ(back->at(1).built_from, "b 2");
}

TEST(Supply, ANameThatIsNotUtf8DoesNoHarm) {
    ManifestEntry old{.name = "a", .version = "1", .architecture = "all"};
    old.maintainer = "H\xe5vard <h@x>";
    const auto back = parse_manifest(manifest_json({old}), "x");
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->at(0).maintainer, "H\uFFFDvard <h@x>");
}

TEST(Supply, WhatIsNoManifestIsRefusedByName) {
    for (const auto* text : {"", "[]", "{}", R"({"version":2,"packages":[]})", R"({"version":1,"packages":[1]})",
                             R"({"version":1,"packages":[{"name":"a"}]})", R"({"version":"1","packages":[]})"}) {
        const auto read = parse_manifest(text, "web.manifest.json");
        ASSERT_FALSE(read.has_value()) << text;
        EXPECT_EQ(read.error().message, "web.manifest.json is no manifest of packages");
    }
}

}  // namespace
}  // namespace kld::apt
