// SPDX-License-Identifier: BSD-3-Clause
// Network configuration files for the managers that the profiles use.
#pragma once

#include <string>

#include "config/answers.h"

namespace kld::image {

struct NetworkFile {
    std::string path;
    std::string text;
    unsigned mode = 0644;
};

/// /etc/network/interfaces. Without an interface name, every wired one (en*, eth*) is configured when it appears.
NetworkFile ifupdown(const config::Answers& answers);

/// NetworkManager's keyfile; an empty path where its own default (DHCP on every wired interface) is what was asked for.
NetworkFile network_manager(const config::Answers& answers);

}  // namespace kld::image
