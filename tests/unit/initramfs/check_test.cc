// SPDX-License-Identifier: BSD-3-Clause
#include "initramfs/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "initramfs/elf_needed.h"
#include "samples/initramfs.h"

namespace kld::initramfs {
namespace {

using namespace test;

const std::string kModules = "usr/lib/modules/6.12/";
const std::string kLibraries = "usr/lib/x86_64-linux-gnu/";

/// All that a ZFS root needs, by path; a test takes one thing away or changes it.
class CheckTest : public testing::Test {
protected:
    std::vector<NewEntry> entries_{
        directory("conf"),
        directory("conf/conf.d"),
        program("conf/conf.d/zfs", "BOOT=zfs"),
        directory("etc"),
        program("etc/hostid", "\x01\x02\x03\x04"),
        directory("scripts"),
        program("scripts/zfs", "mountroot() {}"),
        directory("usr"),
        directory("usr/lib"),
        link("lib", "usr/lib"),
        directory("usr/lib/modules"),
        directory("usr/lib/modules/6.12"),
        program(kModules + "zfs.ko.xz", "zfs module"),
        program(kModules + "spl.ko.xz", "spl module"),
        program(kModules + "modules.dep", "a.ko: b.ko\nzfs.ko.xz: spl.ko.xz\n"),
        program(kModules + "modules.builtin", "kernel/drivers/scsi/sd_mod.ko\n"),
        program(kModules + "nvme.ko.xz", "nvme"),
        program(kModules + "ahci.ko.xz", "ahci"),
        program(kModules + "virtio_blk.ko.xz", "blk"),
        program(kModules + "virtio_scsi.ko.xz", "scsi"),
        program(kModules + "usb-storage.ko.xz", "usb"),
        directory("usr/lib/x86_64-linux-gnu"),
        program(kLibraries + "ld.so.2", make_elf({})),
        program(kLibraries + "libc.so.6", make_elf({})),
        program(kLibraries + "libgcc_s.so.1", make_elf({"libc.so.6"})),
        program(kLibraries + "libzfs.so.6.0", make_elf({"libc.so.6"})),
        link(kLibraries + "libzfs.so.6", "libzfs.so.6.0"),
        directory("usr/sbin"),
        program("usr/sbin/zpool", make_elf({"libzfs.so.6"}, "/lib/x86_64-linux-gnu/ld.so.2")),
        program("usr/sbin/zfs", make_elf({"libzfs.so.6"}, "/lib/x86_64-linux-gnu/ld.so.2")),
        program("usr/sbin/mount.zfs", make_elf({"libc.so.6"}, "/lib/x86_64-linux-gnu/ld.so.2"))};
    Expectations expected_{.kernel = "6.12", .hostid = "\x01\x02\x03\x04"};

