// SPDX-License-Identifier: BSD-3-Clause
#include "vm/machine.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "vm/qmp.h"
#include "vm/socket.h"

namespace kld::vm {

namespace {

constexpr std::chrono::seconds kStartLimit{20};

/// Drives without a format get the one that their first bytes tell.
Result<MachineConfig> completed(MachineConfig config) {
    for (const auto& path : {config.qmp_socket(), config.serial_socket()}) KLD_CHECK(check_socket_path(path));
    for (auto& drive : config.drives) {
        if (!drive.format.empty()) continue;
        KLD_TRY(drive.format, probe_format(drive.path));
    }
    return config;
}

Error start_error(const MachineConfig& config, Error why) {
    why.message = fmt::format("the virtual machine '{}' did not start", config.name);
    why.details.insert(why.details.begin(), shell_line(qemu_argv(config)));
    if (why.hint.empty() && config.accelerator == Accelerator::kvm)
        why.hint = "--accel tcg runs it without KVM, more slowly";
    return why;
}

}  // namespace

Result<Machine> Machine::start(const MachineConfig& wish) {
    KLD_TRY(auto config, completed(wish));
    KLD_TRY(const auto log, Fd::open(config.qemu_log(), O_WRONLY | O_CREAT | O_TRUNC));
    KLD_TRY(auto process, Background::start(qemu_argv(config), log.get()));
    Machine machine(std::move(config), std::move(process));
    auto serial = connect_unix(machine.config_.serial_socket(), kStartLimit, [&] { return machine.running(); });
    if (serial) {
        machine.serial_ = std::move(*serial);
        // QEMU opens its disks only after the serial line is connected: without this a wrong image looks like a start.
        auto monitor = connect_unix(machine.config_.qmp_socket(), kStartLimit, [&] { return machine.running(); });
        if (monitor && Qmp::open(std::move(*monitor), kStartLimit)) return machine;
    }
    // A closed monitor comes a moment before the end of the process: its last words are worth that moment.
    if (!machine.wait(std::chrono::seconds(3))) {
        machine.process_.stop();
        return fail(start_error(
            machine.config_, Error{"", {fmt::format("its monitor gave no answer within {} s", kStartLimit.count())}}));
    }
    return fail(start_error(machine.config_, Error{"", machine.ended_error().details}));
}

Error Machine::ended_error() const {
    Error error{fmt::format("the virtual machine '{}' has ended", config_.name)};
    if (const auto log = RealFiles().read(config_.qemu_log())) error.details = last_lines(*log, 12);
    if (config_.accelerator == Accelerator::kvm) error.hint = "--accel tcg runs it without KVM, more slowly";
    return error;
}

Result<nlohmann::json> Machine::monitor(const std::string& command, const nlohmann::json& arguments) {
    if (!running()) return fail(ended_error());
    KLD_TRY(auto qmp, Qmp::connect(config_.qmp_socket(), std::chrono::seconds(10)));
    return qmp.execute(command, arguments);
}

Status Machine::press_power_button() {
    KLD_CHECK(monitor("system_powerdown", nlohmann::json::object()));
    return {};
}

Status Machine::reset() {
    KLD_CHECK(monitor("system_reset", nlohmann::json::object()));
    return {};
}

Status Machine::screendump(const std::string& path) {
    KLD_CHECK(monitor("screendump", {{"filename", std::filesystem::absolute(path).string()}, {"format", "png"}}));
    return {};
}

void Machine::stop() {
    if (!running()) return;
    if (monitor("quit", nlohmann::json::object()) && wait(std::chrono::seconds(5))) return;
    process_.stop();
}

Result<Detached> start_detached(const MachineConfig& wish, Runner& runner, Files& files) {
    KLD_TRY(const auto config, completed(wish));
    const auto done = runner.run({.argv = qemu_argv(config), .timeout = std::chrono::seconds(60)});
    if (!done) {
        auto error = done.error();
        if (config.accelerator == Accelerator::kvm) error.hint = "--accel tcg runs it without KVM, more slowly";
        return fail(std::move(error).within(fmt::format("the virtual machine '{}' did not start", config.name)));
    }
    KLD_TRY(const auto text, files.read(config.pid_file()));
    KLD_TRY(const auto pid, parse_number(trim(text)));
    return Detached{static_cast<int>(pid)};
}

Status make_overlay(Runner& runner, const std::string& image, const std::string& overlay, std::uint64_t bytes) {
    KLD_TRY(const auto format, probe_format(image));
    Command command{.argv = {"qemu-img", "create", "-q", "-f", "qcow2", "-F", format, "-b",
                             std::filesystem::absolute(image).string(), overlay}};
    if (bytes > 0) command.argv.push_back(std::to_string(bytes));
    KLD_CHECK(runner.run(command));
    return {};
}

}  // namespace kld::vm
