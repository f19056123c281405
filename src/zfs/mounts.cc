// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/mounts.h"

#include <algorithm>

#include "base/text.h"

namespace kld::zfs {
namespace {

/// Blanks, tabs, newlines and backslashes are written as three octal digits.
std::string unescape(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digits = text.substr(i + 1, 3);
        if (text[i] == '\\' && digits.size() == 3 && digits.find_first_not_of("01234567") == std::string::npos) {
            plain += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view mountinfo) {
    constexpr std::size_t kTarget = 4;
    std::vector<Mount> mounts;
    for (const auto& line : lines(mountinfo)) {
        const auto fields = split(line, ' ');
        // Any number of optional fields ends with a dash.
        const auto dash = std::find(fields.begin(), fields.end(), "-");
        if (fields.size() <= kTarget || fields.end() - dash < 3) continue;
        mounts.push_back({unescape(dash[2]), unescape(fields[kTarget]), dash[1]});
    }
    return mounts;
}

Result<std::vector<Mount>> read_mounts(Files& files) {
    KLD_TRY(const auto text, files.read("/proc/self/mountinfo"));
    return parse_mounts(text);
}

std::string place_of(const std::vector<Mount>& mounts, const std::string& dataset) {
    std::string place;
    for (const auto& mount : mounts)
        if (mount.type == "zfs" && mount.source == dataset) place = mount.target;
    return place;
}

std::string dataset_at(const std::vector<Mount>& mounts, const std::string& target) {
    std::string dataset;
    for (const auto& mount : mounts)
        if (mount.target == target) dataset = mount.type == "zfs" ? mount.source : std::string{};
    return dataset;
}

const Mount* mount_of(const std::vector<Mount>& mounts, const std::string& path) {
    const Mount* found = nullptr;
    for (const auto& mount : mounts) {
        const bool above = mount.target == "/" || path == mount.target || path.starts_with(mount.target + "/");
        if (above && (found == nullptr || mount.target.size() >= found->target.size())) found = &mount;
    }
    return found;
}

}  // namespace kld::zfs
