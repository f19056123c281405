// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/guest.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "base/text.h"
#include "vm/acceleration.h"
#include "vm/run.h"
#include "vm/socket.h"

namespace kld::test {
namespace {

using Clock = std::chrono::steady_clock;

/// Layers grow to gigabytes: not in /tmp, which may be memory.
std::string large_temporary() {
    const char* chosen = std::getenv("TMPDIR");
    return chosen != nullptr && *chosen != '\0' ? chosen : "/var/tmp";
}

std::string test_name() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    if (info != nullptr) return fmt::format("{}.{}", info->test_suite_name(), info->name());
    const auto* suite = testing::UnitTest::GetInstance()->current_test_suite();
    return suite != nullptr ? suite->name() : "guest";
}

}  // namespace

Result<std::unique_ptr<Guest>> Guest::make(GuestOptions options) {
    KLD_TRY(auto directory, TemporaryDirectory::make(large_temporary()));
    std::unique_ptr<Guest> guest(new Guest(std::move(options), std::move(directory)));
    KLD_CHECK(guest->prepare());
    return guest;
}

Status Guest::prepare() {
    RealFiles files;
    NoEvents events;
    auto& config = config_;
    config.name = test_name();
    config.directory = directory_.path();
    config.memory_mib = options_.memory_mib;
    config.cpus = options_.cpus;
    config.second_serial = options_.second_serial;
    config.extra = options_.extra;
    config.direct = options_.direct;
    config.accelerator = vm::probe_acceleration(files, runner_, vm::default_cache_directory()).accelerator;
    KLD_TRY(const auto port, vm::free_port());
    config.network->forwards = {{port, 22}};
    ssh_.emplace(runner_, vm::SshTarget{.user = options_.user, .port = port, .identity = options_.identity});
    if (!options_.network) config.network.reset();
    if (!options_.image.empty()) {
        const auto layer = directory_.path() + "/disk.qcow2";
        KLD_CHECK(vm::make_overlay(runner_, options_.image, layer, options_.disk_bytes));
        config.drives = {{.path = layer, .format = "qcow2", .throwaway = false, .bus = options_.bus}};
    }
    config.drives.insert(config.drives.end(), options_.more_drives.begin(), options_.more_drives.end());
    if (options_.direct || options_.bios) return {};
    KLD_TRY(config.firmware, vm::find_firmware(files, options_.secure_boot));
    // Variables survive a power cycle, as on a real machine: each guest has its own.
    const auto vars = directory_.path() + "/vars.fd";
    KLD_TRY(const auto bytes, files.read(config.firmware->vars));
    KLD_CHECK(files.write(vars, bytes, 0600));
    config.firmware->vars = vars;
    config.firmware->private_vars = true;
    return vm::make_ready(
        {.mok_certificate = options_.mok_certificate, .tools_tree = options_.tools_tree, .shim_verbose = true}, config,
        runner_, files);
}

Guest::~Guest() {
    pull_the_plug();
}

Status Guest::power_on() {
    pull_the_plug();
    started_ = Clock::now();
    KLD_TRY(auto machine, vm::Machine::start(config_));
    console_.emplace(machine.take_serial());
    machine_.emplace(std::move(machine));
    ++boots_;
    return {};
}

Status Guest::shut_down(vm::SerialShell& shell, std::chrono::seconds limit) {
    KLD_CHECK(shell.console().send_line("systemctl poweroff"));
    return wait_for_end(limit);
}

Status Guest::shut_down_by_ssh(std::chrono::seconds limit) {
    // The connection may go before the answer comes: what counts is the end of the machine.
    const std::string poweroff = options_.user == "root" ? "systemctl poweroff" : "sudo systemctl poweroff";
    static_cast<void>(ssh_->run(poweroff, std::chrono::seconds(60)));
    return wait_for_end(limit);
}

Status Guest::press_power_button(std::chrono::seconds limit) {
    KLD_CHECK(machine_->press_power_button());
    return wait_for_end(limit);
}

Status Guest::wait_for_end(std::chrono::seconds limit) {
    const auto deadline = Clock::now() + limit;
    while (!console_->ended() && Clock::now() < deadline) console_->listen(std::chrono::seconds(1));
    if (machine_->wait(std::chrono::seconds(10))) return pull_the_plug(), Status{};
    Error error{fmt::format("the machine did not shut down within {} s", limit.count())};
    error.details = last_lines(console_->transcript().text(), 40);
    return fail(std::move(error));
}

void Guest::pull_the_plug() {
    if (!machine_) return;
    machine_->stop();
    keep_console();
    machine_.reset();
}

void Guest::keep_console() {
    while (console_ && !console_->ended()) console_->listen(std::chrono::seconds(1));
    const char* logs = std::getenv("KLD_TEST_LOGS");
    if (!console_ || logs == nullptr || *logs == '\0') return;
    RealFiles files;
    const auto path = fmt::format("{}/{}.{}.log", logs, test_name(), boots_);
    if (files.make_directories(logs) && files.write(path, console_->transcript().stamped()))
        std::cout << "console: " << path << "\n";
}

Result<vm::SerialShell> Guest::login(const std::string& user, const std::string& password, std::chrono::seconds limit) {
    return vm::SerialShell::login(*console_, user, password, limit);
}

Status Guest::wait_for_ssh(std::chrono::seconds limit) {
    auto done = ssh_->wait(limit, [this] {
        console_->listen(std::chrono::milliseconds(100));
        return !console_->ended() && console_->emulators_fault().empty();
    });
    if (const auto fault = console_->emulators_fault(); !done && !fault.empty())
        return fail(std::move(done.error()).within(fault));
    return done;
}

double Guest::uptime() const {
    return std::chrono::duration<double>(Clock::now() - started_).count();
}

}  // namespace kld::test
