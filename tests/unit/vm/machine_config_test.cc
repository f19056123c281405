// SPDX-License-Identifier: BSD-3-Clause
#include "vm/machine_config.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <algorithm>

#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "support/fakes.h"
#include "vm/machine.h"
#include "vm/socket.h"

namespace kld::vm {
namespace {

using kld::test::FakeFiles;
using kld::test::ReplayRunner;

MachineConfig plain() {
    MachineConfig config;
    config.directory = "/run/vm";
    config.firmware = Firmware{"/fw/CODE.fd", "/fw/VARS.fd"};
    config.drives = {{.path = "/images/debian.qcow2", .format = "qcow2"}};
    config.network->forwards = {{2222, 22}};
    return config;
}

std::string text_of(const MachineConfig& config) {
    std::string text;
    for (const auto& word : qemu_argv(config)) text += word + "\n";
    return text;
}

TEST(MachineConfig, DefaultMachine) {
    kld::test::expect_golden("vm/default.txt", text_of(plain()));
}

TEST(MachineConfig, SecureBootKeepsVariablesOfItsOwn) {
    auto config = plain();
    config.accelerator = Accelerator::kvm;
    config.firmware = Firmware{"/fw/CODE.secboot.fd", "/run/vm/vars.fd", true, true};
    config.drives[0].throwaway = false;
    config.drives[0].cache = Cache::writeback;
    config.detached = true;
    config.vnc = 3;
    kld::test::expect_golden("vm/secure-boot.txt", text_of(config));
}

TEST(MachineConfig, EveryBusAndOption) {
    MachineConfig config;
    config.name = "a, b";
    config.directory = "/run/v,m";
    config.drives = {{.path = "/a,1.raw", .bus = Bus::nvme},
                     {.path = "/b", .format = "raw", .bus = Bus::nvme, .serial = "S1"},
                     {.path = "/c", .format = "raw", .bus = Bus::ahci},
                     {.path = "/d", .format = "raw", .readonly = true, .bus = Bus::usb},
                     {.path = "/e", .format = "raw", .bus = Bus::virtio_scsi}};
    config.direct = DirectKernel{"/vmlinuz", "/initrd", "console=ttyS0 quiet"};
    config.network->restricted = true;
    config.second_serial = true;
    config.smbios = {"type=11,value=x"};
    config.fw_cfg = {{"opt/kld/answers", "/tmp/a"}};
    config.no_reboot = true;
    config.extra = {"-device", "i6300esb"};
    kld::test::expect_golden("vm/everything.txt", text_of(config));
}

TEST(MachineConfig, OneProcessorIsEmulatedUnlessMoreAreAskedFor) {
    const auto processors = [](Accelerator accelerator, unsigned cpus) {
        MachineConfig config;
        config.accelerator = accelerator;
        config.cpus = cpus;
        const auto argv = qemu_argv(config);
        return *(std::find(argv.begin(), argv.end(), "-smp") + 1);
    };
    EXPECT_EQ(processors(Accelerator::tcg, 0), "1");
    EXPECT_EQ(processors(Accelerator::kvm, 0), "2");
    EXPECT_EQ(processors(Accelerator::tcg, 4), "4");
}

TEST(MachineConfig, NoNetworkMeansNone) {
    auto config = plain();
    config.network.reset();
    const auto text = text_of(config);
    EXPECT_NE(text.find("-nic\nnone\n"), std::string::npos);
    EXPECT_EQ(text.find("hostfwd"), std::string::npos);
}

TEST(MachineConfig, FormatComesFromTheContent) {
    auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory);
    RealFiles files;
    const auto path = directory->path() + "/image";
    for (const auto& [bytes, format] : std::vector<std::pair<std::string, std::string>>{
             {"QFI\xfb\0\0", "qcow2"},
             {"KDMV", "vmdk"},
             {"vhdxfile", "vhdx"},
             {"conectix", "vpc"},
             {std::string(4096, 'x') + "conectix" + std::string(504, '\0'), "vpc"},
             {std::string(4096, 'x') + "conectix", "raw"},
             {"\xeb\x63", "raw"},
             {"", "raw"}}) {
        ASSERT_TRUE(files.write(path, bytes));
        EXPECT_EQ(probe_format(path).value(), format);
    }
    const auto missing = probe_format(path + ".none");
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find("image.none"), std::string::npos);
}

