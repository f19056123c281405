// SPDX-License-Identifier: BSD-3-Clause
#include "vm/acceleration.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/fd.h"
#include "base/text.h"

namespace kld::vm {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr std::chrono::seconds kTrialLimit{30};

/// What QEMU said that explains most: a register dump or a failed assertion often follows the reason.
std::string reason_of(const std::string& log) {
    for (const auto* telling : {"KVM internal error", "error:"})
        for (const auto& line : lines(log))
            if (line.find(telling) != std::string::npos) return std::string(trim(line));
    const auto last = last_lines(log, 1);
    return last.empty() ? "QEMU ended without a word" : std::string(trim(last[0]));
}

}  // namespace

Status firmware_trial(const MachineConfig& machine, std::chrono::seconds limit) {
    RealFiles files;
    KLD_TRY(const auto log, Fd::open(machine.qemu_log(), O_WRONLY | O_CREAT | O_TRUNC));
    auto config = machine;
    config.accelerator = Accelerator::kvm;
    config.cpus = 2;
    config.memory_mib = 512;
    config.network.reset();
    config.detached = false;
    auto argv = qemu_argv(config);
    // The console is a file here: its first byte is the answer, and nobody has to connect.
    for (auto& word : argv)
        if (word.starts_with("socket,id=serial0,"))
            word = "file,id=serial0,path=" + replace_all(config.serial_log_path(), ",", ",,");
    KLD_TRY(auto qemu, Background::start(argv, log.get()));
    const auto deadline = Clock::now() + limit;
    for (;;) {
        const auto said = files.read(config.serial_log_path());
        if (said && !said->empty()) return {};
        const auto errors = files.read(config.qemu_log()).value_or("");
        const bool stopped = errors.find("KVM internal error") != std::string::npos;
        if (stopped || !qemu.running()) return fail(reason_of(files.read(config.qemu_log()).value_or("")));
        if (Clock::now() >= deadline) return fail(fmt::format("firmware did not come up within {} s", limit.count()));
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

Result<Host> describe_host(Files& files, Runner& runner, const std::string& qemu) {
    KLD_TRY(const auto boot_id, files.read("/proc/sys/kernel/random/boot_id"));
    KLD_TRY(const auto version, runner.run({.argv = {qemu, "--version"}, .timeout = std::chrono::seconds(20)}));
    return Host{std::string(trim(boot_id)), lines(version.out).empty() ? "" : lines(version.out)[0]};
}

Verdict decide(Files& files, const Host& host, const std::string& cache_file, const GuestTrial& trial) {
    const auto cached = json::parse(files.read(cache_file).value_or(""), nullptr, false);
    if (cached.is_object() && cached.value("boot_id", "") == host.boot_id &&
        cached.value("qemu", "") == host.qemu_version && cached.contains("kvm") && cached["kvm"].is_boolean())
        return {cached["kvm"].get<bool>() ? Accelerator::kvm : Accelerator::tcg, cached.value("reason", "")};
    Verdict verdict;
    if (const auto tried = trial())
        verdict = {Accelerator::kvm, "a guest runs under KVM"};
    else
        verdict = {Accelerator::tcg, "KVM does not run a guest here: " + tried.error().message};
    const json record{{"boot_id", host.boot_id},
                      {"qemu", host.qemu_version},
                      {"kvm", verdict.accelerator == Accelerator::kvm},
                      {"reason", verdict.reason}};
    // A verdict that cannot be kept is only slower the next time.
    static_cast<void>(files.make_directories(cache_file.substr(0, cache_file.rfind('/'))));
    static_cast<void>(files.write(cache_file, record.dump() + "\n"));
    return verdict;
}

Verdict probe_acceleration(Files& files, Runner& runner, const std::string& cache_directory) {
    if (::access("/dev/kvm", R_OK | W_OK) != 0)
        return {Accelerator::tcg,
                files.exists("/dev/kvm") ? "/dev/kvm may not be opened by this user" : "there is no /dev/kvm"};
    MachineConfig config;
    const auto host = describe_host(files, runner, config.qemu);
    const auto firmware = find_firmware(files, false);
    if (!host || !firmware) return {Accelerator::tcg, (host ? firmware.error() : host.error()).message};
    return decide(files, *host, cache_directory + "/acceleration.json", [&]() -> Status {
        KLD_TRY(const auto directory, TemporaryDirectory::make("/tmp"));
        config.directory = directory.path();
        config.firmware = *firmware;
        return firmware_trial(config, kTrialLimit);
    });
}

std::string default_cache_directory() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
        return std::string(cache) + "/kldload";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
        return std::string(home) + "/.cache/kldload";
    return fmt::format("/var/tmp/kldload-{}", ::getuid());
}

}  // namespace kld::vm
