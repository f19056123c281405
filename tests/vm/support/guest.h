// SPDX-License-Identifier: BSD-3-Clause
// A booted image, driven as a user would: over the menu, the serial console and ssh.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/runner.h"
#include "vm/machine.h"
#include "vm/shell.h"
#include "vm/ssh.h"

namespace kld::test {

struct GuestOptions {
    std::string image{};           ///< never written to: the guest gets a layer of its own
    std::uint64_t disk_bytes = 0;  ///< size of the disk that the guest sees; 0 keeps the image's
    vm::Bus bus = vm::Bus::virtio;
    std::vector<vm::Drive> more_drives{};  ///< after the image's; `throwaway` says whether the guest's writes stay
    std::uint64_t memory_mib = 2048;
    unsigned cpus = 0;  ///< 0: as of MachineConfig
    bool bios = false;  ///< no UEFI: SeaBIOS
    bool secure_boot = false;
    std::string mok_certificate{};  ///< enrolled when set; needs `tools_tree` where the host has no virt-fw-vars
    std::string tools_tree{};
    bool second_serial = false;
    bool network = true;        ///< without a disk, firmware tries the network for minutes before it gives up
    std::string user = "root";  ///< for ssh
    std::string identity{};     ///< private key for ssh
    std::optional<vm::DirectKernel> direct{};  ///< instead of an image, or beside it
    std::vector<std::string> extra{};          ///< words for QEMU
};

class Guest {
public:
    /// Prepares the machine (layer over the image, firmware variables, ports) without starting it.
    static Result<std::unique_ptr<Guest>> make(GuestOptions options);
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    /// Stops the machine and keeps the console: $KLD_TEST_LOGS/<suite>.<test>.<n>.log, one for each power-on.
    ~Guest();

    /// Starts the machine. Its disk and firmware variables are as they were when it was last switched off.
    Status power_on();
    /// Shuts the system down in order, from a shell or over ssh, and waits until the machine has ended.
    Status shut_down(vm::SerialShell& shell, std::chrono::seconds limit = std::chrono::seconds(300));
    Status shut_down_by_ssh(std::chrono::seconds limit = std::chrono::seconds(300));
    /// Presses the power button and waits. A system without logind (which needs D-Bus) does not listen to it.
    Status press_power_button(std::chrono::seconds limit = std::chrono::seconds(300));
    /// Waits, reading the console, until the machine has ended by itself.
    Status wait_for_end(std::chrono::seconds limit);
    /// Takes the power away.
    void pull_the_plug();

    vm::SerialConsole& console() { return *console_; }
    vm::Machine& machine() { return *machine_; }
    vm::Ssh& ssh() { return *ssh_; }

    /// Logs in on the serial console. @returns the shell, valid until the machine ends or reboots
    Result<vm::SerialShell> login(const std::string& user, const std::string& password,
                                  std::chrono::seconds limit = std::chrono::seconds(900));
    /// Waits until ssh works.
    Status wait_for_ssh(std::chrono::seconds limit = std::chrono::seconds(900));

    /// Seconds since the last power_on().
    double uptime() const;

private:
    Guest(GuestOptions options, TemporaryDirectory directory)
        : options_(std::move(options)), directory_(std::move(directory)) {}
    Status prepare();
    void keep_console();

    GuestOptions options_;
    TemporaryDirectory directory_;
    vm::MachineConfig config_{};
    ProcessRunner runner_{};
    std::optional<vm::Ssh> ssh_{};
    std::optional<vm::Machine> machine_{};
    std::optional<vm::SerialConsole> console_{};
    std::chrono::steady_clock::time_point started_{};
    unsigned boots_ = 0;
};

}  // namespace kld::test
