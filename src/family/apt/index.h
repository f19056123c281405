// SPDX-License-Identifier: BSD-3-Clause
// Debian's control stanzas: Packages indices and dpkg's status file.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace kld::apt {

/// One stanza, its fields read on demand without copying the whole text.
class Stanza {
public:
    explicit Stanza(std::string_view text) : text_(text) {}
    /// The first line of a field, trimmed; empty when it is missing.
    std::string_view field(std::string_view name) const;
    std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

/// Calls `each` for every stanza of a control file.
void each_stanza(std::string_view text, const std::function<void(const Stanza&)>& each);

}  // namespace kld::apt
