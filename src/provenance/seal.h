// SPDX-License-Identifier: BSD-3-Clause
// The signed list beside an image: made by the builder, checked by whoever got the files.
#pragma once

#include <string>
#include <vector>

#include "base/events.h"
#include "base/files.h"
#include "modules/signing_key.h"
#include "provenance/checksums.h"

namespace kld::provenance {

/// What lies beside an image, by its path.
struct Beside {
    std::string manifest;   ///< JSON: every package with version, sha256 and source
    std::string spdx;       ///< the bill of materials
    std::string list;       ///< checksums of the image and both of these
    std::string signature;  ///< over the list: detached CMS message, DER
    std::vector<std::string> all() const { return {manifest, spdx, list, signature}; }
};
Beside beside(const std::string& image);

/// Measures image, manifest and bill of materials, and writes list and signature.
Status seal(Files& files, Events& events, const std::string& image, const modules::SigningKey& key);

/// Checks signature, list, and all files of the list, and says all that is wrong with them. Refused (exit 3) when the
/// list or its signature is missing, damaged or by another signer; when the list is of another image; when a file is
/// missing or is not what was signed.
/// @returns what the list names
Result<std::vector<ListedFile>> verify(Files& files, Events& events, const std::string& image,
                                       const modules::Certificate& certificate);

}  // namespace kld::provenance
