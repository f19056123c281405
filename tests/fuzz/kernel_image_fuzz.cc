// SPDX-License-Identifier: BSD-3-Clause
#include "fuzz/fuzz.h"
#include "modules/kernel_image.h"

void kld::fuzz::read(std::string_view bytes) {
    const auto image = modules::inspect_kernel(bytes);
    if (!image) return;
    promise(!image->version.empty() && image->version.find('\0') == std::string::npos, "the version is a text");
    promise(image->version.starts_with(image->release()), "the release begins the version");
}
