// SPDX-License-Identifier: BSD-3-Clause
// Reads packed name-value lists (XDR), as vdev labels and zpool.cache hold them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kld::boot {

/// Told what a list holds, in the order of the bytes. Other types of values are passed over.
class NvVisitor {
public:
    virtual ~NvVisitor() = default;
    /// A list begins; the outermost has no name. Each element of an array of lists is told with the array's name.
    virtual void begin_list(const std::string& name) = 0;
    virtual void end_list() = 0;
    virtual void number(const std::string& name, std::uint64_t value) = 0;
    virtual void text(const std::string& name, std::string value) = 0;
};

/// @param bytes  with the header that says how it is packed; what follows the list does not matter
/// @returns false when they are no XDR list, cut short, or nested too deep
bool visit_nvlist(std::string_view bytes, NvVisitor& visitor);

}  // namespace kld::boot
