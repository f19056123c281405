// SPDX-License-Identifier: BSD-3-Clause
#include "exports/disk_identity.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "image/boot_disk.h"
#include "machine.h"

namespace kld::exports::test {
namespace {

TEST(DiskIdentity, IsThatOfTheOriginalAndTheFileSystemStaysWhole) {
    const auto directory = TemporaryDirectory::make("/tmp").value();
    RealFiles files;
    ProcessRunner runner;
    const auto loader = directory.path() + "/loader", raw = directory.path() + "/disk.raw";
    ASSERT_TRUE(files.write(loader, "a loader"));
    const auto disk = image::plan_disk(1800 * kMiB);
    ASSERT_TRUE(disk.has_value());
    const auto made = image::make_boot_disk(runner, raw, *disk, {{loader, "EFI/BOOT/BOOTX64.EFI"}});
    ASSERT_TRUE(made.has_value()) << render(made.error());

    const auto esp = machine().esp;
    const auto done = keep_disk_identity(runner, raw, *disk, esp);
    ASSERT_TRUE(done.has_value()) << render(done.error());
    const auto table = runner.run({.argv = {"sfdisk", "--dump", raw}});
    ASSERT_TRUE(table.has_value());
    const auto text = lower_case(table->out);
    EXPECT_NE(text.find("label-id: " + esp.disk_guid), std::string::npos) << text;
    EXPECT_NE(text.find("uuid=" + esp.partuuid), std::string::npos) << text;
    EXPECT_NE(text.find("uuid=" + lower_case(disk->pool_partuuid)), std::string::npos) << "the pool's is its own";
    const auto fat = raw + "@@" + std::to_string(disk->esp_offset);
    const auto info = runner.run({.argv = {"minfo", "-i", fat, "::"}});
    ASSERT_TRUE(info.has_value()) << render(info.error());
    EXPECT_NE(info->out.find("serial number: 6B1C03A2"), std::string::npos) << info->out;
    const auto esp_alone = directory.path() + "/esp";
    ASSERT_TRUE(
        runner.run({.argv = {"dd", "if=" + raw, "of=" + esp_alone, "bs=1M", "skip=1", "count=512", "conv=sparse"}}));
    const auto checked = runner.run({.argv = {"fsck.vfat", "-n", esp_alone}});
    EXPECT_TRUE(checked.has_value()) << render(checked.error());
}

}  // namespace
}  // namespace kld::exports::test
