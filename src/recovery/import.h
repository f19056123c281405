// SPDX-License-Identifier: BSD-3-Clause
// Brings a pool into the rescue system without mounting anything, below a directory of its own.
#pragma once

#include <string>
#include <vector>

#include "recovery/scene.h"
#include "zfs/mounts.h"
#include "zfs/plan.h"

namespace kld::recovery {

struct ImportWish {
    std::string pool;       ///< a name or a GUID
    std::string altroot{};  ///< empty: a directory below kPlaces
    std::string name{};     ///< what it is called here, until it is exported; empty: as at home unless that is taken
    bool readonly = false;
    bool force = false;
};

/// Where a pool goes when nothing else is said: "/run/krecovery/rpool".
inline constexpr const char* kPlaces = "/run/krecovery/";

/// True for a directory below kPlaces, which krecovery import made.
bool is_own_place(const std::string& altroot);

/// The pool that a name or a GUID means. Errors (exit 2): none, or several; the hint names their GUIDs.
Result<const SeenPool*> find_pool(const Scene& scene, const std::string& wanted);

/// What it is called here: its own name, or a temporary one when another pool took that. Its labels keep their own.
std::string name_here(const Scene& scene, const SeenPool& pool, const ImportWish& wish);

std::string altroot_of(const Scene& scene, const SeenPool& pool, const ImportWish& wish);

/// The directory where it is to go, as it is now.
struct Place {
    FileKind kind = FileKind::none;
    bool empty = true;
};
Result<Place> look_at_place(Files& files, const std::string& altroot);

/// Makes the directory and imports. Refused: imported already; of another system without `force`; devices or features
/// that are missing; a directory that is in use.
Result<zfs::Plan> plan_import(const Scene& scene, const ImportWish& wish, const Place& place,
                              const std::vector<zfs::Mount>& mounts);

}  // namespace kld::recovery