TEST(Firmware, MissingFirmwareNamesThePackage) {
    FakeFiles files;
    files.entries["/usr/share/OVMF/OVMF_CODE_4M.fd"] = {};
    const auto found = find_firmware(files, false);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message, "UEFI firmware for virtual machines is missing: /usr/share/OVMF/OVMF_VARS_4M.fd");
    EXPECT_EQ(found.error().hint, "apt install ovmf");
}

TEST(Firmware, SecureBootTakesTheEnforcingBuildWithKeys) {
    FakeFiles files;
    files.entries["/fw/OVMF_CODE_4M.secboot.fd"] = {};
    files.entries["/fw/OVMF_VARS_4M.ms.fd"] = {};
    const auto found = find_firmware(files, true, "/fw");
    ASSERT_TRUE(found) << render(found.error());
    EXPECT_EQ(found->vars, "/fw/OVMF_VARS_4M.ms.fd");
    EXPECT_TRUE(found->secure_boot);
    EXPECT_FALSE(find_firmware(files, false, "/fw"));
}

TEST(Machine, LongDirectoryIsRefusedBeforeQemuStarts) {
    auto config = plain();
    config.directory = "/tmp/" + std::string(120, 'x');
    config.qemu = "/no/such/qemu";
    const auto machine = Machine::start(config);
    ASSERT_FALSE(machine);
    EXPECT_NE(machine.error().message.find("too long for a Unix socket"), std::string::npos);
    EXPECT_NE(machine.error().hint.find("TMPDIR"), std::string::npos);
}

TEST(Machine, FailedStartShowsCommandAndQemusWords) {
    auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory);
    RealFiles files;
    const auto fake = directory->path() + "/qemu";
    ASSERT_TRUE(files.write(fake, "#!/bin/sh\necho 'Could not open disk: no such file' >&2\nexit 1\n", 0755));
    auto config = plain();
    config.directory = directory->path();
    config.qemu = fake;
    const auto machine = Machine::start(config);
    ASSERT_FALSE(machine);
    EXPECT_EQ(machine.error().message, "the virtual machine 'kldload' did not start");
    EXPECT_EQ(machine.error().details.front(), shell_line(qemu_argv(config)));
    EXPECT_EQ(machine.error().details.back(), "Could not open disk: no such file");
}

Fd listening(const std::string& path) {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 1), 0);
    return fd;
}

TEST(Machine, AnEndAfterTheConsoleIsConnectedShowsQemusWordsToo) {
    auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory);
    auto config = plain();
    config.directory = directory->path();
    config.qemu = directory->path() + "/qemu";
    ASSERT_TRUE(
        RealFiles().write(config.qemu, "#!/bin/sh\nsleep 0.2\necho 'Unsupported qcow2 version' >&2\nexit 1\n", 0755));
    const auto serial = listening(config.serial_socket());
    const auto monitor = listening(config.qmp_socket());
    std::thread hangs_up([&] { Fd(::accept(monitor.get(), nullptr, nullptr)).reset(); });
    const auto machine = Machine::start(config);
    hangs_up.join();
    ASSERT_FALSE(machine);
    EXPECT_EQ(machine.error().details.back(), "Unsupported qcow2 version");
}

TEST(Machine, DetachedStartGivesThePid) {
    auto config = plain();
    config.detached = true;
    ReplayRunner runner;
    runner.expect(qemu_argv(config));
    FakeFiles files;
    files.entries["/run/vm/pid"] = {"4711\n"};
    const auto started = start_detached(config, runner, files);
    ASSERT_TRUE(started) << render(started.error());
    EXPECT_EQ(started->pid, 4711);
}

TEST(Machine, OverlayMayBeLargerThanItsImage) {
    auto directory = TemporaryDirectory::make("/tmp");
    ASSERT_TRUE(directory);
    RealFiles files;
    const auto image = directory->path() + "/a.raw";
    ASSERT_TRUE(files.write(image, "raw"));
    ReplayRunner runner;
    runner.expect({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image, "/o.qcow2", "4096"});
    EXPECT_TRUE(make_overlay(runner, image, "/o.qcow2", 4096));
}

TEST(Socket, PortsAreUsable) {
    const auto port = free_port();
    ASSERT_TRUE(port);
    EXPECT_GT(*port, 1023);
}

}  // namespace
}  // namespace kld::vm
