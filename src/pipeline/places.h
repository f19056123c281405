// SPDX-License-Identifier: BSD-3-Clause
// Where the builder keeps and finds things.
#pragma once

#include <string>

#include "base/result.h"

namespace kld::pipeline {

struct Places {
    std::string cache;     ///< ${XDG_CACHE_HOME:-~/.cache}/kldload: can be removed at any time
    std::string keys;      ///< ${XDG_DATA_HOME:-~/.local/share}/kldload/keys: private keys, made on first use
    std::string data;      ///< catalog/ and packaging/
    std::string programs;  ///< directory of kldload-pool, kldload-menu, kldload-firstboot
};

/// From the environment and from where this program lies: beside its siblings, with its data in ../share/kldload when
/// installed, else in the source tree it was built from. KLDLOAD_DATA overrides the latter.
Result<Places> find_places();

}  // namespace kld::pipeline
