// SPDX-License-Identifier: BSD-3-Clause
// A package of our own as every family can pack it: what is in it, and what happens beside its files.
#pragma once

#include <string>
#include <vector>

namespace kld::packing {

/// Who stands behind every package that is made here.
inline constexpr const char* kMaintainer = "the kldload authors <root@localhost>";

struct File {
    std::string path;  ///< in the target, without a leading slash
    std::string bytes{};
    unsigned mode = 0644;
    std::string link{};  ///< not empty: a symbolic link to this
};

struct Package {
    std::string name;
    std::string version;  ///< digits, letters, dots, tildes: what all families take
    std::string summary{};
    std::string description{};           ///< lines; an empty one divides paragraphs
    std::vector<std::string> depends{};  ///< other packages of ours, by name
    bool native = false;                 ///< has a program for x86-64; else it is for every architecture
    std::vector<File> files{};
    /// Functions of a POSIX shell that each family's own scripts call, with the path of the system in $root (empty for
    /// the one that runs): `installed` (for the first time, or again after a removal; not after an update),
    /// `before_removal`, `removed`, and `purged` where the family knows such a thing. Empty: nothing happens.
    std::string functions{};
};

/// What lies in /etc is the administrator's: an update keeps what was changed there.
inline bool is_configuration(const File& file) {
    return file.path.starts_with("etc/");
}

}  // namespace kld::packing
