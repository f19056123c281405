// SPDX-License-Identifier: BSD-3-Clause
#include "family/pacman/package.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "family/pacman/repository.h"
#include "support/fakes.h"
#include "support/sample_repository.h"

namespace kld::pacman {
namespace {

TEST(Package, SaysAllThatItHas) {
    auto sample = test::sample_package();
    sample.depends = {"kldload-other"};
    test::expect_golden("packing/sample.PKGINFO", info_text(sample, 1700000000));
}

TEST(Package, ItsScriptsCallTheFunctions) {
    test::expect_golden("packing/sample.INSTALL", install_text(test::sample_package()));
    auto sample = test::sample_package();
    sample.functions.clear();
    EXPECT_EQ(install_text(sample), "");
}

TEST(Programs, WithoutThemTheWayOutIsSaid) {
    test::FakeFiles none;
    const auto status = need_programs(none);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().hint, "apt-get install libarchive-tools pacman-package-manager makepkg gnupg");
}

class PacmanRepository : public test::SampleRepository {
protected:
    PacmanRepository() : SampleRepository({pack, publish, packing::KeyKind::ed25519}) {}
    std::string out(const std::vector<std::string>& argv) {
        const auto output = runner.run({.argv = argv});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? output->out : "";
    }
    std::string versions() {
        std::string all;
        const auto text = out({"bsdtar", "-xOf", at("repository/kldload.db"), "*/desc"});
        const auto fields = lines(text);
        for (std::size_t at = 0; at + 1 < fields.size(); ++at)
            if (fields[at] == "%VERSION%") all += fields[at + 1] + " ";
        return all;
    }
};

TEST_F(PacmanRepository, TheSameInputIsTheSameBytes) {
    const auto first = packed(test::sample_package()), second = packed(test::sample_package(), "again");
    EXPECT_EQ(first, at("packed/kldload-sample-1.0-1-x86_64.pkg.tar.zst"));
    EXPECT_TRUE(*files.read(first) == *files.read(second));
    EXPECT_FALSE(*files.read(first) == *files.read(packed(test::sample_package("1.0", "y\n"), "other")));
}

TEST_F(PacmanRepository, WhatIsInAPackageIsRootsAndHasItsTime) {
    const auto package = packed(test::sample_package());
    const auto list = out({"env", "TZ=UTC", "tar", "--zstd", "--full-time", "-tvf", package});
    std::vector<std::string> seen;
    for (const auto& line : lines(list)) {
        const auto fields = words(line);
        ASSERT_GE(fields.size(), 6U) << line;
        EXPECT_EQ(fields[3] + " " + fields[4], "2023-11-14 22:13:20") << line;
        std::string rest = fields[0] + " " + fields[1];
        for (std::size_t at = 5; at < fields.size(); ++at) rest += " " + fields[at];
        seen.push_back(rest);
    }
    EXPECT_EQ(seen, (std::vector<std::string>{
                        "-rw-r--r-- root/root .PKGINFO", "-rw-r--r-- root/root .INSTALL", "-rw-r--r-- root/root .MTREE",
                        "drwxr-xr-x root/root etc/", "drwxr-xr-x root/root etc/kldload-sample/",
                        "-rw-r--r-- root/root etc/kldload-sample/settings", "drwxr-xr-x root/root usr/",
                        "drwxr-xr-x root/root usr/bin/", "lrwxrwxrwx root/root usr/bin/other-sample -> sample",
                        "-rwxr-xr-x root/root usr/bin/sample", "drwxr-xr-x root/root usr/lib/",
                        "drwxr-xr-x root/root usr/lib/kldload/", "-rw-r--r-- root/root usr/lib/kldload/sample"}));
}

TEST_F(PacmanRepository, PackagesAndDatabaseAreSigned) {
    const auto source = publish_it(packed(test::sample_package("2.0")));
    ASSERT_TRUE(source.has_value()) << render(source.error());
    test::expect_golden("packing/kldload.conf", source->text);
    EXPECT_EQ(*files.read(at("repository/kldload.conf")), source->text);
    EXPECT_EQ(versions(), "2.0-1 ");
    const auto signature = at("repository/kldload-sample-2.0-1-x86_64.pkg.tar.zst.sig");
    const auto before = *files.read(signature);
    ASSERT_TRUE(publish_it(packed(test::sample_package("2.0"))));
    EXPECT_TRUE(*files.read(signature) == before) << "the same once more is nothing new";
    ASSERT_TRUE(publish_it(packed(test::sample_package("1.0"))));
    EXPECT_EQ(versions(), "2.0-1 ") << "an older one takes nothing away";

    for (const auto* name :
         {"kldload.db", "kldload-sample-1.0-1-x86_64.pkg.tar.zst", "kldload-sample-2.0-1-x86_64.pkg.tar.zst"}) {
        const auto path = at("repository/") + name;
        EXPECT_TRUE(is_signed(path + ".sig", path)) << name;
    }
    EXPECT_FALSE(is_signed(signature, at("repository/kldload.db")));
}

TEST_F(PacmanRepository, ALostSignatureIsMadeAgain) {
    ASSERT_TRUE(publish_it(packed(test::sample_package())));
    const auto signature = at("repository/kldload-sample-1.0-1-x86_64.pkg.tar.zst.sig");
    ASSERT_TRUE(files.remove(signature));
    ASSERT_TRUE(publish_it(packed(test::sample_package())));
    EXPECT_TRUE(files.exists(signature));
}

TEST_F(PacmanRepository, APublishedPackageIsNeverChanged) {
    ASSERT_TRUE(publish_it(packed(test::sample_package())));
    const auto other = publish_it(packed(test::sample_package("1.0", "other content")));
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().code, ExitCode::refused);
    EXPECT_NE(other.error().message.find("kldload-sample-1.0-1-x86_64.pkg.tar.zst is there already"),
              std::string::npos);
}

}  // namespace
}  // namespace kld::pacman
