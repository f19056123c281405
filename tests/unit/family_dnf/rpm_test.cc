// SPDX-License-Identifier: BSD-3-Clause
#include "family/dnf/rpm.h"

#include <gtest/gtest.h>

#include "family/dnf/repository.h"
#include "support/fakes.h"
#include "support/sample_repository.h"

namespace kld::dnf {
namespace {

TEST(Spec, SaysAllThatThePackageHas) {
    auto sample = test::sample_package();
    sample.depends = {"kldload-other"};
    test::expect_golden("packing/sample.spec", spec_text(sample));
}

TEST(Spec, APackageWithoutProgramIsForAllAndNeedsNoShell) {
    auto sample = test::sample_package();
    sample.native = false;
    sample.functions.clear();
    const auto text = spec_text(sample);
    EXPECT_NE(text.find("BuildArch: noarch\n"), std::string::npos) << text;
    for (const auto* script : {"%post", "%preun", "%postun"}) EXPECT_EQ(text.find(script), std::string::npos) << text;
}

TEST(Programs, WithoutThemTheWayOutIsSaid) {
    test::FakeFiles none;
    const auto status = need_programs(none);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().hint, "apt-get install rpm createrepo-c gnupg");
}

class RpmRepository : public test::SampleRepository {
protected:
    RpmRepository() : SampleRepository({pack, publish, packing::KeyKind::rsa}) {}
    std::string query(const std::string& package, const std::string& format) {
        const auto output = runner.run({.argv = {"rpm", "-qp", "--nosignature", "--qf", format, package}});
        EXPECT_TRUE(output.has_value()) << render(output.error());
        return output ? output->out : "";
    }
};

TEST_F(RpmRepository, TheSameInputIsTheSameBytes) {
    const auto first = packed(test::sample_package()), second = packed(test::sample_package(), "again");
    EXPECT_EQ(first, at("packed/kldload-sample-1.0-1.x86_64.rpm"));
    EXPECT_TRUE(*files.read(first) == *files.read(second));
    EXPECT_FALSE(*files.read(first) == *files.read(packed(test::sample_package("1.0", "y\n"), "other")));
}

TEST_F(RpmRepository, WhatIsInAPackageIsRootsAndHasItsTime) {
    const auto package = packed(test::sample_package());
    EXPECT_EQ(query(package,
                    "[%{FILENAMES} %{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEFLAGS:fflags} "
                    "%{FILELINKTOS}\n]"),
              "/etc/kldload-sample drwxr-xr-x root:root  \n"
              "/etc/kldload-sample/settings -rw-r--r-- root:root cn \n"
              "/usr/bin/other-sample lrwxrwxrwx root:root  sample\n"
              "/usr/bin/sample -rwxr-xr-x root:root  \n"
              "/usr/lib/kldload drwxr-xr-x root:root  \n"
              "/usr/lib/kldload/sample -rw-r--r-- root:root  \n");
    EXPECT_EQ(query(package, "[%{FILEMTIMES}\n]%{BUILDTIME}\n"),
              "1700000000\n1700000000\n1700000000\n1700000000\n1700000000\n1700000000\n1700000000\n");
    EXPECT_EQ(query(package, "%{SUMMARY}|%{DESCRIPTION}|"),
              "100% of a test|First %{lines} of a\ntest.\n\nSecond paragraph.|");
    EXPECT_EQ(query(package, "[%{REQUIRENAME}\n]").find("kldload-"), std::string::npos);
}

TEST_F(RpmRepository, PackagesAndListAreSigned) {
    const auto source = publish_it(packed(test::sample_package()));
    ASSERT_TRUE(source.has_value()) << render(source.error());
    test::expect_golden("packing/kldload.repo", source->text);
    EXPECT_EQ(*files.read(at("repository/kldload.repo")), source->text);
    // The same once more is nothing new, whatever its signature says of the time.
    const auto before = *files.read(at("repository/kldload-sample-1.0-1.x86_64.rpm"));
    ASSERT_TRUE(publish_it(packed(test::sample_package())));
    EXPECT_TRUE(*files.read(at("repository/kldload-sample-1.0-1.x86_64.rpm")) == before);
    ASSERT_TRUE(publish_it(packed(test::sample_package("2.0"))));
    const auto names = *files.list(at("repository"));
    EXPECT_EQ(names, (std::vector<std::string>{"kldload-builder.asc", "kldload-sample-1.0-1.x86_64.rpm",
                                               "kldload-sample-2.0-1.x86_64.rpm", "kldload.repo", "repodata"}));

    const auto list = at("repository/repodata/repomd.xml");
    EXPECT_TRUE(is_signed(list + ".asc", list));
    ASSERT_TRUE(files.write(list, *files.read(list) + "\n"));
    EXPECT_FALSE(is_signed(list + ".asc", list));
}

TEST_F(RpmRepository, APublishedPackageIsNeverChanged) {
    ASSERT_TRUE(publish_it(packed(test::sample_package())));
    const auto other = publish_it(packed(test::sample_package("1.0", "other content")));
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().code, ExitCode::refused);
    EXPECT_NE(other.error().message.find("kldload-sample-1.0-1.x86_64.rpm is there already"), std::string::npos);
}

TEST_F(RpmRepository, OneThatThisKeyHasNotSignedIsRefused) {
    ASSERT_TRUE(publish_it(packed(test::sample_package())));
    ASSERT_TRUE(files.remove(at("keys")));
    const auto foreign = publish_it(packed(test::sample_package()));
    ASSERT_FALSE(foreign.has_value());
    EXPECT_NE(foreign.error().message.find("a package is not what this builder signed"), std::string::npos)
        << render(foreign.error());
    // And one whose content was altered afterwards: its header, which rpm compares, is still ours.
    ASSERT_TRUE(files.remove(at("repository")));
    ASSERT_TRUE(publish_it(packed(test::sample_package())));
    const auto place = at("repository/kldload-sample-1.0-1.x86_64.rpm");
    auto bytes = *files.read(place);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    ASSERT_TRUE(files.write(place, bytes));
    EXPECT_FALSE(publish_it(packed(test::sample_package())).has_value());
}

}  // namespace
}  // namespace kld::dnf
