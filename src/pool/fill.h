// SPDX-License-Identifier: BSD-3-Clause
// Brings a source into a filler, from its first entry to its last.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/events.h"
#include "pool/filler.h"
#include "pool/read_ahead.h"

namespace kld::pool {

/// The error for a pool that is full; what would still come can be counted.
using Full = std::function<Error(ReadAhead& ahead, const Error& why)>;
Status fill_from(Source& source, Filler& filler, const Full& full, Events& events);

/// "/etc/issue/" → "etc/issue", the form of entries.
std::string entry_path(std::string_view path);

}  // namespace kld::pool
