// SPDX-License-Identifier: BSD-3-Clause
// Network configuration files for the managers that the profiles use.
#pragma once

#include <string>
#include <vector>

#include "config/answers.h"

namespace kld::image {

struct NetworkFile {
    std::string path;
    std::string text;
    unsigned mode = 0644;
};

/// /etc/network/interfaces. Without an interface name, every wired one (en*, eth*) is configured when it appears.
/// @param seeded  a seed may bring another network: all of it is in the file that cloud-init writes for ifupdown
std::vector<NetworkFile> ifupdown(const config::Answers& answers, bool seeded);

/// NetworkManager's keyfile; an empty path where its own default (DHCP on every wired interface) is what was asked for.
NetworkFile network_manager(const config::Answers& answers);

/// Whether the answers say more than the default: then a seed does not change the network.
bool is_decided(const config::Answers& answers);

}  // namespace kld::image
