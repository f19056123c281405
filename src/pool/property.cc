// SPDX-License-Identifier: BSD-3-Clause
#include "pool/property.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/files.h"
#include "base/text.h"
#include "pool/compatibility.h"
#include "pool/kz.h"

namespace kld::pool {

namespace {

constexpr std::size_t kMaxName = 256;    // ZAP_MAXNAMELEN
constexpr std::size_t kMaxValue = 8192;  // ZAP_MAXVALUELEN

tl::unexpected<Error> bad(const std::string& name, const std::string& value, const std::string& why) {
    return fail("property " + name + "=" + value + ": " + why, {}, ExitCode::usage);
}

Result<Setting> user_setting(const std::string& name, const std::string& value) {
    const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::islower(c) != 0 || std::isdigit(c) != 0 || c == ':' || c == '-' || c == '.' || c == '_' || c == '+';
    });
    if (!plain) return bad(name, value, "a user property has lower-case letters, digits and :-._+ only");
    if (name.size() >= kMaxName) return bad(name, value, "the name is too long");
    if (value.size() >= kMaxValue) return bad(name, value, "the value is too long");
    return Setting{name, value, 0};
}

/// Numbers with a unit, and "none" (0) where zfs(8) takes it; the limits on counts say none by the largest number.
Result<std::uint64_t> number_of(const std::string& name, const std::string& value) {
    const bool is_count = name == "filesystem_limit" || name == "snapshot_limit";
    const bool takes_none = is_count || name.ends_with("quota") || name.ends_with("reservation");
    if (takes_none && value == "none") return is_count ? UINT64_MAX : 0;
    auto number = parse_size(value);
    if (!number) return bad(name, value, "not a number");
    return *number;
}

/// What OpenZFS checks in its ioctl, which user space passes by.
Status check_number(const std::string& name, const std::string& value, std::uint64_t number) {
    const bool power_of_two = number != 0 && (number & (number - 1)) == 0;
    if (name == "recordsize" && (!power_of_two || number < 512 || number > (1U << 20)))
        return bad(name, value, "must be a power of 2 from 512 to 1M");
    if (name == "special_small_blocks" && number != 0 && (!power_of_two || number < 512 || number > (1U << 20)))
        return bad(name, value, "must be 0 or a power of 2 from 512 to 1M");
    return {};
}

Status check_text(const std::string& name, const std::string& value) {
    if (value.size() >= kMaxValue) return bad(name, value, "the value is too long");
    if (name == "mountpoint" && value != "none" && value != "legacy") {
        const bool clean =
            value == "/" ||
            (value.starts_with('/') && !value.ends_with('/') && (value + "/").find("//") == std::string::npos &&
             (value + "/").find("/./") == std::string::npos && (value + "/").find("/../") == std::string::npos);
        if (!clean) return bad(name, value, "must be none, legacy or an absolute path without . and ..");
    }
    return {};
}

constexpr std::array<const char*, 10> kRefused = {"encryption",   "keylocation", "keyformat", "pbkdf2iters", "volsize",
                                                  "volblocksize", "version",     "mlslabel",  "origin",      "dedup"};

}  // namespace

Result<Setting> dataset_setting(const std::string& given, const std::string& value) {
    std::string name = given;
    if (name.find('@') != std::string::npos)
        return bad(name, value, "quotas of users and groups are set on a running system");
    if (name.find(':') != std::string::npos) return user_setting(name, value);
    const kz_property property = kz_dataset_property(name.c_str());
    if (property.kind == KZ_UNKNOWN) return bad(name, value, "there is no such property");
    name = property.name;
    if (!property.settable) return bad(name, value, "is read-only");
    if (property.for_filesystem == 0) return bad(name, value, "cannot be set on a file system");
    const bool refused =
        std::any_of(kRefused.begin(), kRefused.end(), [&name](const char* one) { return name == one; });
    if (refused && !(name == "dedup" && value == "off")) return bad(name, value, "cannot be set in user space");
    Setting setting{name, std::nullopt, 0};
    if (property.kind == KZ_STRING) {
        KLD_CHECK(check_text(name, value));
        setting.text = value;
    } else if (property.kind == KZ_NUMBER) {
        KLD_TRY(setting.number, number_of(name, value));
        KLD_CHECK(check_number(name, value, setting.number));
    } else if (kz_dataset_property_index(name.c_str(), value.c_str(), &setting.number) != 0) {
        return bad(name, value, std::string("must be one of ") + (property.values == nullptr ? "" : property.values));
    }
    return setting;
}

