// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "config/schema.h"
#include "image/disk_layout.h"
#include "image/esp.h"
#include "image/pool_layout.h"
#include "support/fakes.h"

namespace kld::image {
namespace {

catalog::Distro debian_13() {
    RealFiles files;
    return catalog::find_distro(files, std::string(KLD_SOURCE_DIR) + "/catalog", "debian-13").value();
}

TEST(DiskLayout, PartitionsAreAlignedAndLeaveRoomForBothTables) {
    const auto disk = plan_disk((8ULL << 30) + 12345);
    ASSERT_TRUE(disk.has_value());
    EXPECT_EQ(disk->size, 8ULL << 30);
    EXPECT_EQ(disk->esp_offset, kMiB);
    EXPECT_EQ(disk->esp_size, 512 * kMiB);
    EXPECT_EQ(disk->pool_offset, 513 * kMiB);
    EXPECT_EQ(disk->pool_offset + disk->pool_size, disk->size - kMiB);
    EXPECT_NE(disk->disk_guid, plan_disk(8ULL << 30)->disk_guid) << "identities are random";
    const auto script = sfdisk_script(*disk);
    EXPECT_NE(script.find("start=2048, size=1048576, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B"), std::string::npos)
        << script;
}

TEST(DiskLayout, TooSmallADiskSaysWhatIsNeeded) {
    const auto disk = plan_disk(1ULL << 30);
    ASSERT_FALSE(disk.has_value());
    EXPECT_EQ(disk.error().code, ExitCode::usage);
    EXPECT_NE(disk.error().hint.find("bytes) are needed"), std::string::npos);
}

TEST(PoolLayout, IsTheDocumentedOne) {
    const auto distro = debian_13();
    auto answers = config::defaults();
    answers.pool_name = "tank";
    answers.command_line = "mitigations=auto";
    test::expect_golden("image/pool-layout.json", pool_layout_json(distro, answers));
}

TEST(PoolLayout, AKeyboardLayoutIsAPropertyOfThePool) {
    const auto distro = debian_13();
    auto answers = config::defaults();
    answers.keyboard_layout = "ch,us";
    answers.keyboard_variant = "fr";
    const auto top = nlohmann::json::parse(pool_layout_json(distro, answers))["datasets"][0];
    EXPECT_EQ(top["name"], "");
    EXPECT_EQ(top["properties"]["org.kldload:keymap"], "ch:fr");
}

TEST(PoolLayout, GoldenOneHasTheSameDatasetsAndTheSnapshot) {
    const auto distro = debian_13();
    auto answers = config::defaults();
    answers.command_line = "of.one.machine";
    const auto golden = golden_layout_json(distro, "zstd"), own = pool_layout_json(distro, answers);
    EXPECT_EQ(datasets_with_files(golden), datasets_with_files(own));
    EXPECT_EQ(datasets_with_files(own),
              (std::vector<std::string>{"ROOT/default", "home", "root", "srv", "var/cache", "var/log", "var/tmp"}));
    const auto parsed = nlohmann::json::parse(golden);
    EXPECT_EQ(parsed["snapshot"], kBaseSnapshot);
    EXPECT_EQ(parsed["datasets"][0]["properties"]["compression"], "zstd");
    EXPECT_EQ(golden.find("of.one.machine"), std::string::npos);
    EXPECT_FALSE(nlohmann::json::parse(own).contains("snapshot")) << "it comes with the streams";
}

TEST(PoolLayout, BootEnvironmentHasNoChildrenAndIsNeverMountedByItself) {
    const auto distro = debian_13();
    const auto layout = nlohmann::json::parse(pool_layout_json(distro, config::defaults()));
    for (const auto& dataset : layout.at("datasets")) {
        const auto name = dataset.at("name").get<std::string>();
        EXPECT_FALSE(name.starts_with("ROOT/default/")) << name;
        if (name == "ROOT/default") {
            EXPECT_EQ(dataset.at("properties").at("canmount"), "noauto");
        }
        for (const auto* split : {"usr", "etc", "boot", "var/lib", "opt"}) EXPECT_NE(name, split);
    }
    EXPECT_EQ(layout.at("bootfs"), "ROOT/default");
}

TEST(Esp, FilesThatDoNotFitAreAnErrorWithBothSizes) {
    auto directory = TemporaryDirectory::make("/tmp").value();
    RealFiles files;
    ASSERT_TRUE(files.write(directory.path() + "/big", std::string(3 << 20, 'x')));
    test::ReplayRunner runner;
    const auto done = write_esp(runner, directory.path() + "/image", 0, 5 << 20,
                                {{directory.path() + "/big", "EFI/BOOT/BOOTX64.EFI"}});
    ASSERT_FALSE(done.has_value());
    EXPECT_NE(done.error().message.find("3.0 MiB"), std::string::npos) << done.error().message;
    EXPECT_FALSE(write_esp(runner, "image", 0, 5 << 20, {{directory.path() + "/none", "EFI/x"}}).has_value());
}

TEST(Esp, WhatWasWrittenIsWhatFirmwareReads) {
    auto directory = TemporaryDirectory::make("/tmp").value();
    RealFiles files;
    ProcessRunner runner;
    const auto image = directory.path() + "/image";
    ASSERT_TRUE(files.write(directory.path() + "/shim", "shim bytes"));
    ASSERT_TRUE(runner.run({.argv = {"truncate", "-s", "80M", image}}).has_value());
    const auto done = write_esp(runner, image, 1 << 20, 64 << 20,
                                boot_files(directory.path() + "/shim", directory.path() + "/shim",
                                           directory.path() + "/shim", directory.path() + "/shim"));
    ASSERT_TRUE(done.has_value()) << render(done.error());
    for (const auto* path :
         {"EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/grubx64.efi", "EFI/BOOT/mmx64.efi", "EFI/kldload/builder.der"})
        EXPECT_EQ(runner.run({.argv = {"mtype", "-i", image + "@@1M", std::string("::/") + path}})->out, "shim bytes")
            << path;
}

}  // namespace
}  // namespace kld::image
