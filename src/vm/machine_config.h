// SPDX-License-Identifier: BSD-3-Clause
// What a virtual machine is made of, and the QEMU command line for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vm/firmware.h"

namespace kld::vm {

enum class Accelerator { kvm, tcg };

enum class Bus { virtio, virtio_scsi, nvme, ahci, usb };

enum class Cache { unsafe, writeback };

struct Drive {
    std::string path;
    std::string format{};   ///< "raw", "qcow2", …; empty: decided by probe_format
    bool throwaway = true;  ///< writes go to a temporary layer that vanishes with the machine
    bool readonly = false;
    Bus bus = Bus::virtio;
    Cache cache = Cache::unsafe;
    std::string serial{};  ///< serial number that the guest sees
};

/// Boots a Linux kernel without firmware or loader.
struct DirectKernel {
    std::string kernel;
    std::string initrd;
    std::string command_line;
};

struct Forward {
    std::uint16_t host;   ///< port on 127.0.0.1
    std::uint16_t guest;  ///< port in the machine
};

struct Network {
    std::vector<Forward> forwards{};
    bool restricted = false;  ///< the machine reaches nothing; forwards still work
};

struct MachineConfig {
    std::string qemu = "qemu-system-x86_64";
    std::string name = "kldload";
    /// Sockets, logs and the pid file live here: qmp.sock, serial.sock, serial.log, qemu.log, pid. Kept short: a Unix
    /// socket path holds 107 bytes.
    std::string directory;
    Accelerator accelerator = Accelerator::tcg;
    std::uint64_t memory_mib = 2048;
    /// 0: two, and one where the processor is emulated: with two threads, QEMU before 8.1 may run an int3 that the
    /// guest's kernel, which patches itself, has taken away already.
    unsigned cpus = 0;
    std::optional<Firmware> firmware{};  ///< none: SeaBIOS
    std::optional<DirectKernel> direct{};
    std::vector<Drive> drives{};  ///< the first one is tried first by the firmware
    std::optional<Network> network = Network{};
    std::optional<unsigned> vnc{};      ///< display number on 127.0.0.1 (port 5900 + number); none: no display
    std::string serial_log{};           ///< empty: serial.log in `directory`
    bool second_serial = false;         ///< ttyS1 to serial1.log, where no getty interferes
    std::vector<std::string> smbios{};  ///< values of -smbios, such as "type=11,value=…"
    std::vector<std::pair<std::string, std::string>> fw_cfg{};  ///< "opt/…" name and the file whose content it has
    bool no_reboot = false;                                     ///< a reboot of the guest ends the machine
    bool detached = false;             ///< QEMU goes to the background by itself and outlives us
    std::vector<std::string> extra{};  ///< further words for QEMU, such as a watchdog device

    std::string qmp_socket() const { return directory + "/qmp.sock"; }
    std::string serial_socket() const { return directory + "/serial.sock"; }
    std::string serial_log_path() const { return serial_log.empty() ? directory + "/serial.log" : serial_log; }
    std::string second_serial_log() const { return directory + "/serial1.log"; }
    std::string qemu_log() const { return directory + "/qemu.log"; }
    std::string pid_file() const { return directory + "/pid"; }
};

/// The command line for `config`. Pure: looks at nothing but its argument.
std::vector<std::string> qemu_argv(const MachineConfig& config);

/// "qcow2", "vmdk", "vhdx" or "raw", by the first bytes of the file.
Result<std::string> probe_format(const std::string& path);

}  // namespace kld::vm
