// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/builtins.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/fakes.h"

namespace kld::zfs {
namespace {

struct BuiltinsTest : testing::Test {
    test::ReplayRunner programs;  // fails the test when a program is started that it does not expect
    test::FakeFiles files;
    Builtins runner{programs, files};
};

TEST_F(BuiltinsTest, MakesADirectoryOnce) {
    const auto directory = *TemporaryDirectory::make("/tmp");
    const auto path = directory.path() + "/-new one";
    const auto mask = ::umask(027);
    const auto made = runner.run({.argv = {"mkdir", "--", path}});
    ::umask(mask);
    ASSERT_TRUE(made.has_value());
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0750U);
    const auto again = runner.run({.argv = {"mkdir", "--", path}});
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().message, "cannot create the directory " + path + ": File exists");
    EXPECT_FALSE(runner.run({.argv = {"mkdir", "--", path + "/a/b"}}));
}

TEST_F(BuiltinsTest, FindsWhatIsMountedLastOnAPlace) {
    files.entries["/proc/self/mountinfo"] = {
        "40 1 0:40 / /srv rw - zfs tank/srv rw\n41 1 0:41 / /srv/a\\040b rw - zfs tank/x rw\n"
        "42 1 0:42 / /srv rw - tmpfs tmpfs rw\n"};
    const auto is_mounted = [&](const std::string& dataset, const std::string& place) {
        return runner.run({.argv = {"findmnt", "--noheadings", "--source", dataset, "--mountpoint", place}})
            .has_value();
    };
    EXPECT_TRUE(is_mounted("tank/x", "/srv/a b"));
    EXPECT_FALSE(is_mounted("tank/y", "/srv/a b"));
    EXPECT_FALSE(is_mounted("tank/srv", "/srv"));  // something covers it
    EXPECT_FALSE(is_mounted("tank/srv", "/srv/c"));
}

TEST_F(BuiltinsTest, FollowsLinksToWhatIsThereOrNot) {
    const auto directory = *TemporaryDirectory::make("/tmp");
    const auto base = std::filesystem::canonical(directory.path()).string();
    std::filesystem::create_directories(base + "/usr/lib/sysimage/rpm");
    std::filesystem::create_directories(base + "/var/lib");
    std::filesystem::create_symlink("../../usr/lib/sysimage/rpm", base + "/var/lib/rpm");
    const auto followed = [&](const std::string& path) {
        return runner.run({.argv = {"readlink", "-f", base + path}});
    };
    EXPECT_EQ(followed("/var/lib/rpm").value().out, base + "/usr/lib/sysimage/rpm\n");
    EXPECT_EQ(followed("/var/lib/rpm/new").value().out, base + "/usr/lib/sysimage/rpm/new\n");
    EXPECT_EQ(followed("/var/lib").value().out, base + "/var/lib\n");
    const auto lost = followed("/no/such");
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().message, "cannot follow the links of " + base + "/no/such: a part of it is not there");
}

TEST_F(BuiltinsTest, EverythingElseIsAProgram) {
    for (const std::vector<std::string>& argv : {std::vector<std::string>{"mkdir", "-p", "/tmp/x"},
                                                 {"mkdir", "--mode=0700", "--", "/tmp/x"},
                                                 {"findmnt", "/"},
                                                 {"readlink", "/a"},
                                                 {"zfs", "list"}}) {
        programs.expect(argv, "said");
        EXPECT_EQ(runner.run({.argv = argv}).value().out, "said");
    }
    programs.expect({"mkdir", "--", "/tmp/one"});
    programs.expect({"zfs", "list"});
    EXPECT_EQ(runner.run_all({{.argv = {"mkdir", "--", "/tmp/one"}}, {.argv = {"zfs", "list"}}}).size(), 2U);
    programs.expect({"zfs", "send", "a@b"});
    programs.expect({"zfs", "receive", "c"});
    EXPECT_TRUE(runner.run_piped({.argv = {"zfs", "send", "a@b"}}, {.argv = {"zfs", "receive", "c"}}));
}

}  // namespace
}  // namespace kld::zfs
