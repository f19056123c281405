// SPDX-License-Identifier: BSD-3-Clause
#include "base/user_namespace.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "base/text.h"
#include "support/fakes.h"

namespace kld {

TEST(UserNamespace, FindsTheIdsOfAUserByNameAndByNumber) {
    EXPECT_TRUE(has_subordinate_ids("other:100000:65536\nbuilder:165536:65536\n", "builder", 1000));
    EXPECT_TRUE(has_subordinate_ids("1000:165536:131072\n", "builder", 1000));
}

TEST(UserNamespace, TooFewIdsOrThoseOfOthersAreNone) {
    EXPECT_FALSE(has_subordinate_ids("builder:165536:1000\n", "builder", 1000));
    EXPECT_FALSE(has_subordinate_ids("other:100000:65536\n", "builder", 1000));
    EXPECT_FALSE(has_subordinate_ids("builder:165536\nbuilder:x:y\n", "builder", 1000));
    EXPECT_FALSE(has_subordinate_ids("", "builder", 1000));
}

TEST(UserNamespace, TheProgramIsStartedAgainWithItsArguments) {
    EXPECT_EQ(
        join(namespace_argv("/usr/bin/kldload", {"image", "debian-13"}), " "),
        "unshare --map-auto --map-root-user --mount --pid --fork --kill-child=SIGTERM --mount-proc -- /usr/bin/kldload "
        "image debian-13");
}

namespace {

/// Becomes the user 12345, asks, prints the answer and ends.
void ask_as_user(test::FakeFiles& files) {
    if (::setresuid(12345, 12345, 12345) != 0) ::_exit(1);
    const auto done = become_root(files, {});
    const auto text = done ? "done" : done.error().message + "|" + done.error().hint;
    std::fputs(text.c_str(), stderr);
    ::_exit(3);
}

}  // namespace

TEST(UserNamespace, SaysWhatAnOrdinaryUserLacks) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
    test::FakeFiles files;
    const testing::ExitedWithCode asked(3);
    EXPECT_EXIT(ask_as_user(files), asked,
                "12345 has no 65536 ids for the owners of a root tree in /etc/subuid.sudo usermod");
    files.entries["/etc/subuid"] = files.entries["/etc/subgid"] = {"12345:100000:65536\n"};
    EXPECT_EXIT(ask_as_user(files), asked,
                "no newuidmap, which gives an ordinary user the ids of a root tree.apt-get install uidmap");
    files.entries["/proc/sys/user/max_user_namespaces"] = {"0\n"};
    EXPECT_EXIT(ask_as_user(files), asked, "/proc/sys/user/max_user_namespaces is 0");
}

TEST(UserNamespace, RootIsLeftAlone) {
    if (::geteuid() != 0) GTEST_SKIP() << "this is not root";
    test::FakeFiles files;
    EXPECT_TRUE(become_root(files, {}));
}

}  // namespace kld