std::string feature_of(const Setting& setting, const std::string& value) {
    const std::string& name = setting.name;
    if (name == "recordsize") return setting.number > 131072 ? "large_blocks" : "";
    if (name == "dnodesize") return value == "legacy" ? "" : "large_dnode";
    if (name == "compression")
        return value.starts_with("zstd") ? "zstd_compress" : value == "lz4" ? "lz4_compress" : "";
    if (name == "checksum" && (value == "sha512" || value == "skein" || value == "edonr" || value == "blake3"))
        return value;
    if (name == "special_small_blocks") return setting.number == 0 ? "" : "allocation_classes";
    if (name == "filesystem_limit" || name == "snapshot_limit") return value == "none" ? "" : "filesystem_limits";
    return {};
}

Result<Setting> pool_setting(const std::string& given, const std::string& value) {
    std::string name = given;
    if (name.find('@') != std::string::npos) return bad(name, value, "features come from \"compatibility\"");
    const kz_property property = kz_pool_property(name.c_str());
    if (property.kind == KZ_UNKNOWN) return bad(name, value, "there is no such pool property");
    name = property.name;
    if (name == "ashift" || name == "compatibility" || name == "bootfs")
        return bad(name, value, "has a field of its own in the layout");
    if (!property.settable || name == "readonly") return bad(name, value, "is read-only");
    if (name == "altroot" || name == "cachefile" || name == "version" || name == "multihost")
        return bad(name, value, "cannot be set in user space");
    Setting setting{name, std::nullopt, 0};
    if (property.kind == KZ_STRING) {
        if (value.size() >= kMaxValue || (name == "comment" && value.size() > 32)) return bad(name, value, "too long");
        if (!std::all_of(value.begin(), value.end(), [](unsigned char c) { return c >= ' ' && c <= '~'; }))
            return bad(name, value, "has bytes that are not printable");
        setting.text = value;
    } else if (property.kind == KZ_NUMBER) {
        KLD_TRY(setting.number, number_of(name, value));
    } else if (kz_pool_property_index(name.c_str(), value.c_str(), &setting.number) != 0) {
        return bad(name, value, std::string("must be one of ") + (property.values == nullptr ? "" : property.values));
    }
    return setting;
}

Result<Setting> dataset_change(const std::string& name, const std::string& value, bool is_snapshot) {
    if (is_snapshot && name.find(':') == std::string::npos)
        return bad(name, value, "a snapshot takes user properties only");
    const kz_property property = kz_dataset_property(name.c_str());
    if (property.kind != KZ_UNKNOWN && property.at_creation != 0)
        return bad(name, value, "is fixed when a dataset is made");
    return dataset_setting(name, value);
}

Result<Setting> pool_change(const std::string& name, const std::string& value) {
    if (name.find('@') != std::string::npos) return bad(name, value, "features are enabled by zpool upgrade");
    if (name == "bootfs") return Setting{name, value, 0};
    if (name == "ashift") return bad(name, value, "is fixed when a pool is made");
    if (name != "compatibility") return pool_setting(name, value);
    RealFiles files;
    KLD_CHECK(compatible_features(files, value, {}));
    return Setting{name, value, 0};
}

bool is_pool_property(const std::string& name) {
    if (name.starts_with("feature@")) return true;
    return kz_pool_property(name.c_str()).kind != KZ_UNKNOWN && kz_dataset_property(name.c_str()).kind == KZ_UNKNOWN;
}

std::vector<kz_setting> plain(const std::vector<Setting>& settings) {
    std::vector<kz_setting> list;
    for (const auto& setting : settings)
        list.push_back({setting.name.c_str(), setting.text ? setting.text->c_str() : nullptr, setting.number});
    return list;
}

}  // namespace kld::pool
