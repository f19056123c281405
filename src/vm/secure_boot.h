// SPDX-License-Identifier: BSD-3-Clause
// Firmware variables for Secure Boot tests: Microsoft's keys and a machine owner key, enrolled without a person.
#pragma once

#include <string>

#include "base/files.h"
#include "base/runner.h"

namespace kld::vm {

struct MokEnrolment {
    std::string vars_template;  ///< variables with Microsoft's keys (OVMF_VARS_4M.ms.fd)
    std::string certificate;    ///< X.509 certificate in PEM form
    std::string output;         ///< the variables file to make
    bool shim_verbose = false;  ///< shim then says on the console which check failed
    /// Owner of the key in the list; any GUID will do.
    std::string owner = "5d8a9bd4-6c3e-4b52-9a9b-1d0c5d6e7f10";
};

/// Runs virt-fw-vars (package python3-virt-firmware, Debian 13 and later).
/// @param in_tree  runs programs in the root tree `tree`: a TreeRunner, or the host's own Runner with `tree` empty
Status enrol_mok(Runner& in_tree, Files& files, const std::string& tree, const MokEnrolment& wish);

}  // namespace kld::vm
