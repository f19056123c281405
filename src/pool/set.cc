// SPDX-License-Identifier: BSD-3-Clause
#include "pool/set.h"

#include <algorithm>
#include <cerrno>

#include "pool/kz.h"
#include "pool/property.h"

namespace kld::pool {

namespace {

struct Wanted {
    bool of_pool = false;
    std::string target{};  ///< full name
    std::vector<Setting> settings{};
};

std::string why(const Setting& setting, int error) {
    if (error == ENOSPC && setting.name.ends_with("quota")) return "less than what is used or reserved";
    if (error == ENOSPC && setting.name.ends_with("reservation")) return "more than there is, or than the quota";
    return kz_error(error);
}

/// A dataset without the pool's name in front is below the pool; nothing stands for none.
Status complete_bootfs(const OpenPool& pool, Setting& setting) {
    if (setting.text->empty()) return {};
    *setting.text = pool.full_name(*setting.text);
    if (setting.text->find('@') != std::string::npos)
        return fail("property bootfs=" + *setting.text + ": a snapshot cannot be booted", {}, ExitCode::usage);
    return pool.require(*setting.text, "property bootfs=", ExitCode::usage);
}

Status check_feature(const Properties& of_pool, const Setting& setting, const std::string& value) {
    const std::string feature = feature_of(setting, value);
    if (feature.empty()) return {};
    const auto found = of_pool.find("feature@" + feature);
    if (found != of_pool.end() && found->second.value != "disabled") return {};
    return fail(
        "property " + setting.name + "=" + value + " needs the feature " + feature + ", which the pool does not have",
        {}, ExitCode::usage);
}

/// Of the pool's own properties these lie in the labels, which are written before and after the transaction group.
bool is_in_labels(const Setting& setting) {
    return setting.name == "comment" || setting.name == "compatibility";
}

Status check_together(const OpenPool& pool, const std::vector<Setting>& settings, std::size_t count_of_pool) {
    if (count_of_pool != 0 && count_of_pool != settings.size())
        return fail("properties of the pool " + pool.name() + " and of its root dataset cannot be set together",
                    "set the one after the other", ExitCode::usage);
    const auto in_labels = std::count_if(settings.begin(), settings.end(), is_in_labels);
    if (count_of_pool != 0 && in_labels != 0 && static_cast<std::size_t>(in_labels) != settings.size())
        return fail("comment and compatibility cannot be set together with other properties of the pool",
                    "set the one after the other", ExitCode::usage);
    return {};
}

Result<Wanted> understand(const OpenPool& pool, const SetOptions& options) {
    Wanted wanted;
    wanted.target = pool.full_name(options.target);
    KLD_CHECK(pool.require(wanted.target, "cannot set properties of "));
    KLD_TRY(const Properties of_pool, pool.properties());
    const bool is_snapshot = wanted.target.find('@') != std::string::npos;
    std::size_t count_of_pool = 0;
    for (const auto& [name, value] : options.properties) {
        const bool of_pool_itself = wanted.target == pool.name() && is_pool_property(name);
        auto setting = of_pool_itself ? pool_change(name, value) : dataset_change(name, value, is_snapshot);
        if (!setting) return fail(std::move(setting).error());
        if (of_pool_itself && setting->name == "bootfs") KLD_CHECK(complete_bootfs(pool, *setting));
        if (!of_pool_itself) KLD_CHECK(check_feature(of_pool, *setting, value));
        for (const auto& other : wanted.settings)
            if (other.name == setting->name)
                return fail("property " + setting->name + " is given twice", {}, ExitCode::usage);
        count_of_pool += of_pool_itself ? 1 : 0;
        wanted.settings.push_back(std::move(*setting));
    }
    KLD_CHECK(check_together(pool, wanted.settings, count_of_pool));
    wanted.of_pool = count_of_pool != 0;
    return wanted;
}

}  // namespace

Result<Properties> set_properties(const OpenPool& pool, const SetOptions& options) {
    KLD_TRY(const Wanted wanted, understand(pool, options));
    const auto settings = plain(wanted.settings);
    const char* bad = nullptr;
    const int error = wanted.of_pool ? kz_pool_set(pool.name().c_str(), settings.data(), settings.size())
                                     : kz_dataset_set(wanted.target.c_str(), settings.data(), settings.size(), &bad);
    if (error != 0) {
        for (const auto& setting : wanted.settings)
            if (bad != nullptr && setting.name == bad)
                return fail("cannot set " + setting.name + " of " + wanted.target + ": " + why(setting, error));
        return fail("cannot set properties of " + wanted.target + ": " + kz_error(error));
    }
    KLD_TRY(const Properties all, wanted.of_pool ? pool.properties() : pool.properties_of(wanted.target));
    Properties now;
    for (const auto& setting : wanted.settings)
        now[setting.name] = all.contains(setting.name) ? all.at(setting.name) : PropertyValue{"", "default"};
    return now;
}

Result<SetOptions> parse_set(const std::vector<std::string>& words) {
    SetOptions options;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto equals = words[i].find('=');
        if (i + 1 == words.size() && equals == std::string::npos) {
            options.target = words[i];
            continue;
        }
        if (equals == std::string::npos || equals == 0)
            return fail("\"" + words[i] + "\" is not PROPERTY=VALUE", {}, ExitCode::usage);
        options.properties.emplace_back(words[i].substr(0, equals), words[i].substr(equals + 1));
    }
    if (options.target.empty() || options.properties.empty())
        return fail("PROPERTY=VALUE and then the dataset are needed", {}, ExitCode::usage);
    return options;
}

}  // namespace kld::pool
