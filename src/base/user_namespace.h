// SPDX-License-Identifier: BSD-3-Clause
// Root trees have files of many owners, and programs in them want to be root. An ordinary user has both in a user
// namespace of their own, with the ids that /etc/subuid and /etc/subgid give them.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace kld {

/// How many ids a root tree needs: those of a distribution end at nobody, 65534.
inline constexpr unsigned kIdsOfATree = 65536;

/// @param table  text of /etc/subuid or /etc/subgid: "name-or-id:first:count"
/// @returns true when the user has kIdsOfATree of them in one line
bool has_subordinate_ids(const std::string& table, const std::string& user, unsigned uid);

/// The program and its arguments, started by unshare(1) as root of a namespace with processes and mounts of its own.
std::vector<std::string> namespace_argv(const std::string& program, const std::vector<std::string>& arguments);

/// Returns at once for root. Otherwise the program is run once more as root of a user namespace, and this process ends
/// with its exit code. unshare(1) waits with signals blocked, so it is a child and not what this process becomes: who
/// ends this process ends the namespace and all in it.
/// @param arguments  of this program, without its name
/// @returns an error that says what the user lacks, with the command that gives it
Status become_root(Files& files, const std::vector<std::string>& arguments);

}  // namespace kld
