// SPDX-License-Identifier: BSD-3-Clause
#include "vm/run.h"

#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cmd/kldload/verbs.h"
#include "vm/acceleration.h"
#include "vm/machine.h"
#include "vm/socket.h"
#include "vm/ssh.h"
#include "vm/terminal.h"
#include "vm/transcript.h"

namespace kld::cmd {
namespace {

struct RunOptions {
    vm::RunWish wish;
    std::string memory = "2G";
    std::string accel = "auto";
    std::string display = "none";
    unsigned wait_ssh = 0;
    std::string user = "root";
    std::string identity;
    bool dry_run = false;
    bool json = false;
};

vm::Ssh ssh_into(Context& context, const RunOptions& options, const vm::MachineConfig& config) {
    return {context.runner,
            {.user = options.user, .port = config.network->forwards.at(0).host, .identity = options.identity}};
}

Status complete(RunOptions& options) {
    KLD_TRY(const auto bytes, parse_size(options.memory));
    options.wish.memory_mib = bytes >> 20;
    if (options.wish.memory_mib < 256)
        return fail("--memory " + options.memory + " is too little", "512M is the least that a system boots with",
                    ExitCode::usage);
    if (options.accel == "kvm") options.wish.accelerator = vm::Accelerator::kvm;
    if (options.accel == "tcg") options.wish.accelerator = vm::Accelerator::tcg;
    options.wish.vnc = options.display == "vnc";
    return {};
}

std::string how_to_see(const vm::MachineConfig& config) {
    return config.vnc ? fmt::format("screen: VNC at 127.0.0.1:{}\n", 5900 + *config.vnc) : std::string();
}

/// On the terminal until the machine ends or the person leaves.
Status in_foreground(Context& context, const RunOptions& options, Events& events) {
    KLD_TRY(const auto directory, TemporaryDirectory::make("/tmp"));
    KLD_TRY(const auto config, plan_machine(options.wish, directory.path(), context.runner, context.files, events));
    KLD_CHECK(make_ready(options.wish, config, context.runner, context.files));
    KLD_TRY(auto machine, vm::Machine::start(config));
    const auto serial = machine.take_serial();
    fmt::print(stderr, "ssh: {}\n{}this is the serial console; Ctrl-] stops the machine\n",
               ssh_into(context, options, config).login_line(), how_to_see(config));
    KLD_TRY(const auto left, vm::attach_terminal(serial, STDIN_FILENO, STDOUT_FILENO));
    // The guest may have left colours on; a file or a pipe wants none of ours.
    if (::isatty(STDOUT_FILENO) != 0) fmt::print("\033[0m\n");
    if (left != vm::Left::machine_ended) return machine.stop(), Status{};
    machine.wait(std::chrono::seconds(10));
    const auto log = context.files.read(config.qemu_log()).value_or("");
    if (log.find("KVM internal error") == std::string::npos) return {};
    return fail(machine.ended_error());
}

void report(Context& context, const RunOptions& options, const vm::MachineConfig& config, int pid) {
    const auto ssh = ssh_into(context, options, config).login_line();
    if (options.json) {
        const nlohmann::ordered_json root{{"version", 1},
                                          {"pid", pid},
                                          {"pid_file", config.pid_file()},
                                          {"ssh", ssh},
                                          {"ssh_port", config.network->forwards.at(0).host},
                                          {"serial_log", config.serial_log_path()},
                                          {"serial_socket", config.serial_socket()},
                                          {"monitor_socket", config.qmp_socket()}};
        fmt::print("{}\n", root.dump(1));
        return;
    }
    fmt::print("log in: {}\n{}console: {}\nstop:   kill {}   (pid file {})\n", ssh, how_to_see(config),
               config.serial_log_path(), pid, config.pid_file());
}

Status wait_for_ssh(Context& context, const RunOptions& options, const vm::MachineConfig& config, int pid,
                    Events& events) {
    events.stage("wait for ssh");
    auto ssh = ssh_into(context, options, config);
    auto waited = ssh.wait(std::chrono::seconds(options.wait_ssh), [&] { return process_exists(pid); });
    if (waited) return {};
    if (auto stopped = terminate_process(pid); !stopped) events.warning(stopped.error().message);
    auto error = std::move(waited).error();
    vm::Transcript console;
    console.feed(context.files.read(config.serial_log_path()).value_or(""));
    error.details.emplace_back("the console said last:");
    for (const auto& line : last_lines(console.text(), 20)) error.details.push_back(line);
    if (error.hint.empty())
        error.hint = fmt::format("the machine was stopped; all it said is in {}", config.serial_log_path());
    return fail(std::move(error));
}

Result<vm::Detached> start_in(const vm::RunWish& wish, const vm::MachineConfig& config, Context& context) {
    KLD_CHECK(make_ready(wish, config, context.runner, context.files));
    return start_detached(config, context.runner, context.files);
}

Status in_background(Context& context, const RunOptions& options, Events& events) {
    auto wish = options.wish;
    if (wish.ssh_port == 0) {
        KLD_TRY(wish.ssh_port, vm::free_port());
    }
    // In the user's own cache: names in /tmp that can be guessed belong to whoever is first.
    const auto directory = fmt::format("{}/vm/{}", vm::default_cache_directory(), wish.ssh_port);
    KLD_TRY(const auto config, plan_machine(wish, directory, context.runner, context.files, events));
    KLD_CHECK(context.files.remove(directory));
    KLD_CHECK(context.files.make_directories(directory));
    events.stage("start the machine");
    const auto started = start_in(wish, config, context);
    if (!started) {
        static_cast<void>(context.files.remove(directory));
        return fail(started.error());
    }
    if (options.wait_ssh > 0) KLD_CHECK(wait_for_ssh(context, options, config, started->pid, events));
    events.finish();
    report(context, options, config, started->pid);
    return {};
}

Status run(Context& context, RunOptions& options) {
    KLD_CHECK(complete(options));
    const auto events = context.events();
    if (options.dry_run) {
        KLD_TRY(const auto config,
                plan_machine(options.wish, "/tmp/kldload-run", context.runner, context.files, *events));
        fmt::print("{}\n", shell_line(qemu_argv(config)));
        return {};
    }
    return options.wish.detached ? in_background(context, options, *events) : in_foreground(context, options, *events);
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("run", "boot an image in a virtual machine");
    auto options = std::make_shared<RunOptions>();
    auto& wish = options->wish;
    verb->add_option("image", wish.image, "disk image (qcow2 or raw)")->required()->type_name("IMAGE");
    verb->add_option("--memory", options->memory, "such as 2G or 768M")->capture_default_str()->type_name("SIZE");
    verb->add_option("--cpus", wish.cpus, "processors (otherwise two, and one where they are emulated)")
        ->check(CLI::Range(1, 256));
    verb->add_option("--ssh-port", wish.ssh_port,
                     "port of 127.0.0.1 that leads to the machine's ssh (otherwise a free one)");
    auto* secure = verb->add_flag("--secure-boot", wish.secure_boot, "with Microsoft's keys, enforced");
    auto* mok = verb->add_option("--mok", wish.mok_certificate, "enrol this certificate (PEM) as a machine owner key")
                    ->type_name("CERT")
                    ->needs(secure);
    verb->add_option("--tools-tree", wish.tools_tree, "root tree that has virt-fw-vars, when the host has none")
        ->type_name("DIR")
        ->needs(mok);
    verb->add_flag("--keep", wish.keep, "keep what the machine writes in the image (otherwise it is thrown away)");
    auto* detach =
        verb->add_flag("--detach", wish.detached, "in the background; says how to log in and how to stop it");
    verb->add_option("--serial-log", wish.serial_log, "all that the serial console says")->type_name("FILE");
    verb->add_option("--display", options->display, "none or vnc")
        ->capture_default_str()
        ->check(CLI::IsMember({"none", "vnc"}));
    verb->add_option("--accel", options->accel, "auto: KVM when a guest really runs under it")
        ->capture_default_str()
        ->check(CLI::IsMember({"auto", "kvm", "tcg"}));
    verb->add_option("--wait-ssh", options->wait_ssh, "wait until the machine answers on ssh")
        ->type_name("SECONDS")
        ->needs(detach);
    verb->add_option("--user", options->user, "who logs in by ssh")->capture_default_str();
    verb->add_option("--identity", options->identity, "private key for ssh")->type_name("FILE");
    verb->add_flag("--dry-run", options->dry_run, "print the command line of QEMU and do nothing");
    verb->add_flag("--json", options->json, "report as JSON")->needs(detach);
    verb->callback([&context, options] { context.chosen([&context, options] { return run(context, *options); }); });
}

}  // namespace kld::cmd