    NewEntry& entry(const std::string& path) {
        return *std::find_if(entries_.begin(), entries_.end(), [&](const NewEntry& one) { return one.path == path; });
    }
    void remove(const std::string& path) {
        std::erase_if(entries_, [&](const NewEntry& one) { return one.path == path; });
    }
    Report report() {
        auto made = check_initramfs(archive(entries_), expected_);
        if (!made) throw std::runtime_error(render(made.error()));
        return *std::move(made);
    }
    /// The ids that are not ok, in order.
    std::vector<std::string> bad() {
        std::vector<std::string> ids;
        for (const auto& finding : report().findings) {
            if (finding.ok) continue;
            ids.push_back(finding.id);
            EXPECT_FALSE(finding.evidence.empty());
            EXPECT_FALSE(finding.fix.empty()) << finding.id;
        }
        return ids;
    }
    using Ids = std::vector<std::string>;
};

TEST_F(CheckTest, AWholeImagePasses) {
    EXPECT_EQ(bad(), Ids{});
    EXPECT_TRUE(report().ok());
    EXPECT_EQ(report().modules.at("zfs"), "zfs module");
    EXPECT_EQ(report().modules.at("spl"), "spl module");
}

TEST_F(CheckTest, EachThingTakenAwayIsNamed) {
    const std::pair<std::string, Ids> faults[] = {
        {kModules + "zfs.ko.xz", {"zfs.ko", "modules.dep"}},
        {kModules + "spl.ko.xz", {"spl.ko", "modules.dep"}},
        {kModules + "modules.dep", {"modules.dep"}},
        {"usr/sbin/mount.zfs", {"mount.zfs"}},
        {"usr/sbin/zpool", {"zpool"}},
        {"usr/sbin/zfs", {"zfs"}},
        {"scripts/zfs", {"import"}},
        {"conf/conf.d/zfs", {"import"}},
        {"etc/hostid", {"hostid"}},
        {kLibraries + "libgcc_s.so.1", {"libraries"}},
        {kLibraries + "libzfs.so.6", {"libraries"}},
        {kLibraries + "libzfs.so.6.0", {"libraries"}},
        {kLibraries + "libc.so.6", {"libraries"}},
        {kLibraries + "ld.so.2", {"libraries"}},
        {kModules + "nvme.ko.xz", {"driver.nvme"}},
        {kModules + "usb-storage.ko.xz", {"driver.usb-storage"}},
        {kModules + "modules.builtin", {"driver.sd_mod"}},
    };
    const auto whole = entries_;
    for (const auto& [path, ids] : faults) {
        entries_ = whole;
        remove(path);
        EXPECT_EQ(bad(), ids) << path;
    }
}

TEST_F(CheckTest, ModulesOfAnotherKernelDoNotCount) {
    expected_.kernel = "6.13";
    const auto ids = bad();
    EXPECT_EQ(ids.front(), "zfs.ko");
    EXPECT_NE(report().findings[1].evidence.find("but usr/lib/modules/6.12/zfs.ko.xz"), std::string::npos);
}

TEST_F(CheckTest, ALinkCountsOnlyWhenItsTargetIsInside) {
    entry(kModules + "zfs.ko.xz") = link(kModules + "zfs.ko.xz", "../zfs.ko.xz");
    EXPECT_EQ(bad(), (Ids{"zfs.ko", "modules.dep"}));
    entries_.push_back(program("usr/lib/modules/zfs.ko.xz", "elsewhere"));
    EXPECT_EQ(bad(), Ids{});
    EXPECT_EQ(report().modules.at("zfs"), "elsewhere");
}

TEST_F(CheckTest, AnEmptyFileIsNoModuleAndNoProgram) {
    entry(kModules + "zfs.ko.xz").content.clear();
    entry("usr/sbin/zpool").mode = 0100644;
    EXPECT_EQ(bad(), (Ids{"zfs.ko", "zpool"}));
}

TEST_F(CheckTest, ProgramsMayLieInSbin) {
    entry("usr/sbin/zpool").path = "sbin/zpool";
    entries_.insert(entries_.begin(), directory("sbin"));
    EXPECT_EQ(bad(), Ids{});
}

TEST_F(CheckTest, TheHostidIsComparedByteForByte) {
    entry("etc/hostid").content = "\x04\x03\x02\x01";
    EXPECT_EQ(bad(), Ids{"hostid"});
    expected_.hostid.reset();
    EXPECT_EQ(bad(), Ids{});
    entry("etc/hostid").content = std::string(4, '\0');
    EXPECT_EQ(bad(), Ids{"hostid"});
    entry("etc/hostid").content = "abc";
    EXPECT_EQ(bad(), Ids{"hostid"});
}

TEST_F(CheckTest, TheModulesIndexMustNameWhatIsThere) {
    entry(kModules + "modules.dep").content = "nvme.ko.xz:\n";
    EXPECT_EQ(bad(), Ids{"modules.dep"});
    entry(kModules + "modules.dep").content = "zfs.ko.xz: spl.ko.xz icp.ko.xz\n";
    EXPECT_EQ(bad(), Ids{"modules.dep"});
}

TEST_F(CheckTest, AnAppendedHostidWins) {
    const auto image = archive(entries_);
    const auto appended = image + *make_appendix(image.size(), {program("etc/hostid", "wxyz")});
    expected_.hostid = "wxyz";
    EXPECT_TRUE(check_initramfs(appended, expected_)->ok());
    EXPECT_FALSE(check_initramfs(image, expected_)->ok());
}

TEST_F(CheckTest, WhatAFeaturePutsInFrontMustBeThere) {
    const std::string path = "kernel/x86/microcode/GenuineIntel.bin";
    expected_.files = {path};
    EXPECT_EQ(bad(), Ids{"file." + path});
    auto early = archive(
        {directory("kernel"), directory("kernel/x86"), directory("kernel/x86/microcode"), program(path, "microcode")});
    const auto behind = early + compress(Format::zstd, archive(entries_));
    const auto whole = check_initramfs(behind, expected_);
    ASSERT_TRUE(whole) << render(whole.error());
    EXPECT_TRUE(whole->ok()) << render(whole->error("x"));
    entries_.insert(entries_.end(), {directory("kernel"), directory("kernel/x86"), directory("kernel/x86/microcode"),
                                     program(path, "")});
    EXPECT_EQ(bad(), Ids{"file." + path}) << "an empty one";
}

TEST_F(CheckTest, AnImageOfOurOwnNeedsNoScripts) {
    remove("scripts/zfs");
    expected_.generator = Generator::own;
    EXPECT_EQ(bad(), Ids{});
}

TEST_F(CheckTest, SaysWhatWasLost) {
    entries_.push_back(program("nowhere/file", ""));
    EXPECT_EQ(bad(), Ids{"unpacked"});
}

TEST_F(CheckTest, TheErrorListsAllAndTheFirstWayOut) {
    remove(kModules + "zfs.ko.xz");
    remove("etc/hostid");
    const auto text = render(report().error("/boot/initrd.img-6.12"));
    EXPECT_TRUE(text.starts_with(
        "error: the initramfs /boot/initrd.img-6.12 could not mount a ZFS root\n  zfs.ko: no zfs.ko under"));
    EXPECT_NE(text.find("\n  hostid: no etc/hostid\n"), std::string::npos);
    EXPECT_NE(text.find("hint: install zfs-modules-6.12, then update-initramfs -u -k 6.12"), std::string::npos);
}

TEST_F(CheckTest, LibrariesAreNotFollowedWithoutEnd) {
    for (const std::string name : {"libzfs.so.6.0", "libc.so.6"}) {
        std::vector<std::string> needs{"libc.so.6"};
        for (int i = 0; i < 900; ++i) needs.push_back(name + std::to_string(i));
        entry(kLibraries + name).content = make_elf(needs);
    }
    EXPECT_EQ(bad(), Ids{"libraries"});
    const auto findings = report().findings;
    EXPECT_TRUE(std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.evidence.find("more than a thousand libraries") != std::string::npos;
    }));
}

