// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/tools.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::pipeline {
namespace {

TEST(Tools, NothingIsBegunWhenAProgramOfOneFamilyIsMissing) {
    test::FakeFiles files;
    for (const auto* name : {"dpkg-deb", "apt-ftparchive", "gpg", "rpmbuild", "rpmsign", "rpmkeys", "bsdtar"})
        files.entries[std::string("/usr/bin/") + name] = {"program"};
    test::ReplayRunner none;
    test::CaptureEvents events;
    Build build{none, files, events, {.cache = "/c", .keys = "/k", .data = "/d", .programs = "/p"}};
    const auto published = publish_tools(build, {{}, "/srv/packages", ""});
    ASSERT_FALSE(published.has_value());
    EXPECT_EQ(render(published.error()),
              "error: a repository for dnf needs createrepo_c, which is not here\n"
              "  --family chooses among apt, dnf, pacman\n"
              "  hint: apt-get install createrepo-c\n");
    EXPECT_FALSE(pack_tools(build, {"pacman"}, "/srv/packages").has_value());
    EXPECT_TRUE(events.told.empty());
}

}  // namespace
}  // namespace kld::pipeline
