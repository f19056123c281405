// SPDX-License-Identifier: BSD-3-Clause
#include "check/fstab.h"

#include "base/text.h"

namespace kld::check {

std::vector<Mount> read_fstab(const Environment& environment) {
    std::vector<Mount> mounts;
    for (const auto& line : lines(environment.tree.read("etc/fstab").value_or(""))) {
        const auto fields = words(line);
        if (fields.size() < 4 || fields[0].starts_with('#')) continue;
        mounts.push_back({fields[0], fields[1], fields[2], split(fields[3], ',')});
    }
    return mounts;
}

}  // namespace kld::check
