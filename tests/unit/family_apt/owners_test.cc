// SPDX-License-Identifier: BSD-3-Clause
#include "family/apt/owners.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace kld::apt {
namespace {

class Owners : public testing::Test {
protected:
    void SetUp() override {
        files_.entries["/t/var/lib/dpkg/info/libc6:amd64.list"] = {"/.\n/lib/x/libc.so.6\n"};
        files_.entries["/t/var/lib/dpkg/info/kmod.list"] = {"/.\n/usr/bin/kmod\n"};
        files_.entries["/t/var/lib/dpkg/info/kmod.md5sums"] = {"/usr/bin/other\n"};
    }
    test::FakeFiles files_{};
};

TEST_F(Owners, AreFoundOnBothSidesOfTheMergedDirectories) {
    const auto found = owners(files_, "/t", {"/usr/lib/x/libc.so.6", "/bin/kmod", "/lib/x/libc.so.6"});
    ASSERT_TRUE(found.has_value()) << render(found.error());
    EXPECT_EQ(*found, (std::set<std::string>{"kmod", "libc6"}));
    EXPECT_TRUE(owners(files_, "/t", {})->empty());
}

TEST_F(Owners, AFileOfNobodyIsNamed) {
    const auto found = owners(files_, "/t", {"/usr/bin/kmod", "/usr/bin/other"});
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().message, "no package of /t owns /usr/bin/other");
    EXPECT_FALSE(owners(files_, "/nowhere", {"/x"}).has_value());
}

}  // namespace
}  // namespace kld::apt
