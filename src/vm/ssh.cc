// SPDX-License-Identifier: BSD-3-Clause
#include "vm/ssh.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <thread>

#include "base/fd.h"
#include "base/text.h"

namespace kld::vm {
namespace {

using Clock = std::chrono::steady_clock;

/// Early in the boot sshd may answer before its user can log in; after this many refusals it is the key.
constexpr int kRefusals = 5;

/// A new machine has a new host key at the same address each time: nothing is remembered, nothing of the user's is
/// read.
std::vector<std::string> options(const SshTarget& target) {
    std::vector<std::string> words{"-F", "/dev/null",
                                   "-o", "StrictHostKeyChecking=no",
                                   "-o", "UserKnownHostsFile=/dev/null",
                                   "-o", "GlobalKnownHostsFile=/dev/null",
                                   "-o", "LogLevel=ERROR"};
    if (!target.identity.empty()) words.insert(words.end(), {"-o", "IdentitiesOnly=yes", "-i", target.identity});
    return words;
}

}  // namespace

std::vector<std::string> Ssh::argv(const std::string& command) const {
    std::vector<std::string> words{"ssh"};
    const auto common = options(target_);
    words.insert(words.end(), common.begin(), common.end());
    words.insert(words.end(), {"-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15", "-p",
                               std::to_string(target_.port), target_.user + "@" + target_.host, "--", command});
    return words;
}

std::string Ssh::login_line() const {
    std::vector<std::string> words{"ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"};
    if (!target_.identity.empty()) words.insert(words.end(), {"-i", target_.identity});
    words.insert(words.end(), {"-p", std::to_string(target_.port), target_.user + "@" + target_.host});
    return shell_line(words);
}

Status Ssh::wait(std::chrono::seconds limit, const std::function<bool()>& alive) {
    const auto deadline = Clock::now() + limit;
    for (int refused = 0;;) {
        auto done = runner_.run({.argv = argv("true"), .timeout = std::chrono::seconds(60)});
        if (done) return {};
        auto error = std::move(done).error();
        const bool denied =
            !error.details.empty() && error.details.back().find("Permission denied") != std::string::npos;
        if (denied && ++refused == kRefusals)
            return fail(std::move(error)
                            .within("the machine refuses to let us in")
                            .with_hint("check the user name and --identity"));
        if (!alive()) return fail(std::move(error).within("the machine ended before ssh answered"));
        if (Clock::now() >= deadline)
            return fail(std::move(error).within(fmt::format("ssh did not answer within {} s", limit.count())));
        std::this_thread::sleep_for(pause_);
    }
}

Result<Output> Ssh::run(const std::string& command, std::chrono::seconds limit) {
    return runner_.run({.argv = argv(command), .timeout = limit, .accept = [](int code) { return code != 255; }});
}

Result<std::string> Ssh::check(const std::string& command, std::chrono::seconds limit) {
    KLD_TRY(auto output, run(command, limit));
    if (output.exit_code == 0) return std::move(output.out);
    Error error{fmt::format("in the machine: '{}' → exit {}", command, output.exit_code)};
    error.details = last_lines(output.err.empty() ? output.out : output.err, 40);
    return fail(std::move(error));
}

Status Ssh::copy_to(const std::string& local, const std::string& remote) {
    KLD_TRY(const auto file, Fd::open(local, O_RDONLY));
    Command command{.argv = argv("cat > " + shell_quote(remote))};
    command.stdin_fd = file.get();
    KLD_CHECK(runner_.run(command));
    return {};
}

Status Ssh::copy_from(const std::string& remote, const std::string& local) {
    KLD_TRY(const auto file, Fd::open(local, O_WRONLY | O_CREAT | O_TRUNC));
    Command command{.argv = argv("cat < " + shell_quote(remote))};
    command.stdout_fd = file.get();
    KLD_CHECK(runner_.run(command));
    return {};
}

Status make_ssh_key(Runner& runner, const std::string& path) {
    KLD_CHECK(runner.run({.argv = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "kldload", "-f", path}}));
    return {};
}

}  // namespace kld::vm
