// SPDX-License-Identifier: BSD-3-Clause
// Passphrases of encrypted datasets, as long as the menu runs.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/runner.h"
#include "boot/dataset.h"
#include "menu/secret.h"

namespace kld::menu {

class Keyring {
public:
    /// Loads the key and keeps the passphrase. The error is what zfs said.
    Status unlock(Runner& runner, const std::string& encryption_root, const Secret& passphrase);
    /// An export has unloaded all keys: loads those again that are known and needed.
    /// @returns true when any was loaded
    bool reload(Runner& runner, const std::vector<boot::Dataset>& datasets);
    std::optional<Secret> find(const std::string& encryption_root);

private:
    std::mutex mutex_;
    std::map<std::string, Secret> passphrases_;
};

}  // namespace kld::menu
