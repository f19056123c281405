// SPDX-License-Identifier: BSD-3-Clause
// A loader that a person gives: what is taken, and what is refused with which words.
#include "pipeline/loader.h"

#include <gtest/gtest.h>

#include <cctype>

#include "base/text.h"
#include "config/schema.h"
#include "digest/sha256.h"
#include "samples/efi.h"
#include "samples/modules.h"
#include "support/fakes.h"

namespace kld::pipeline {
namespace {

constexpr const char* kPath = "/down/zfsbootmenu.EFI";

std::string zfs_module(const std::string& version) {
    return modules::test::make_module({.version = version, .vermagic = "6.6.1_1 SMP "});
}

class ForeignLoaderTest : public testing::Test {
protected:
    void SetUp() override {
        distro_ = catalog::find_distro(real_, std::string(KLD_SOURCE_DIR) + "/catalog", "debian-13").value();
        answers_.loader = "zfsbootmenu";
    }
    /// As somebody who has the digest of what lies there.
    void give(const std::string& bytes) {
        ASSERT_TRUE(files_.write(kPath, bytes, 0644));
        answers_.loader_file = kPath;
        answers_.loader_sha256 = sha256_hex(bytes);
    }
    Result<std::optional<ForeignLoader>> choose() { return foreign_loader(files_, distro_, answers_); }
    /// The whole error, and its exit code in front.
    std::string refusal() {
        const auto chosen = choose();
        if (chosen) return "it was taken";
        return std::to_string(static_cast<int>(chosen.error().code)) + " " + render(chosen.error());
    }

    RealFiles real_{};
    test::FakeFiles files_{};
    catalog::Distro distro_{};
    config::Answers answers_ = config::defaults();
    const std::string good_ = boot::test::make_uki("6.6.1_1", {{"zfs.ko", zfs_module("2.2.7-1")}}, false);
};

TEST_F(ForeignLoaderTest, IsTakenWithItsDigestAndItsZfs) {
    give(good_);
    for (auto& digit : answers_.loader_sha256) digit = static_cast<char>(std::toupper(digit));
    const auto chosen = choose();
    ASSERT_TRUE(chosen.has_value()) << render(chosen.error());
    ASSERT_TRUE(chosen->has_value());
    EXPECT_EQ((*chosen)->bytes, good_);
    EXPECT_EQ((*chosen)->sha256, sha256_hex(good_));
    EXPECT_EQ((*chosen)->zfs_version, "2.2.7-1");
    EXPECT_EQ(digest_of(**chosen), sha256_hex(good_));
}

TEST_F(ForeignLoaderTest, IsNoneUnlessOneIsChosen) {
    answers_.loader.clear();
    const auto usual = choose();
    ASSERT_TRUE(usual.has_value()) << render(usual.error());
    EXPECT_FALSE(usual->has_value()) << "the first of the catalogue is our menu";
    give(good_);
    EXPECT_EQ(refusal(),
              "2 error: boot.loader_file and boot.loader_sha256 are for another loader than our menu\n"
              "  hint: say --boot-loader zfsbootmenu, or leave them out\n");
    answers_.loader = "zfsbootmenu";
    distro_.loaders = {"menu"};
    EXPECT_EQ(refusal(),
              "2 error: Debian 13 (trixie) is not offered with zfsbootmenu\n  hint: boot.loader may be: menu\n");
}

TEST_F(ForeignLoaderTest, NeedsAFileAndWhatVouchesForIt) {
    EXPECT_TRUE(refusal().starts_with("2 error: boot.loader is zfsbootmenu, and boot.loader_file does not say"));
    answers_.loader_file = kPath;
    EXPECT_TRUE(refusal().starts_with("2 error: nothing vouches for /down/zfsbootmenu.EFI")) << refusal();
    answers_.loader_sha256 = sha256_hex(good_);
    EXPECT_TRUE(refusal().starts_with("2 error: there is no file /down/zfsbootmenu.EFI")) << refusal();
    give(good_ + "x");
    answers_.loader_sha256 = sha256_hex(good_);
    EXPECT_EQ(refusal(),
              "3 error: /down/zfsbootmenu.EFI is not the file that boot.loader_sha256 vouches for\n"
              "  expected " +
                  sha256_hex(good_) + "\n  it has   " + sha256_hex(good_ + "x") +
                  "\n  hint: download it again, and compare with the digest that its makers publish\n");
}

TEST_F(ForeignLoaderTest, WhatCouldNotBootTheMachineIsRefused) {
    constexpr std::size_t kMachine = 0x84, kSubsystem = 0x80 + 24 + 68;
    auto other_machine = good_, driver = good_;
    other_machine.replace(kMachine, 2, "\x64\xaa");
    driver[kSubsystem] = 11;
    for (const auto& [bytes, why] : std::vector<std::pair<std::string, std::string>>{
             {"#!/bin/sh\n", "it does not begin with MZ"},
             {"", "it does not begin with MZ"},
             {good_.substr(0, good_.size() / 2), "cut short"},
             {other_machine, "another machine than x86-64 (PE machine type 0xaa64)"},
             {driver, "no EFI application (PE subsystem 11)"},
             {boot::test::make_efi_program({{".text", "shim"}}), "without a kernel and an initramfs"},
             {boot::test::make_uki("6.6.1_1", {}), "it has no zfs.ko"}}) {
        give(bytes);
        const auto told = refusal();
        EXPECT_NE(told.find(why), std::string::npos) << told;
        EXPECT_TRUE(told.starts_with("1 error: /down/zfsbootmenu.EFI cannot be the loader of this machine")) << told;
        EXPECT_NE(told.find("hint: give the EFI file of a ZFSBootMenu release"), std::string::npos) << told;
    }
}

TEST_F(ForeignLoaderTest, FirstBootDoesNotLiftThePoolBeyondIt) {
    EXPECT_EQ(lift_for(distro_, std::nullopt), "openzfs-2.3-linux");
    EXPECT_EQ(lift_for(distro_, ForeignLoader{{}, {}, "2.2.7-1"}), "openzfs-2.2-linux");
    EXPECT_EQ(lift_for(distro_, ForeignLoader{{}, {}, "2.3.0"}), "openzfs-2.3-linux");
    EXPECT_EQ(lift_for(distro_, ForeignLoader{{}, {}, "2.10.0"}), "openzfs-2.3-linux");
}

TEST_F(ForeignLoaderTest, LiesWhereTheFirmwareLooksAndNothingElseDoes) {
    give(good_);
    test::ReplayRunner nobody;
    test::CaptureEvents events;
    Build build{nobody, files_, events, {}};
    const auto esp = esp_files(build, **choose(), "/scratch");
    ASSERT_TRUE(esp.has_value()) << render(esp.error());
    std::vector<std::string> targets;
    for (const auto& file : *esp) {
        targets.push_back(file.target);
        EXPECT_EQ(files_.read(file.source).value(), good_);
    }
    EXPECT_EQ(targets, (std::vector<std::string>{"EFI/BOOT/BOOTX64.EFI", "EFI/zbm/VMLINUZ.EFI"}));
}

}  // namespace
}  // namespace kld::pipeline
