// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/programs.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

const std::vector<std::string> kVersion{"zfs", "version"};

Result<std::vector<std::string>> ask(const std::string& out, int code = 0, const std::string& err = {}) {
    test::ReplayRunner runner;
    runner.expect(kVersion, out, code, err);
    return expect_usable_zfs(runner);
}

void expect_refused(const Result<std::vector<std::string>>& answer, const std::string& text, const std::string& hint) {
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ExitCode::refused);
    EXPECT_NE(answer.error().message.find(text), std::string::npos) << answer.error().message;
    EXPECT_NE(answer.error().hint.find(hint), std::string::npos) << answer.error().hint;
}

TEST(Programs, AZfsOfOneReleaseWillDo) {
    for (const auto* both : {"zfs-2.1.11-1+deb12u1\nzfs-kmod-2.1.11-1+deb12u1\n", "zfs-2.3.2-2\nzfs-kmod-2.3.9-1\n",
                             "zfs-2.4.0-rc1\nzfs-kmod-2.4.0-rc1\n", "zfs-3.0.0-1\nzfs-kmod-3.0.0-1\n"}) {
        const auto answer = ask(both);
        ASSERT_TRUE(answer.has_value()) << render(answer.error());
        EXPECT_TRUE(answer->empty()) << answer->front();
    }
}

TEST(Programs, ToolsAndModuleOfDifferentReleasesAreSaid) {
    const auto answer = ask("zfs-2.3.2-2\nzfs-kmod-2.2.7-1\n");
    ASSERT_TRUE(answer.has_value());
    ASSERT_EQ(answer->size(), 1U);
    EXPECT_NE(answer->front().find("OpenZFS 2.3.2-2, the kernel's module of 2.2.7-1"), std::string::npos);
}

TEST(Programs, WhatCannotBeWorkedWithIsRefused) {
    expect_refused(ask({}, 1, "The ZFS modules are not loaded.\nTry running '/sbin/modprobe zfs' as root.\n"),
                   "no ZFS module loaded", "modprobe zfs");
    expect_refused(ask("zfs-2.3.2-2\n", 1, "zfs_version_kernel() failed: No such file or directory\n"),
                   "no ZFS module loaded", "same release as zfs(8), 2.3.2-2");
    expect_refused(ask("zfs-0.8.6-1\nzfs-kmod-0.8.6-1\n"), "OpenZFS 0.8.6-1", "2.1 or newer");
    expect_refused(ask("zfs-2.3.2-2\nzfs-kmod-2.0.3-1\n"), "OpenZFS 2.0.3-1", "2.1 or newer");
    expect_refused(ask({}, 127, "zfs: error while loading shared libraries"), "no zfs(8) that runs", "2.1 or newer");
    expect_refused(ask("gibberish\n"), "no zfs(8) that runs", "2.1 or newer");
}

TEST(Programs, AreLookedForWherePathLeads) {
    test::FakeFiles files;
    files.entries["/opt/rescue bin/efibootmgr"] = {};
    EXPECT_EQ(find_program(files, "efibootmgr", "/usr/bin::/opt/rescue bin"), "/opt/rescue bin/efibootmgr");
    EXPECT_EQ(find_program(files, "efibootmgr", "/usr/bin"), "");
    EXPECT_EQ(find_program(files, "efibootmgr", ""), "");
}

}  // namespace
}  // namespace kld::recovery
