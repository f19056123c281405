// SPDX-License-Identifier: BSD-3-Clause
#include "vm/machine_config.h"

#include <fcntl.h>
#include <fmt/core.h>

#include "base/fd.h"
#include "base/text.h"

namespace kld::vm {
namespace {

using Argv = std::vector<std::string>;

/// QEMU splits option values at commas; a doubled comma is a plain one.
std::string value(const std::string& text) {
    return replace_all(text, ",", ",,");
}

void add_firmware(Argv& argv, const Firmware& firmware) {
    if (firmware.secure_boot) argv.insert(argv.end(), {"-global", "driver=cfi.pflash01,property=secure,value=on"});
    argv.insert(argv.end(), {"-drive", "if=pflash,format=raw,unit=0,readonly=on,file=" + value(firmware.code), "-drive",
                             fmt::format("if=pflash,format=raw,unit=1,{}file={}",
                                         firmware.private_vars ? "" : "snapshot=on,", value(firmware.vars))});
}

std::string device(const Drive& drive, std::size_t number) {
    const auto id = fmt::format("disk{}", number);
    const auto serial = drive.serial.empty() ? "" : ",serial=" + value(drive.serial);
    const auto rest = fmt::format(",drive={},bootindex={}{}", id, number + 1, serial);
    switch (drive.bus) {
        case Bus::virtio:
            return "virtio-blk-pci" + rest;
        case Bus::virtio_scsi:
            return "scsi-hd,bus=scsi.0" + rest;
        case Bus::nvme:
            return "nvme" + rest + (drive.serial.empty() ? ",serial=" + id : "");
        case Bus::ahci:
            return fmt::format("ide-hd,bus=ide.{}", number) + rest;
        case Bus::usb:
            return "usb-storage,bus=usb.0" + rest;
    }
    return {};
}

void add_controllers(Argv& argv, const std::vector<Drive>& drives) {
    const auto any = [&](Bus bus) {
        for (const auto& drive : drives)
            if (drive.bus == bus) return true;
        return false;
    };
    if (any(Bus::virtio_scsi)) argv.insert(argv.end(), {"-device", "virtio-scsi-pci,id=scsi"});
    if (any(Bus::usb)) argv.insert(argv.end(), {"-device", "qemu-xhci,id=usb"});
}

void add_drives(Argv& argv, const std::vector<Drive>& drives) {
    add_controllers(argv, drives);
    for (std::size_t i = 0; i < drives.size(); ++i) {
        const auto& drive = drives[i];
        auto text = fmt::format("if=none,id=disk{},file={},format={},cache={},discard=unmap", i, value(drive.path),
                                drive.format.empty() ? "raw" : drive.format,
                                drive.cache == Cache::unsafe ? "unsafe" : "writeback");
        if (drive.readonly)
            text += ",readonly=on";
        else if (drive.throwaway)
            text += ",snapshot=on";
        argv.insert(argv.end(), {"-drive", text, "-device", device(drive, i)});
    }
}

void add_network(Argv& argv, const std::optional<Network>& network) {
    if (!network) return argv.insert(argv.end(), {"-nic", "none"}), void();
    std::string text = "user,id=net0";
    if (network->restricted) text += ",restrict=on";
    for (const auto& forward : network->forwards)
        text += fmt::format(",hostfwd=tcp:127.0.0.1:{}-:{}", forward.host, forward.guest);
    argv.insert(argv.end(), {"-netdev", text, "-device", "virtio-net-pci,netdev=net0"});
}

void add_consoles(Argv& argv, const MachineConfig& config) {
    // In the foreground QEMU waits for us on the serial line, so that not one byte of the firmware is lost.
    argv.insert(argv.end(),
                {"-chardev",
                 fmt::format("socket,id=serial0,path={},server=on,wait={},logfile={}", value(config.serial_socket()),
                             config.detached ? "off" : "on", value(config.serial_log_path())),
                 "-serial", "chardev:serial0"});
    if (config.second_serial) argv.insert(argv.end(), {"-serial", "file:" + value(config.second_serial_log())});
    argv.insert(argv.end(),
                {"-chardev", fmt::format("socket,id=qmp,path={},server=on,wait=off", value(config.qmp_socket())),
                 "-mon", "chardev=qmp,mode=control"});
    argv.insert(argv.end(),
                {"-device", "VGA", "-display", config.vnc ? fmt::format("vnc=127.0.0.1:{}", *config.vnc) : "none"});
}

}  // namespace

std::vector<std::string> qemu_argv(const MachineConfig& config) {
    const bool secure = config.firmware && config.firmware->secure_boot;
    Argv argv{config.qemu,       "-name",    value(config.name),           "-nodefaults",
              "-no-user-config", "-machine", secure ? "q35,smm=on" : "q35"};
    if (config.accelerator == Accelerator::kvm)
        argv.insert(argv.end(), {"-accel", "kvm", "-cpu", "host"});
    else
        argv.insert(argv.end(), {"-accel", "tcg,thread=multi", "-cpu", "max"});
    const unsigned usual = config.accelerator == Accelerator::tcg ? 1 : 2;
    const auto cpus = config.cpus == 0 ? usual : config.cpus;
    argv.insert(argv.end(), {"-m", std::to_string(config.memory_mib), "-smp", std::to_string(cpus)});
    argv.insert(argv.end(), {"-device", "virtio-rng-pci"});
    if (config.firmware) add_firmware(argv, *config.firmware);
    if (config.direct) {
        argv.insert(argv.end(), {"-kernel", config.direct->kernel});
        if (!config.direct->initrd.empty()) argv.insert(argv.end(), {"-initrd", config.direct->initrd});
        argv.insert(argv.end(), {"-append", config.direct->command_line});
    }
    add_drives(argv, config.drives);
    add_network(argv, config.network);
    add_consoles(argv, config);
    for (const auto& entry : config.smbios) argv.insert(argv.end(), {"-smbios", entry});
    for (const auto& [name, file] : config.fw_cfg)
        argv.insert(argv.end(), {"-fw_cfg", fmt::format("name={},file={}", value(name), value(file))});
    if (config.no_reboot) argv.emplace_back("-no-reboot");
    argv.insert(argv.end(), {"-pidfile", config.pid_file()});
    if (config.detached) argv.emplace_back("-daemonize");
    argv.insert(argv.end(), config.extra.begin(), config.extra.end());
    return argv;
}

Result<std::string> probe_format(const std::string& path) {
    KLD_TRY(auto file, Fd::open(path, O_RDONLY));
    KLD_TRY(const auto head, file.read_at(8, 0));
    if (head.starts_with("QFI\xfb")) return "qcow2";
    if (head.starts_with("KDMV")) return "vmdk";
    if (head.starts_with("vhdxfile")) return "vhdx";
    if (head.starts_with("conectix")) return "vpc";
    // A fixed VHD is the disk itself with a footer behind it.
    constexpr std::uint64_t kFooter = 512;
    KLD_TRY(const auto size, file.size());
    if (size > kFooter) {
        KLD_TRY(const auto tail, file.read_at(8, size - kFooter));
        if (tail == "conectix") return "vpc";
    }
    return "raw";
}

}  // namespace kld::vm
