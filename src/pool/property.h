// SPDX-License-Identifier: BSD-3-Clause
// Properties of pools and datasets, from the words of zfs(8) to what OpenZFS stores.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "pool/kz.h"

namespace kld::pool {

/// `text` for strings and user properties, else `number`.
struct Setting {
    std::string name{};  ///< as OpenZFS stores it
    std::optional<std::string> text{};
    std::uint64_t number = 0;
};

/// A native property of file systems or a user property ("module:name"). What is computed, needs a mounted system or a
/// key (userquota@…, encryption, shares are stored only) is refused. Exit 2.
Result<Setting> dataset_setting(const std::string& name, const std::string& value);
/// The pool feature without which OpenZFS must not be given this value; empty when it needs none.
std::string feature_of(const Setting& setting, const std::string& value);
Result<Setting> pool_setting(const std::string& name, const std::string& value);

/// What zfs(8) would set on a dataset that exists. Exit 2.
Result<Setting> dataset_change(const std::string& name, const std::string& value, bool is_snapshot);
/// What zpool(8) would set on a pool that exists; `bootfs` is taken as it is. Exit 2.
Result<Setting> pool_change(const std::string& name, const std::string& value);
/// For OpenZFS; lives as long as `settings`.
std::vector<kz_setting> plain(const std::vector<Setting>& settings);
/// True for what pools have and datasets do not.
bool is_pool_property(const std::string& name);

}  // namespace kld::pool
