// SPDX-License-Identifier: BSD-3-Clause
#include "boot/kernels.h"

#include <fmt/core.h>
#include <regex.h>

#include <algorithm>
#include <array>
#include <set>

#include "boot/version_order.h"

namespace kld::boot {
namespace {

/// The names an initramfs for this kernel may have, best first.
std::vector<std::string> initramfs_names(const std::string& base, const std::string& dash_version) {
    std::vector<std::string> names{fmt::format("initramfs-{}.img", base), fmt::format("initramfs{}.img", dash_version),
                                   fmt::format("initrd.img-{}", base),    fmt::format("initrd.img{}", dash_version),
                                   fmt::format("initramfs-{}", base),     fmt::format("initramfs{}", dash_version)};
    for (const auto* image : {".img", ""})
        for (const auto* packed : {"", ".gz", ".bz2", ".xz", ".lzma", ".lz4", ".lzo", ".zstd"})
            for (const auto* stem : {"initramfs", "initrd"})
                for (const auto& label : {"-" + base, dash_version}) {
                    names.push_back(fmt::format("{}{}{}{}", stem, label, image, packed));
                    names.push_back(fmt::format("{}{}{}{}", stem, image, packed, label));
                }
    return names;
}

class Pattern {
public:
    explicit Pattern(const std::string& text)
        : good_(::regcomp(&compiled_, text.c_str(), REG_EXTENDED | REG_NOSUB) == 0) {}
    ~Pattern() {
        if (good_) ::regfree(&compiled_);
    }
    Pattern(const Pattern&) = delete;
    Pattern& operator=(const Pattern&) = delete;
    bool good() const { return good_; }
    bool matches(const std::string& text) const {
        return good_ && ::regexec(&compiled_, text.c_str(), 0, nullptr, 0) == 0;
    }

private:
    regex_t compiled_{};
    bool good_;
};

}  // namespace

bool is_kernel_name(std::string_view name) {
    for (const std::string_view base : {"vmlinux", "vmlinuz", "linux", "linuz", "kernel"}) {
        if (name == base) return true;
        if (name.starts_with(base) && name.substr(base.size()).starts_with('-')) return true;
    }
    return false;
}

std::vector<KernelPair> kernel_pairs(const std::vector<std::string>& names) {
    const std::set<std::string> present(names.begin(), names.end());
    std::vector<KernelPair> pairs;
    for (const auto& name : present) {
        if (!is_kernel_name(name)) continue;
        const auto dash = name.find('-');
        const auto dash_version = dash == std::string::npos ? std::string() : name.substr(dash);
        for (const auto& candidate : initramfs_names(name, dash_version)) {
            if (!present.contains(candidate)) continue;
            pairs.push_back(
                {"/boot/" + name, "/boot/" + candidate, dash_version.empty() ? "" : dash_version.substr(1)});
            break;
        }
    }
    std::sort(pairs.begin(), pairs.end(), [](const KernelPair& left, const KernelPair& right) {
        return compare_versions(left.kernel, right.kernel) < 0;
    });
    return pairs;
}

DefaultKernel default_kernel(const std::vector<KernelPair>& pairs, const std::string& pin) {
    const auto newest = pairs.size() - 1;
    if (pin.empty() || pin == "-") return {newest};
    const Pattern pattern(pin);
    for (auto index = pairs.size(); index-- > 0;)
        if (pattern.matches(pairs[index].kernel)) return {index};
    const bool plus = pin.find('+') != std::string::npos && pin.find("\\+") == std::string::npos;
    return {newest, fmt::format("org.zfsbootmenu:kernel='{}' {}{}; {} is taken", pin,
                                pattern.good() ? "matches no kernel" : "is no regular expression",
                                plus ? " (a plain '+' must be written '\\+')" : "", pairs[newest].kernel)};
}

}  // namespace kld::boot
