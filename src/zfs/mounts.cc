// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/mounts.h"

#include "base/text.h"

namespace kld::zfs {
namespace {

/// Blanks, tabs, newlines and backslashes are written as three octal digits.
std::string unescape(std::string_view text) {
    if (text.find('\\') == std::string_view::npos) return std::string(text);
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digits = text.substr(i + 1, 3);
        if (text[i] == '\\' && digits.size() == 3 && digits.find_first_not_of("01234567") == std::string_view::npos) {
            plain += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

/// Takes what comes before `end`, and that itself, away from `text`.
std::string_view take(std::string_view& text, char end) {
    const auto at = text.find(end);
    const auto taken = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return taken;
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view mountinfo) {
    std::vector<Mount> mounts;
    while (!mountinfo.empty()) {
        auto rest = take(mountinfo, '\n');
        for (int ids = 0; ids < 3; ++ids) take(rest, ' ');
        const auto root = take(rest, ' '), target = take(rest, ' ');
        // Any number of optional fields ends with a dash.
        while (!rest.empty() && take(rest, ' ') != "-") continue;
        const auto type = take(rest, ' '), source = take(rest, ' ');
        if (target.empty() || source.empty()) continue;
        mounts.push_back({unescape(source), unescape(target), std::string(type), unescape(root)});
    }
    return mounts;
}

Result<std::vector<Mount>> read_mounts(Files& files) {
    KLD_TRY(const auto text, files.read("/proc/self/mountinfo"));
    return parse_mounts(text);
}

std::string place_of(const std::vector<Mount>& mounts, const std::string& dataset) {
    std::string covered;
    for (const auto& mount : mounts) {
        if (mount.type != "zfs" || mount.source != dataset || mount.root != "/") continue;
        if (dataset_at(mounts, mount.target) == dataset) return mount.target;
        covered = mount.target;
    }
    return covered;
}

std::string dataset_at(const std::vector<Mount>& mounts, const std::string& target) {
    std::string dataset;
    for (const auto& mount : mounts)
        if (mount.target == target) dataset = mount.type == "zfs" && mount.root == "/" ? mount.source : std::string{};
    return dataset;
}

const Mount* mount_of(const std::vector<Mount>& mounts, const std::string& path) {
    const Mount* found = nullptr;
    for (const auto& mount : mounts)
        if (lies_in(path, mount.target) && (found == nullptr || mount.target.size() >= found->target.size()))
            found = &mount;
    return found;
}

std::string parent_directory(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

bool lies_in(const std::string& path, const std::string& directory) {
    return path == directory || path.starts_with(directory == "/" ? directory : directory + "/");
}

}  // namespace kld::zfs
