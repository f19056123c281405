// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/firmware.h"

#include "pools.h"
#include "support/fakes.h"

namespace kld::recovery {
namespace {

constexpr const char* kOutput =
    "BootCurrent: 0001\n"
    "Timeout: 3 seconds\n"
    "BootOrder: 0001,0000,0003\n"
    "Boot0000* UiApp\tFvVol(7cb8bdc9)/FvFile(462caa21)\n"
    "Boot0001* Windows Boot Manager\tHD(1,GPT,aaaa-1,0x800,0x100000)/File(\\EFI\\Microsoft\\Boot\\bootmgfw.efi)RC\n"
    "Boot0003  kldload\tHD(1,GPT,cccc-3,0x800,0x100000)/File(\\EFI\\BOOT\\BOOTX64.EFI)\n"
    "Boot000A* old\tHD(1,GPT,dddd-4,0x800,0x100000)/\\EFI\\BOOT\\BOOTX64.EFI\n"
    "      dp: 04 01 2a 00\n";

EspPartition partition(const std::string& guid) {
    return {.device = "/dev/vdb1", .disk = "/dev/vdb", .number = 1, .partuuid = guid};
}

Lines plan_of(const std::string& guid, const std::vector<std::string>& prefix = {}) {
    return commands(plan_firmware(parse_firmware(kOutput), {partition(guid)}, "my disk", prefix));
}

TEST(Firmware, IsReadAsEfibootmgrPrintsIt) {
    const auto firmware = parse_firmware(kOutput);
    EXPECT_EQ(firmware.order, (Lines{"0001", "0000", "0003"}));
    ASSERT_EQ(firmware.entries.size(), 4U);
    EXPECT_EQ(firmware.entries[1].label, "Windows Boot Manager");
    EXPECT_TRUE(firmware.entries[1].active);
    EXPECT_EQ(firmware.entries[2].number, "0003");
    EXPECT_FALSE(firmware.entries[2].active);
}

TEST(Firmware, GetsAnEntryAndKeepsThoseOfOthers) {
    const Lines made{
        "efibootmgr --create --disk /dev/vdb --part 1 --label 'my disk' --loader '\\EFI\\BOOT\\BOOTX64.EFI'"};
    EXPECT_EQ(plan_of("eeee-5"), made);
    EXPECT_EQ(plan_of("aaaa-1"), made) << "another loader on the same partition is another system";
    EXPECT_EQ(plan_of("eeee-5", {"chroot", "/mnt"}), (Lines{"chroot /mnt " + made[0]}));
}

TEST(Firmware, AnEntryThatIsThereIsMadeToWork) {
    EXPECT_EQ(plan_of("cccc-3"), (Lines{"efibootmgr --bootnum 0003 --active"}));
    const auto plan = plan_firmware(parse_firmware(kOutput), {partition("dddd-4")}, "x", {});
    EXPECT_EQ(commands(plan), (Lines{"efibootmgr --bootorder 000A,0001,0000,0003"}));
    EXPECT_EQ(shell_line(plan->steps[0].undo), "efibootmgr --bootorder 0001,0000,0003");
    auto firmware = parse_firmware(kOutput);
    firmware.entries[2].active = true;
    EXPECT_EQ(commands(plan_firmware(firmware, {partition("cccc-3")}, "x", {})), Lines{});
}

/// The entries 0003 of cccc-3, which is off, too, and 000A of dddd-4 are not in the order.
Firmware unreachable() {
    auto firmware = parse_firmware(kOutput);
    firmware.order = {"0001", "0000"};
    return firmware;
}

TEST(Firmware, OneOrderHasTheEntriesOfAllDisksOfAMirror) {
    const auto plan = plan_firmware(unreachable(), {partition("cccc-3"), partition("dddd-4")}, "x", {});
    EXPECT_EQ(commands(plan),
              (Lines{"efibootmgr --bootnum 0003 --active", "efibootmgr --bootorder 0003,000A,0001,0000"}));
    EXPECT_EQ(plan->steps[1].text, "try the entries 0003 'kldload', 000A 'old' first");
    EXPECT_EQ(shell_line(plan->steps[1].undo), "efibootmgr --bootorder 0001,0000");
}

TEST(Firmware, AnEntryThatIsMadeStaysInTheOrder) {
    auto made = partition("eeee-5");
    made.disk = "/dev/vdc";
    const auto plan = plan_firmware(unreachable(), {made, partition("dddd-4"), partition("cccc-3")}, "x", {});
    EXPECT_EQ(commands(plan),
              (Lines{"efibootmgr --bootnum 0003 --active", "efibootmgr --bootorder 000A,0003,0001,0000",
                     "efibootmgr --create --disk /dev/vdc --part 1 --label x --loader '\\EFI\\BOOT\\BOOTX64.EFI'"}))
        << "efibootmgr puts the new one before the order that it finds";
    EXPECT_TRUE(plan->steps[1].undo.empty()) << "the old order would drop the new one";
}

TEST(Firmware, WithoutAnOrderHasNoneAgain) {
    auto firmware = unreachable();
    firmware.order.clear();
    const auto plan = plan_firmware(firmware, {partition("dddd-4")}, "x", {});
    EXPECT_EQ(commands(plan), (Lines{"efibootmgr --bootorder 000A"}));
    EXPECT_EQ(shell_line(plan->steps[0].undo), "efibootmgr --delete-bootorder");
}

TEST(Firmware, HasAnEntryForEachDiskOfAMirror) {
    auto second = partition("ffff-6");
    second.disk = "/dev/vdc";
    EXPECT_EQ(commands(plan_firmware({}, {partition("eeee-5"), second}, "x", {})),
              (Lines{"efibootmgr --create --disk /dev/vdb --part 1 --label x --loader '\\EFI\\BOOT\\BOOTX64.EFI'",
                     "efibootmgr --create --disk /dev/vdc --part 1 --label x --loader '\\EFI\\BOOT\\BOOTX64.EFI'"}));
}

TEST(Firmware, CannotNameAPartitionWithoutANumber) {
    auto bad = partition("eeee-5");
    bad.number = 0;
    expect_refused(plan_firmware({}, {bad}, "x", {}), ExitCode::refused, "/dev/vdb1 has no number", "GPT");
}

TEST(Firmware, IsOutOfReachWithoutItsVariables) {
    test::FakeFiles files;
    expect_refused(expect_variables(files), ExitCode::refused, "not started by UEFI", "BOOTX64.EFI");
    files.entries["/sys/firmware/efi/fw_platform_size"] = {"64\n"};
    expect_refused(expect_variables(files), ExitCode::refused, "does not show the variables",
                   "mount -t efivarfs efivarfs /sys/firmware/efi/efivars");
    ASSERT_TRUE(files.make_directories("/sys/firmware/efi/efivars"));
    expect_refused(expect_variables(files), ExitCode::refused, "does not show the variables", "efivarfs");
    files.entries["/sys/firmware/efi/efivars/BootOrder-x"] = {};
    EXPECT_TRUE(expect_variables(files).has_value());
}

}  // namespace
}  // namespace kld::recovery
