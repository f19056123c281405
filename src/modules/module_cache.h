// SPDX-License-Identifier: BSD-3-Clause
// Finished module packages, kept by what went into them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "base/result.h"
#include "modules/module_build.h"

namespace kld::modules {

/// One signed module beside the package, for those who need it bare (the boot menu's own initramfs).
struct CachedModule {
    std::string name;  ///< "zfs"
    std::string path;  ///< unpacked, signed
    std::string version;
    std::string vermagic;
    std::string sha256;
};

/// A package of signed modules that lies in the cache.
struct ModulePackage {
    std::string path;    ///< the .deb
    std::string sha256;  ///< of the .deb
    std::string name;
    std::string version;
    ModuleWish wish;
    std::string signer;       ///< common name of the builder's certificate
    std::string fingerprint;  ///< sha256 of its DER form
    std::vector<CachedModule> modules;
    bool from_cache = false;
};

/// sha256 over kernel release, kernel package and its version, zfs-dkms version, architecture, builder certificate and
/// recipe revision: 64 hex digits.
std::string cache_key(const ModuleWish& wish, const std::string& architecture, const std::string& fingerprint);

/// Writes `directory`/record.json. File names in it are relative, so that the cache may be moved.
Status write_record(Files& files, const std::string& directory, const ModulePackage& package);

/// What lies in `directory`, after comparing every file with its sha256 in the record. Nothing there gives nothing;
/// what is damaged is removed with a warning and gives nothing as well.
Result<std::optional<ModulePackage>> find_cached(Files& files, Events& events, const std::string& directory);

}  // namespace kld::modules
