// SPDX-License-Identifier: BSD-3-Clause
// What `zpool import` says about pools that it has not imported.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kld::recovery {

struct Importable {
    std::string name;
    std::uint64_t guid = 0;
    std::string state;   ///< "ONLINE", "DEGRADED", "UNAVAIL", …
    std::string status;  ///< what is wrong, in one line with single blanks; empty when nothing is
    std::string action;  ///< what zpool(8) would do about it

    bool may_be_imported() const { return state == "ONLINE" || state == "DEGRADED"; }
    /// The pool has features that this system's ZFS can read and must not write.
    bool only_for_reading() const;
};

/// The format of OpenZFS 2.1 to 2.4: blocks of "key: value", values going on in lines that begin with a tab. The list
/// of devices is passed over.
std::vector<Importable> parse_importable(std::string_view output);

}  // namespace kld::recovery
