// SPDX-License-Identifier: BSD-3-Clause
// All pools that a rescue system sees, by what lies on the devices and by what it has imported.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/runner.h"
#include "base/table.h"
#include "menu/devices.h"
#include "menu/pools.h"
#include "recovery/importable.h"

namespace kld::recovery {

/// One that is imported, as `zpool get` says.
struct ImportedPool {
    std::string name;
    std::uint64_t guid = 0;
    std::string health;
    std::string altroot{};  ///< empty: none
    bool readonly = false;
    bool runs = false;  ///< / of this system lies on it
};

/// Output of `zpool get -Hp -o name,property,value guid,health,altroot,readonly`.
std::vector<ImportedPool> parse_imported(std::string_view output);

struct SeenPool {
    menu::FoundPool label;                   ///< as its devices say, with the name that it has at home
    std::optional<ImportedPool> imported{};  ///< when it is
    Importable offer{};                      ///< when it is not: what zpool(8) says
    std::optional<bool> has_root{};  ///< a dataset ROOT, where boot environments lie; nothing: could not be told

    /// Another system used it last, and did not give it away.
    bool of_another_system(std::uint32_t own_hostid) const;
};

struct Scene {
    std::vector<SeenPool> pools;
    std::vector<ImportedPool> imported{};  ///< all, also those on devices that were not read
    std::uint32_t hostid = 0;              ///< of this system
    std::vector<std::string> problems{};   ///< devices that gave no answer
};

/// Which devices are looked at: other than for the boot menu also loop devices, network block devices and volumes,
/// since an image of a disk may be what is to be recovered.
bool may_be_recovered(std::string_view name);

/// @param scan        menu::scan_devices(may_be_recovered)
/// @param with_roots  also whether each has boot environments; by zdb(8), which may take a while
Result<Scene> probe_scene(Runner& runner, Files& files, const menu::DeviceScan& scan, bool with_roots);

Result<std::vector<ImportedPool>> read_imported(Runner& runner, Files& files);

/// NAME, GUID, STATE, LAST-HOST, WRITTEN, ROOT, IMPORTED; JSON has devices, missing, hostid, exported, altroot, status,
/// action beyond that.
Table list_pools(const Scene& scene);

/// What people should read below the list: why a pool cannot be imported as it is, pools of one name.
std::vector<std::string> remarks(const Scene& scene);

}  // namespace kld::recovery
