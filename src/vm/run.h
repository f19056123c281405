// SPDX-License-Identifier: BSD-3-Clause
// From a person's wish to run an image to the machine that does it.
#pragma once

#include <optional>
#include <string>

#include "base/events.h"
#include "base/files.h"
#include "base/runner.h"
#include "vm/machine_config.h"

namespace kld::vm {

struct RunWish {
    std::string image{};
    std::uint64_t memory_mib = 2048;
    unsigned cpus = 0;           ///< 0: as of MachineConfig
    std::uint16_t ssh_port = 0;  ///< 0: a free one
    bool secure_boot = false;
    std::string mok_certificate{};  ///< enrolled as machine owner key; needs `secure_boot`
    std::string tools_tree{};       ///< root tree that has virt-fw-vars; empty: the host's
    bool shim_verbose = false;
    bool keep = false;  ///< write to the image itself
    bool detached = false;
    bool vnc = false;
    std::string serial_log{};
    std::optional<Accelerator> accelerator{};  ///< none: KVM when a guest really runs under it
};

/// Fills in all that has to be looked up: firmware, ports, acceleration. Changes nothing except the cache of the
/// acceleration probe. @param directory  where the machine's sockets and logs will be
Result<MachineConfig> plan_machine(const RunWish& wish, const std::string& directory, Runner& runner, Files& files,
                                   Events& events);

/// Makes what the plan relies on: the variables with the machine owner key.
Status make_ready(const RunWish& wish, const MachineConfig& config, Runner& runner, Files& files);

}  // namespace kld::vm
