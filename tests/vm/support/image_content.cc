// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/image_content.h"

#include "base/files.h"
#include "base/runner.h"

namespace kld::test {

Status extract_from_image(const std::string& image, const std::string& path, const std::string& to) {
    ProcessRunner runner;
    // kldload-pool reads raw images. The file is sparse; the pool lies behind the EFI system partition.
    KLD_TRY(const auto work, TemporaryDirectory::make("/var/tmp"));
    const auto raw = work.path() + "/disk.raw";
    KLD_CHECK(runner.run({.argv = {"qemu-img", "convert", "-O", "raw", image, raw}}));
    KLD_CHECK(runner.run({.argv = {std::string(KLD_BIN_DIR) + "/kldload-pool", "extract", "--image", raw, "--offset",
                                   "513M", "rpool/ROOT/default@base", path, "--to", to}}));
    return {};
}

}  // namespace kld::test
