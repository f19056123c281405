// SPDX-License-Identifier: BSD-3-Clause
#include "vm/run.h"

#include <fmt/core.h>

#include <filesystem>

#include "base/tree_runner.h"
#include "vm/acceleration.h"
#include "vm/secure_boot.h"
#include "vm/socket.h"

namespace kld::vm {
namespace {

std::string absolute(const std::string& path) {
    return std::filesystem::absolute(path).lexically_normal().string();
}

Result<std::uint16_t> ssh_port(std::uint16_t wanted) {
    if (wanted == 0) return free_port();
    if (port_is_free(wanted)) return wanted;
    return fail(fmt::format("port {} of 127.0.0.1 is in use", wanted), "without --ssh-port a free one is taken",
                ExitCode::refused);
}

Result<unsigned> vnc_display() {
    for (std::uint16_t number = 0; number < 100; ++number)
        if (port_is_free(static_cast<std::uint16_t>(5900 + number))) return number;
    return fail("no port from 5900 to 5999 is free for VNC");
}

Accelerator choose(const RunWish& wish, Runner& runner, Files& files, Events& events) {
    if (wish.accelerator) return *wish.accelerator;
    const auto verdict = probe_acceleration(files, runner, default_cache_directory());
    if (verdict.accelerator == Accelerator::tcg) events.note("emulating the processor: " + verdict.reason);
    return verdict.accelerator;
}

}  // namespace

Result<MachineConfig> plan_machine(const RunWish& wish, const std::string& directory, Runner& runner, Files& files,
                                   Events& events) {
    if (!wish.mok_certificate.empty() && !wish.secure_boot)
        return fail("--mok only means something with --secure-boot", {}, ExitCode::usage);
    if (files.kind(wish.image) == FileKind::directory || !files.exists(wish.image))
        return fail(fmt::format("there is no disk image at {}", wish.image), "kldload image makes one");
    MachineConfig config;
    config.directory = directory;
    config.name = std::filesystem::path(wish.image).stem().string();
    config.memory_mib = wish.memory_mib;
    config.cpus = wish.cpus;
    config.detached = wish.detached;
    if (!wish.serial_log.empty()) config.serial_log = absolute(wish.serial_log);
    Drive drive{.path = absolute(wish.image), .throwaway = !wish.keep};
    if (wish.keep) drive.cache = Cache::writeback;
    KLD_TRY(drive.format, probe_format(drive.path));
    config.drives.push_back(drive);
    KLD_TRY(config.firmware, find_firmware(files, wish.secure_boot));
    if (!wish.mok_certificate.empty()) {
        config.firmware->vars = directory + "/vars.fd";
        config.firmware->private_vars = true;
    }
    KLD_TRY(const auto port, ssh_port(wish.ssh_port));
    config.network->forwards = {{port, 22}};
    if (wish.vnc) {
        KLD_TRY(config.vnc, vnc_display());
    }
    config.accelerator = choose(wish, runner, files, events);
    return config;
}

Status make_ready(const RunWish& wish, const MachineConfig& config, Runner& runner, Files& files) {
    if (wish.mok_certificate.empty()) return {};
    KLD_TRY(const auto firmware, find_firmware(files, true));
    const MokEnrolment enrolment{.vars_template = firmware.vars,
                                 .certificate = wish.mok_certificate,
                                 .output = config.firmware->vars,
                                 .shim_verbose = wish.shim_verbose};
    if (wish.tools_tree.empty()) return enrol_mok(runner, files, "", enrolment);
    const auto tree = absolute(wish.tools_tree);
    if (!files.exists(tree + "/usr"))
        return fail(fmt::format("{} is no root tree: it has no /usr", tree), {}, ExitCode::usage);
    TreeRunner in_tree(runner, tree);
    return enrol_mok(in_tree, files, tree, enrolment);
}

}  // namespace kld::vm
