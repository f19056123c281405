// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "boot/hostid.h"
#include "firstboot/apply.h"
#include "initramfs/image.h"
#include "samples/initramfs.h"
#include "support/fakes.h"

namespace kld::firstboot {
namespace {

const std::string kMountinfo =
    "22 1 0:20 / /proc rw - proc proc rw\n"
    "25 1 0:23 / / rw,relatime shared:1 - zfs tank/ROOT/a rw,xattr\n"
    "30 25 0:24 / /home rw - zfs tank/home rw\n";

test::FakeFiles machine() {
    test::FakeFiles files;
    files.entries[kMarker] = {};
    files.entries["/proc/self/mountinfo"] = {kMountinfo};
    files.entries["/sys/module/spl/parameters/spl_hostid"] = {"16909060\n"};
    files.entries["/boot/initrd.img-6.1"] = {"old image"};
    files.entries["/boot/vmlinuz-6.1"] = {};
    files.entries["/usr/sbin/sshd"] = {};
    files.entries["/etc/ssh/sshd_config"] = {};
    files.entries["/sys/block/vda/size"] = {"41943040\n"};
    files.entries["/sys/block/vda/vda1/partition"] = {"1\n"};
    files.entries["/sys/block/vda/vda1/start"] = {"2048\n"};
    files.entries["/sys/block/vda/vda2/partition"] = {"2\n"};
    files.entries["/sys/block/vda/vda2/start"] = {"1050624\n"};
    files.entries["/sys/block/vda/vda2/size"] = {"15724544\n"};
    return files;
}

void expect_probe(test::ReplayRunner& runner) {
    runner.expect({"zfs", "get", "-H", "-o", "value", "org.kldload:compatibility", "tank"}, "openzfs-2.3-linux\n");
    runner.expect({"zpool", "get", "-H", "-o", "value", "compatibility", "tank"}, "openzfs-2.1-linux\n");
    runner.expect({"zpool", "list", "-v", "-H", "-P", "-L", "tank"},
                  "tank\t7G\t1G\n\t/dev/vda2\t7G\t1G\t-\t-\t0%\t10%\t-\tONLINE\n");
}

TEST(FirstBoot, PlanGrowsThePartitionBehindWhichTheDiskGoesOn) {
    auto files = machine();
    test::ReplayRunner runner;
    expect_probe(runner);
    const auto world = probe(runner, files);
    ASSERT_TRUE(world.has_value()) << render(world.error());
    EXPECT_EQ(to_text(plan(*world)),
              "1. keep the hostid 0x01020304\n"
              "2. grow /dev/vda2 to the end of /dev/vda (+12.0 GiB)\n"
              "3. let tank use all of /dev/vda2\n"
              "4. lift tank to the features of openzfs-2.3-linux\n"
              "5. give tank its own GUID\n"
              "6. make ssh host keys\n"
              "7. remember that first boot is done\n");
}

TEST(FirstBoot, NothingIsPlannedTwiceAndAForeignPartitionBehindIsRespected) {
    auto files = machine();
    files.entries["/sys/block/vda/vda3/start"] = {"16775168\n"};
    test::ReplayRunner runner;
    expect_probe(runner);
    const auto world = probe(runner, files).value();
    EXPECT_EQ(to_text(plan(world)).find("grow /dev/vda2"), std::string::npos);
    auto later = world;
    later.pending = false;
    EXPECT_EQ(to_text(plan(later)), "nothing to do: first boot is over\n");
}

TEST(FirstBoot, AHostidThatAllImagesHaveIsAnErrorAndTheMarkerStays) {
    for (const auto hostid : {std::uint32_t{0}, boot::kBuildHostid}) {
        auto files = machine();
        const World world{.pending = true,
                          .pool = "tank",
                          .compatibility = {},
                          .compatibility_now = {},
                          .partitions = {},
                          .initramfs = {"/boot/initrd.img-6.1"},
                          .hostid = hostid};
        EXPECT_TRUE(to_text(plan(world)).starts_with("1. ask for a hostid of the machine's own\n"));
        test::ReplayRunner runner;
        runner.expect({"zpool", "reguid", "tank"});
        test::CaptureEvents events;
        const auto done = apply(world, plan(world), runner, files, events);
        ASSERT_FALSE(done.has_value());
        EXPECT_EQ(done.error().message,
                  fmt::format("the kernel runs with the hostid 0x{:08x}, which is no machine's own", hostid));
        EXPECT_TRUE(files.exists(kMarker));
        EXPECT_FALSE(files.exists("/etc/hostid"));
        EXPECT_EQ(files.entries["/boot/initrd.img-6.1"].bytes, "old image");
    }
}

TEST(FirstBoot, RootThatIsNotZfsIsAnError) {
    test::FakeFiles files;
    files.entries["/proc/self/mountinfo"] = {"25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"};
    test::ReplayRunner runner;
    EXPECT_FALSE(probe(runner, files).has_value());
}

TEST(FirstBoot, StepsRunInOrderAndTheMarkerGoesLast) {
    auto files = machine();
    World world{.pending = true,
                .pool = "tank",
                .compatibility = "openzfs-2.3-linux",
                .compatibility_now = {},
                .partitions = {},
                .initramfs = {"/boot/initrd.img-6.1"},
                .hostid = 0x01020304,
                .has_sshd = true};
    test::ReplayRunner runner;
    runner.expect({"zpool", "set", "compatibility=openzfs-2.3-linux", "tank"});
    runner.expect({"zpool", "upgrade", "tank"});
    runner.expect({"zpool", "reguid", "tank"});
    runner.expect({"ssh-keygen", "-A"});
    test::CaptureEvents events;
    ASSERT_TRUE(apply(world, plan(world), runner, files, events));
    EXPECT_EQ(files.entries["/etc/hostid"].bytes, "\x04\x03\x02\x01");
    EXPECT_TRUE(files.entries["/boot/initrd.img-6.1"].bytes.starts_with("old image"));
    EXPECT_FALSE(files.exists(kMarker));
}

TEST(FirstBoot, AFailedStepKeepsTheMarkerAndTheOthersGoOn) {
    auto files = machine();
    World world{.pending = true,
                .pool = "tank",
                .compatibility = {},
                .compatibility_now = {},
                .partitions = {},
                .initramfs = {},
                .hostid = 7,
                .has_sshd = true};
    test::ReplayRunner runner;
    runner.expect({"zpool", "reguid", "tank"}, "", 1, "busy");
    runner.expect({"ssh-keygen", "-A"});
    test::CaptureEvents events;
    const auto done = apply(world, plan(world), runner, files, events);
    ASSERT_FALSE(done.has_value());
    EXPECT_NE(done.error().hint.find("next boot"), std::string::npos);
    EXPECT_TRUE(files.exists(kMarker));
}

TEST(FirstBoot, NvmeNamesAreMadeWhereNvmeIsAndTheyAreMissing) {
    auto files = machine();
    const auto probed = [&] {
        test::ReplayRunner runner;
        expect_probe(runner);
        return probe(runner, files).value();
    };
    EXPECT_EQ(to_text(plan(probed())).find("nvme"), std::string::npos) << "there is no NVMe here";
    files.entries["/etc/nvme/discovery.conf"] = {};
    files.entries["/proc/sys/kernel/random/uuid"] = {"6f9a1c5e-0000-4000-8000-000000000001\n"};
    World world{.pending = true,
                .pool = "tank",
                .compatibility = {},
                .compatibility_now = {},
                .partitions = {},
                .initramfs = {},
                .hostid = 7};
    world.nvme_names = probed().nvme_names;
    EXPECT_NE(to_text(plan(world)).find("make /etc/nvme/hostid and /etc/nvme/hostnqn\n"), std::string::npos);
    test::ReplayRunner runner;
    runner.expect({"zpool", "reguid", "tank"});
    test::CaptureEvents events;
    ASSERT_TRUE(apply(world, plan(world), runner, files, events));
    EXPECT_EQ(files.entries[kNvmeHostid].bytes, "6f9a1c5e-0000-4000-8000-000000000001\n");
    EXPECT_EQ(files.entries[kNvmeHostnqn].bytes,
              "nqn.2014-08.org.nvmexpress:uuid:6f9a1c5e-0000-4000-8000-000000000001\n");
    EXPECT_EQ(files.entries[kNvmeHostid].mode, 0644U);
    EXPECT_TRUE(probed().nvme_names.empty()) << "those that are there stay";
}

TEST(FirstBoot, HostidSegmentIsReplacedNotPiledUp) {
    const auto once = with_hostid("image", 1).value();
    const auto twice = with_hostid(once, 2).value();
    EXPECT_EQ(once.size(), twice.size());
    EXPECT_NE(once, twice);
    EXPECT_TRUE(twice.starts_with("image"));
    EXPECT_EQ(twice.size() % 512, 0U);
}

TEST(FirstBoot, MicrocodeStaysInFrontAndTheHostidComesLast) {
    namespace samples = initramfs::test;
    const std::string microcode = "kernel/x86/microcode/AuthenticAMD.bin";
    auto early = samples::archive({samples::directory("kernel"), samples::directory("kernel/x86"),
                                   samples::directory("kernel/x86/microcode"), samples::program(microcode, "early")});
    early.resize((early.size() + 511) / 512 * 512, '\0');
    const auto system = samples::archive({samples::directory("etc"), samples::program("etc/hostid", "1dlk")});
    const auto image = early + samples::compress(initramfs::Format::zstd, system);
    const auto own = with_hostid(with_hostid(image, 1).value(), 0x01020304).value();
    EXPECT_TRUE(own.starts_with(image));
    const auto read = initramfs::read_image(own, [](std::string_view) { return true; });
    ASSERT_TRUE(read) << render(read.error());
    ASSERT_EQ(read->segments.size(), 3U);
    EXPECT_EQ(read->segments[0].format, initramfs::Format::cpio) << "the kernel looks for microcode in a plain archive";
    EXPECT_EQ(read->segments[1].offset, early.size());
    EXPECT_EQ(read->find(microcode)->content, "early");
    EXPECT_EQ(read->find("etc/hostid")->content, "\x04\x03\x02\x01");
}

}  // namespace
}  // namespace kld::firstboot
