// SPDX-License-Identifier: BSD-3-Clause
// A running QEMU.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>

#include "base/fd.h"
#include "base/files.h"
#include "base/runner.h"
#include "vm/machine_config.h"

namespace kld::vm {

/// Ends with its object. Made for one thread.
class Machine {
public:
    /// Starts QEMU and connects to its serial line; the guest runs from here on. `config.directory` must exist and
    /// `config.detached` be false. @returns an error with QEMU's own words when it does not start
    static Result<Machine> start(const MachineConfig& config);

    /// The serial line (ttyS0), to be taken once, soon: QEMU stalls the guest when nobody reads.
    Fd take_serial() { return std::move(serial_); }

    bool running() { return process_.running(); }
    /// Waits until QEMU has ended. @returns false when the time is up
    bool wait(std::chrono::milliseconds limit) { return process_.wait(limit); }
    /// The power button; the guest decides what to do.
    Status press_power_button();
    Status reset();
    /// Ends the machine now, as if the power failed: QMP quit, then signals.
    void stop();
    /// What the screen shows, as a PNG file.
    Status screendump(const std::string& path);
    Result<nlohmann::json> monitor(const std::string& command, const nlohmann::json& arguments);

    const MachineConfig& config() const { return config_; }
    int pid() const { return process_.pid(); }
    /// An error that says the machine ended, with the last lines of QEMU's log.
    Error ended_error() const;

private:
    Machine(MachineConfig config, Background process) : config_(std::move(config)), process_(std::move(process)) {}

    MachineConfig config_;
    Background process_;
    Fd serial_{};
};

struct Detached {
    int pid;
};

/// Starts a machine that outlives us (`config.detached` must be set). Stop it by SIGTERM to the pid.
Result<Detached> start_detached(const MachineConfig& config, Runner& runner, Files& files);

/// Makes a qcow2 layer over `image` for tests that boot more than once.
/// @param bytes  size of the disk that the guest sees; 0 keeps the image's
Status make_overlay(Runner& runner, const std::string& image, const std::string& overlay, std::uint64_t bytes = 0);

}  // namespace kld::vm
