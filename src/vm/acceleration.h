// SPDX-License-Identifier: BSD-3-Clause
// KVM or emulation: decided by a guest that really starts, not by a device node.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/files.h"
#include "base/runner.h"
#include "vm/machine_config.h"

namespace kld::vm {

struct Verdict {
    Accelerator accelerator = Accelerator::tcg;
    std::string reason{};  ///< one line for a person
};

/// Tries a guest under KVM. @returns nothing when it ran, else why not
using GuestTrial = std::function<Result<void>()>;

/// UEFI firmware must come up on two processors under KVM with the machine that we use, within `limit`. A boot sector
/// would not tell: there are hosts (nested, paravirtual KVM) that run real mode in an emulator and stop in long mode,
/// which is where the firmware already works.
Status firmware_trial(const MachineConfig& machine, std::chrono::seconds limit);

/// Where the verdict was valid: the boot id of the host and QEMU's version. Either changes: the guest is tried again.
struct Host {
    std::string boot_id{};
    std::string qemu_version{};
};
Result<Host> describe_host(Files& files, Runner& runner, const std::string& qemu);

/// @param cache_file  remembers the verdict; written 0644, parents made; a broken one is ignored
Verdict decide(Files& files, const Host& host, const std::string& cache_file, const GuestTrial& trial);

/// All of the above for the machine `config` describes: looks at /dev/kvm, asks the cache, tries. Never fails:
/// emulation always works. Needs OVMF for the trial; without it the answer is emulation.
Verdict probe_acceleration(Files& files, Runner& runner, const std::string& cache_directory);

/// $XDG_CACHE_HOME/kldload, or ~/.cache/kldload, or below /var/tmp when there is no home.
std::string default_cache_directory();

}  // namespace kld::vm
