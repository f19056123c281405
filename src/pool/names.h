// SPDX-License-Identifier: BSD-3-Clause
// Paths of entries and the names in them.
#pragma once

#include <string>
#include <string_view>

namespace kld::pool {

/// "a/b/c" → "a/b", "a" → "".
std::string parent_path(const std::string& path);
/// "a/b/c" → "c".
std::string last_part(const std::string& path);
/// Well-formed as RFC 3629 has it.
bool is_utf8(std::string_view bytes);

}  // namespace kld::pool
