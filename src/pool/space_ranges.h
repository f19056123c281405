// SPDX-License-Identifier: BSD-3-Clause
// Sets of byte ranges, to compare what is allocated with what is referred to.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace kld::pool {

class SpaceRanges {
public:
    void add(std::uint64_t offset, std::uint64_t size);
    void remove(std::uint64_t offset, std::uint64_t size);
    std::uint64_t bytes() const;
    /// How much of this range is in the set.
    std::uint64_t bytes_in(std::uint64_t offset, std::uint64_t size) const;

private:
    std::map<std::uint64_t, std::uint64_t> ranges_{};  ///< begin → end
};

struct FoundRange {
    std::uint64_t offset = 0, size = 0;
    bool shared = false, uncertain = false;
};

struct SpaceComparison {
    std::uint64_t leaked = 0, missing = 0, doubled = 0;
};

/// @param found  in any order; is sorted
SpaceComparison compare_space(const SpaceRanges& allocated, std::vector<FoundRange>& found);

}  // namespace kld::pool
