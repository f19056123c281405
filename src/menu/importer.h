// SPDX-License-Identifier: BSD-3-Clause
// Imports the pools that are there and lists what can be booted from them.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "menu/entries.h"
#include "menu/keyring.h"

namespace kld::menu {

/// Makes zfs take this hostid for its own, so that a pool last used under it needs no force.
Status adopt_hostid(Files& files, std::uint32_t hostid);

class Importer {
public:
    /// @param runner, files, keyring  must outlive the importer
    Importer(Runner& runner, Files& files, Keyring& keyring) : runner_(runner), files_(files), keyring_(keyring) {}

    /// Imports what is not imported yet. Pools with missing devices only when `with_missing`; a pool that failed is
    /// tried again when its devices have changed, or after forget_failures(). @returns true when anything is different
    /// now
    bool import(const std::vector<FoundPool>& pools, bool with_missing);
    void forget_failures() { failures_.clear(); }
    /// The recovery shell may have exported or imported: ask again what is there.
    Status refresh();

    /// Everything that the imported pools offer, and the problems of those that did not come.
    World list(const std::vector<FoundPool>& pools, const std::string& prefer, const Inspect& inspect);
    bool any_imported() const { return !imported_.empty(); }

private:
    struct Failure {
        std::vector<std::string> devices;
        std::string text;
    };
    /// @param problems  gets why some are missing, when others could be read
    Result<std::vector<boot::Dataset>> datasets(std::vector<std::string>& problems);
    Runner& runner_;
    Files& files_;
    Keyring& keyring_;
    std::set<std::uint64_t> imported_;
    std::map<std::uint64_t, Failure> failures_;
};

}  // namespace kld::menu
