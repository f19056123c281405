// SPDX-License-Identifier: BSD-3-Clause
// OpenZFS ends the process when something goes wrong inside, waits for ever when it cannot write, and crashes over some
// streams and pools that somebody made up. Here all become an error message, exit 1 and no file left behind.
#pragma once

#include "base/result.h"
#include "pool/image_file.h"
#include "pool/kz.h"

namespace kld::pool {

/// Starts OpenZFS; its abort() and its faults then print an error and end with exit 1.
Status start_openzfs(kz_use use, const kz_limits& limits);
/// Lets pools live in `image`. A signal that ends the process, or a failure, removes image.partial() first.
Status use_image(const ImageFile& image);
/// Lets the pool that is in this part of the file `path` be changed.
Status use_image_in_place(const std::string& path, const kz_image& image);

}  // namespace kld::pool
