// SPDX-License-Identifier: BSD-3-Clause
#include "boot/version_order.h"

#include <cctype>

namespace kld::boot {
namespace {

bool digit(char c) {
    return c >= '0' && c <= '9';
}
bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Length of `name` without a tail of suffixes, each a dot, a letter or "~", then letters, digits and "~".
std::size_t stem_length(std::string_view name) {
    std::size_t stem = name.size();
    std::size_t at = name.size();
    while (at > 0) {
        const char c = name[at - 1];
        --at;
        if (c == '.') {
            const bool begins = at + 1 < stem && (letter(name[at + 1]) || name[at + 1] == '~');
            if (!begins || at == 0) break;
            stem = at;
        } else if (!letter(c) && !digit(c) && c != '~') {
            break;
        }
    }
    return stem;
}

int weight(std::string_view text, std::size_t at) {
    if (at >= text.size()) return -1;
    const char c = text[at];
    if (digit(c)) return 0;
    if (letter(c)) return static_cast<unsigned char>(c);
    if (c == '~') return -2;
    return static_cast<unsigned char>(c) + 256;
}

int compare_runs(std::string_view left, std::string_view right) {
    std::size_t l = 0;
    std::size_t r = 0;
    const auto digit_at = [](std::string_view text, std::size_t at) { return at < text.size() && digit(text[at]); };
    while (l < left.size() || r < right.size()) {
        while ((l < left.size() && !digit(left[l])) || (r < right.size() && !digit(right[r]))) {
            const int difference = weight(left, l) - weight(right, r);
            if (difference != 0) return difference;
            ++l;
            ++r;
        }
        while (l < left.size() && left[l] == '0') ++l;
        while (r < right.size() && right[r] == '0') ++r;
        int first_difference = 0;
        for (; digit_at(left, l) && digit_at(right, r); ++l, ++r)
            if (first_difference == 0) first_difference = left[l] - right[r];
        if (digit_at(left, l)) return 1;
        if (digit_at(right, r)) return -1;
        if (first_difference != 0) return first_difference;
    }
    return 0;
}

}  // namespace

int compare_versions(std::string_view left, std::string_view right) {
    const auto left_stem = stem_length(left);
    const auto right_stem = stem_length(right);
    const int by_stem = compare_runs(left.substr(0, left_stem), right.substr(0, right_stem));
    if (by_stem != 0) return by_stem;
    const int whole = compare_runs(left, right);
    return whole != 0 ? whole : left.compare(right);
}

std::string major_minor(std::string_view version) {
    const auto first = version.find('.');
    const auto second = first == std::string_view::npos ? first : version.find('.', first + 1);
    return std::string(version.substr(0, second));
}

std::string feature_set_name(std::string_view zfs_version) {
    return "openzfs-" + major_minor(zfs_version) + "-linux";
}

}  // namespace kld::boot
