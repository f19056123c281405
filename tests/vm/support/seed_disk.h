// SPDX-License-Identifier: BSD-3-Clause
// A seed for cloud-init, as hypervisors give it: NoCloud on a volume called CIDATA.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "vm/machine_config.h"

namespace kld::test {

/// @param directory  where the image goes
/// @param files      content by name: "user-data", "meta-data", "network-config"
Result<vm::Drive> make_seed_disk(const std::string& directory, const std::map<std::string, std::string>& files);

}  // namespace kld::test
