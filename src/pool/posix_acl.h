// SPDX-License-Identifier: BSD-3-Clause
// POSIX ACLs between libarchive's entries and the kernel's binary extended attributes.
#pragma once

#include "base/result.h"
#include "pool/account_names.h"
#include "pool/entry.h"

struct archive_entry;

namespace kld::pool {

/// Adds system.posix_acl_access and system.posix_acl_default to `entry` when the archive's entry has ACLs. The group
/// bits of the mode become the mask, as the kernel shows them. Who is named without a number counts as `names` says,
/// never as this machine does.
Status take_acls(archive_entry* from, const std::string& shown, const AccountNames& names, Entry& entry);

/// The other way.
Status give_acls(const Entry& entry, archive_entry* to);

}  // namespace kld::pool
