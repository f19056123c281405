// SPDX-License-Identifier: BSD-3-Clause
// The list of an image and what lies beside it, in the form that sha256sum --check reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace kld::provenance {

struct ListedFile {
    std::string name;  ///< without a directory: the files lie together
    std::uint64_t bytes = 0;
    std::string sha256;
    bool operator==(const ListedFile&) const = default;
};

/// A name with a slash, a backslash or a control character is a usage error: sha256sum writes such in another way.
Status check_listed_name(const std::string& name);

/// The text of the list; the names must be such.
std::string checksum_list(const std::vector<ListedFile>& files);

/// Only what checksum_list() writes is taken, to the byte: two readers can then never see different lists in one text.
/// @param name  of the file, for the error
Result<std::vector<ListedFile>> parse_checksum_list(const std::string& text, const std::string& name);

/// Reads the file once, a piece at a time.
Result<ListedFile> measure(const std::string& path);

}  // namespace kld::provenance
