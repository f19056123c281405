// SPDX-License-Identifier: BSD-3-Clause
// A boot environment mounted read-only where only the menu looks.
#pragma once

#include <string>
#include <utility>

#include "base/fd.h"
#include "menu/entries.h"

namespace kld::menu {

class MountedEnvironment {
public:
    /// @param directory  where to mount; made when missing
    static Result<MountedEnvironment> mount(const std::string& dataset, const std::string& directory);
    MountedEnvironment(MountedEnvironment&& other) noexcept : directory_(std::exchange(other.directory_, {})) {}
    MountedEnvironment& operator=(MountedEnvironment&&) = delete;
    ~MountedEnvironment();

    /// Opens a path of the boot environment; links are followed as if it were the root, so none leads out of it.
    Result<Fd> open(const std::string& path, int flags) const;
    /// A whole small file, "" when it is missing.
    std::string read(const std::string& path) const;
    EnvironmentContent content() const;

private:
    explicit MountedEnvironment(std::string directory) : directory_(std::move(directory)) {}
    std::string directory_;
};

/// Mounts it at the directory, looks at what the menu wants to know, and unmounts; gives up in time when the disk does
/// not answer. Takes a snapshot ("rpool/ROOT/default@before") as well.
Result<EnvironmentContent> inspect_environment(const std::string& dataset, const std::string& directory);

}  // namespace kld::menu
