// SPDX-License-Identifier: BSD-3-Clause
#include "pool/space_ranges.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <tuple>

namespace kld::pool {

void SpaceRanges::add(std::uint64_t offset, std::uint64_t size) {
    std::uint64_t begin = offset, end = offset + size;
    auto next = ranges_.upper_bound(begin);
    if (next != ranges_.begin() && std::prev(next)->second >= begin) --next;
    while (next != ranges_.end() && next->first <= end) {
        begin = std::min(begin, next->first);
        end = std::max(end, next->second);
        next = ranges_.erase(next);
    }
    ranges_.emplace(begin, end);
}

void SpaceRanges::remove(std::uint64_t offset, std::uint64_t size) {
    const std::uint64_t end = offset + size;
    auto next = ranges_.upper_bound(offset);
    if (next != ranges_.begin() && std::prev(next)->second > offset) --next;
    while (next != ranges_.end() && next->first < end) {
        const auto [old_begin, old_end] = *next;
        next = ranges_.erase(next);
        if (old_begin < offset) ranges_.emplace(old_begin, offset);
        if (old_end > end) ranges_.emplace(end, old_end);
    }
}

std::uint64_t SpaceRanges::bytes() const {
    return std::accumulate(ranges_.begin(), ranges_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto& range) { return sum + range.second - range.first; });
}

std::uint64_t SpaceRanges::bytes_in(std::uint64_t offset, std::uint64_t size) const {
    const std::uint64_t end = offset + size;
    std::uint64_t sum = 0;
    auto next = ranges_.upper_bound(offset);
    if (next != ranges_.begin() && std::prev(next)->second > offset) --next;
    for (; next != ranges_.end() && next->first < end; ++next)
        sum += std::min(end, next->second) - std::max(offset, next->first);
    return sum;
}

SpaceComparison compare_space(const SpaceRanges& allocated, std::vector<FoundRange>& found) {
    std::sort(found.begin(), found.end(), [](const FoundRange& a, const FoundRange& b) {
        return std::tie(a.offset, a.size) < std::tie(b.offset, b.size);
    });
    SpaceComparison result;
    SpaceRanges left = allocated;
    for (const auto& range : found) {
        const std::uint64_t before = left.bytes_in(range.offset, range.size);
        left.remove(range.offset, range.size);
        if (range.uncertain || before == range.size) continue;
        const std::uint64_t free = range.size - allocated.bytes_in(range.offset, range.size);
        result.missing += free;
        // What is allocated and was taken away before belongs to another block, too.
        if (!range.shared) result.doubled += range.size - before - free;
    }
    result.leaked = left.bytes();
    return result;
}

}  // namespace kld::pool