TEST_F(CheckTest, SurvivesMutation) {
    mutate(archive(entries_), 2000, [&](const std::string& bytes) { (void)check_initramfs(bytes, expected_); });
}

TEST(ElfNeeded, ReadsLibrariesAndLoader) {
    const auto needs = read_needs(make_elf({"liba.so.1", "libb.so.2"}, "/lib64/ld.so"));
    ASSERT_TRUE(needs) << render(needs.error());
    EXPECT_EQ(needs->libraries, (std::vector<std::string>{"liba.so.1", "libb.so.2"}));
    EXPECT_EQ(needs->interpreter, "/lib64/ld.so");
}

TEST(ElfNeeded, RefusesGarbageAndSurvivesMutation) {
    EXPECT_FALSE(read_needs("#!/bin/sh"));
    const auto elf = make_elf({"liba.so.1"}, "/lib64/ld.so");
    for (std::size_t size = 0; size < elf.size(); ++size) EXPECT_FALSE(read_needs(elf.substr(0, size))) << size;
    mutate(elf, 5000, [](const std::string& bytes) { (void)read_needs(bytes); });
}

TEST(ElfNeeded, RefusesWhatNoProgramHas) {
    EXPECT_TRUE(read_needs(make_elf(std::vector<std::string>(1000, "liba.so.1"))));
    EXPECT_EQ(message_of(read_needs(make_elf(std::vector<std::string>(1001, "liba.so.1")))),
              "it asks for more than a thousand libraries");
    EXPECT_FALSE(read_needs(make_elf({std::string(300, 'l')})));
    EXPECT_FALSE(read_needs(make_elf({}, std::string(5000, '/'))));
    auto twice = make_elf({"liba.so.1"}, "/lib64/ld.so");
    twice[64] = 2;  // the first program header, which says what is loaded
    EXPECT_EQ(message_of(read_needs(twice)), "a part that a program has once is there twice");
}

}  // namespace
}  // namespace kld::initramfs
