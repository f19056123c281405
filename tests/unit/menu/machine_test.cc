// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <future>
#include <memory>

#include "base/files.h"
#include "menu/boot_disk.h"
#include "menu/deadline.h"
#include "menu/devices.h"
#include "menu/drivers.h"
#include "menu/gpt.h"
#include "menu/kexec.h"
#include "menu/launcher.h"
#include "menu/options.h"
#include "worlds.h"

namespace kld::menu {

TEST(Options, AreReadFromTheCommandLine) {
    EXPECT_EQ(parse_options("").timeout, 5);
    EXPECT_FALSE(parse_options("quiet").debug);
    const auto options = parse_options("quiet kld.timeout=0 kld.prefer=tank/ROOT/x kld.debug");
    EXPECT_EQ(options.timeout, 0);
    EXPECT_EQ(options.prefer, "tank/ROOT/x");
    EXPECT_TRUE(options.debug);
    EXPECT_EQ(parse_options("kld.timeout=-1").timeout, -1);
    for (const auto* bad : {"kld.timeout=", "kld.timeout=soon", "kld.timeout=-2", "kld.timeout=9x", "xkld.timeout=1"})
        EXPECT_EQ(parse_options(bad).timeout, 5) << bad;
}

TEST(DeviceEvents, AreParsed) {
    using namespace std::string_literals;
    const auto event =
        parse_device_event("add@/devices/x\0ACTION=add\0SUBSYSTEM=pci\0MODALIAS=pci:v00001AF4d=x\0SEQNUM=1\0"s);
    EXPECT_EQ(event.action, "add");
    EXPECT_EQ(event.subsystem, "pci");
    EXPECT_EQ(event.modalias, "pci:v00001AF4d=x");
    EXPECT_TRUE(parse_device_event("").action.empty());
}

TEST(Devices, SomeCannotHoldAPool) {
    for (const auto* name : {"loop0", "ram0", "zram0", "zd16", "sr0", "fd0"}) EXPECT_FALSE(may_hold_pool(name)) << name;
    for (const auto* name : {"sda", "sda1", "nvme0n1p2", "vda", "mmcblk0p2", "dm-0", "xvda2", "md0"})
        EXPECT_TRUE(may_hold_pool(name)) << name;
}

TEST(BootDisk, TheVariableIsUtf16BehindItsAttributes) {
    using namespace std::string_literals;
    EXPECT_EQ(efi_variable_text("\x06\0\0\0D\0002\0-\0A\0\0\0"s), "d2-a");
    EXPECT_EQ(efi_variable_text(""), "");
    EXPECT_EQ(efi_variable_text("\x06\0"s), "");
}

TEST(BootDisk, PartitionsOfAGpt) {
    const auto directory = TemporaryDirectory::make("/tmp");
    const auto disk = Fd::open(directory->path() + "/disk", O_RDWR | O_CREAT);
    ASSERT_TRUE(disk.has_value());
    EXPECT_TRUE(partition_guids(*disk).empty());
    std::string header(92, '\0');
    header.replace(0, 8, "EFI PART");
    header[72] = 2;
    header[80] = 4;
    header[84] = static_cast<char>(128);
    std::string entry(128, '\0');
    for (std::size_t at = 0; at < 16; ++at) entry[16 + at] = static_cast<char>(at);
    for (const std::uint64_t sector : {4096U, 512U}) {
        ASSERT_TRUE(disk->write_at(header, sector));
        ASSERT_TRUE(disk->write_at(entry, 2 * sector));
        EXPECT_TRUE(partition_guids(*disk).empty()) << "a partition without type is none";
        entry[0] = 1;
        ASSERT_TRUE(disk->write_at(entry, 2 * sector + 128));
        EXPECT_EQ(partition_guids(*disk), std::set<std::string>{"03020100-0504-0706-0809-0a0b0c0d0e0f"});
        entry[0] = 0;
        ASSERT_TRUE(disk->write_at(std::string(8192, '\0'), 0));
    }
}

TEST(BootDisk, NoDiskHoldsNothing) {
    EXPECT_FALSE(lies_on({"/dev/vda2"}, ""));
    EXPECT_TRUE(lies_on({"/dev/nothing9"}, "nothing9"));
    EXPECT_FALSE(lies_on({"/dev/nothing91"}, "nothing9"));
}

TEST(Kexec, AUntrustedKernelIsExplainedInWords) {
    for (const int number : {EPERM, EKEYREJECTED, ENOKEY, ENODATA})
        EXPECT_NE(explain_load_error(number).find("signature is missing or not trusted"), std::string::npos) << number;
    EXPECT_NE(explain_load_error(ENOEXEC).find("damaged"), std::string::npos);
    EXPECT_NE(explain_load_error(ENOMEM).find("memory"), std::string::npos);
    EXPECT_FALSE(explain_load_error(12345).empty());
}

TEST(Launcher, FinalCommandLine) {
    EXPECT_EQ(final_command_line(entry_named("rpool/ROOT/default"), "quiet root=x debug"),
              "root=zfs:rpool/ROOT/default quiet debug spl.spl_hostid=0x00bab10c");
}

TEST(Deadline, WorkThatHangsIsLeftBehind) {
    const auto release = std::make_shared<std::promise<void>>();
    const auto released = release->get_future().share();
    const auto late =
        with_deadline<int>("reading /dev/sdx", std::chrono::milliseconds(50), [release, released]() -> Result<int> {
            released.wait();
            return 1;
        });
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().message, "reading /dev/sdx gave no answer in 0 s");
    release->set_value();
    EXPECT_EQ(with_deadline<int>("x", std::chrono::hours(1), []() -> Result<int> { return 7; }).value(), 7);
}

}  // namespace kld::menu
