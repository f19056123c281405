// SPDX-License-Identifier: BSD-3-Clause
// Commands and files over ssh, to a machine whose host key nobody has seen yet.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/runner.h"

namespace kld::vm {

struct SshTarget {
    std::string user = "root";
    std::uint16_t port = 22;
    std::string identity{};  ///< private key file; empty: what the agent and the defaults offer
    std::string host = "127.0.0.1";
};

class Ssh {
public:
    /// @param pause  between two attempts of wait()
    Ssh(Runner& runner, SshTarget target, std::chrono::milliseconds pause = std::chrono::seconds(1))
        : runner_(runner), target_(std::move(target)), pause_(pause) {}

    /// Tries until a command runs. @param alive  asked between attempts; false ends the waiting
    /// @returns an error with ssh's last words when the time is up, or at once when the key is refused again and again
    Status wait(
        std::chrono::seconds limit, const std::function<bool()>& alive = [] { return true; });

    /// Runs a shell command in the machine. Its exit code is a result; only ssh's own failure (255) is an error.
    Result<Output> run(const std::string& command, std::chrono::seconds limit = std::chrono::seconds(120));
    /// The same, but a non-zero exit is an error. @returns stdout
    Result<std::string> check(const std::string& command, std::chrono::seconds limit = std::chrono::seconds(120));

    Status copy_to(const std::string& local, const std::string& remote);
    Status copy_from(const std::string& remote, const std::string& local);

    /// The line a person types to log in.
    std::string login_line() const;
    const SshTarget& target() const { return target_; }

private:
    std::vector<std::string> argv(const std::string& command) const;

    Runner& runner_;
    SshTarget target_;
    std::chrono::milliseconds pause_;
};

/// Makes an ed25519 key without passphrase at `path` and `path`.pub, for tests and throwaway machines.
Status make_ssh_key(Runner& runner, const std::string& path);

}  // namespace kld::vm
