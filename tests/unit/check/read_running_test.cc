// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "check/report.h"
#include "check/rows.h"
#include "check/sources.h"
#include "support/fakes.h"

namespace kld::check::test {
namespace {

const std::string kProperties =
    "canmount,mountpoint,readonly,origin,encryption,keyformat,keylocation,encryptionroot,defer_destroy,"
    "org.zfsbootmenu:active,org.zfsbootmenu:kernel,org.zfsbootmenu:commandline,org.zfsbootmenu:rootprefix";

const std::string kAutomount = R"({"fstype":"autofs","uuid":null,"partuuid":null,"avail":0})";
const std::string kFat = R"({"fstype":"vfat","uuid":"6B1C-03A2","partuuid":"d05c5f85","avail":400000000})";

/// Notes which directories somebody looks into.
class NotingFiles final : public RealFiles {
public:
    Result<std::string> read(const std::string& path) override { return fake_.read(path); }
    FileKind kind(const std::string& path) override { return fake_.kind(path); }
    Result<std::vector<std::string>> list(const std::string& path) override {
        looked.insert(path);
        return fake_.list(path);
    }
    std::set<std::string> looked{};

private:
    kld::test::FakeFiles fake_;
};

class ReadRunning : public testing::Test {
protected:
    /// @param efi  what findmnt says of /boot/efi, and of /efi when that is asked for
    Result<System> read(const std::string& boot_efi, const std::string& efi = {}) {
        runner_.expect({"findmnt", "--noheadings", "--output", "FSTYPE,SOURCE", "/"}, "zfs    rpool/ROOT/default\n");
        runner_.expect({"zpool", "get", "-Hp", "-o", "property,value", "all", "rpool"}, "bootfs\t" + bootfs_ + "\n");
        for (const std::string type : {"filesystem", "snapshot"})
            runner_.expect(
                {"zfs", "get", "-Hp", "-r", "-t", type, "-o", "name,property,value,source", kProperties, "rpool"},
                type == "filesystem" ? "rpool/ROOT/default\tmountpoint\t/\tlocal\n"
                                       "rpool/ROOT/new\tmountpoint\t/\tlocal\n"
                                     : "");
        expect_findmnt("/boot/efi", boot_efi);
        if (!efi.empty()) expect_findmnt("/efi", efi);
        return read_running(runner_, files_);
    }
    void expect_findmnt(const std::string& place, const std::string& filesystems) {
        runner_.expect(
            {"findmnt", "--json", "--bytes", "--mountpoint", place, "--output", "FSTYPE,UUID,PARTUUID,AVAIL"},
            filesystems.empty() ? "" : R"({"filesystems":[)" + filesystems + "]}", filesystems.empty() ? 1 : 0);
    }

    std::string bootfs_ = "rpool/ROOT/default";
    kld::test::ReplayRunner runner_;
    NotingFiles files_;
};

TEST_F(ReadRunning, TheNextBootMayTakeAnotherEnvironment) {
    const auto finding = [&] {
        const auto system = read(kFat);
        EXPECT_TRUE(system.has_value()) << render(system.error());
        const auto report = check_system(*system);
        return *std::find_if(report.findings.begin(), report.findings.end(),
                             [](const Finding& one) { return one.id == "B19"; });
    };
    EXPECT_EQ(finding().status, Status::pass);
    bootfs_ = "rpool/ROOT/new";
    EXPECT_EQ(finding().status, Status::warn);
    EXPECT_EQ(finding().evidence, "the next boot takes rpool/ROOT/new, which was not looked at");
    EXPECT_EQ(finding().fix, "kbe check new");
}

TEST_F(ReadRunning, ThePartitionAboveAnAutomountIsMeant) {
    const auto system = read(kAutomount + "," + kFat);
    ASSERT_TRUE(system.has_value()) << render(system.error());
    ASSERT_TRUE(system->esp.has_value());
    EXPECT_EQ(system->esp->type, "vfat");
    EXPECT_EQ(system->esp->partuuid, "d05c5f85");
    EXPECT_EQ(system->esp->free, 400000000U);
}

TEST_F(ReadRunning, WhatIsMountedLastCounts) {
    const auto system = read(R"({"fstype":"ext4"},)" + kFat);
    ASSERT_TRUE(system.has_value() && system->esp.has_value());
    EXPECT_EQ(system->esp->type, "vfat");
}

TEST_F(ReadRunning, AnAutomountAloneIsNoPartition) {
    const auto system = read(kAutomount, kAutomount + "," + kFat);
    ASSERT_TRUE(system.has_value()) << render(system.error());
    ASSERT_TRUE(system->esp.has_value());
    EXPECT_EQ(system->esp->tree.root(), "/efi");
    EXPECT_TRUE(files_.looked.contains("/efi")) << "else it would not mount";
    const auto without = read(kAutomount, kAutomount);
    ASSERT_TRUE(without.has_value()) << render(without.error());
    EXPECT_FALSE(without->esp.has_value());
    EXPECT_EQ(without->unread, "nothing is mounted on /boot/efi or /efi");
}

}  // namespace
}  // namespace kld::check::test
