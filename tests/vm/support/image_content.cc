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

Result<vm::DirectKernel> kernel_of(const std::string& image, const std::string& directory,
                                   const std::string& command_line) {
    RealFiles files;
    KLD_CHECK(extract_from_image(image, "boot", directory + "/boot"));
    KLD_TRY(const auto names, files.list(directory + "/boot"));
    const std::string prefix = "vmlinuz-";
    for (const auto& name : names) {
        const auto initrd = directory + "/boot/initrd.img-" + name.substr(std::min(name.size(), prefix.size()));
        if (name.starts_with(prefix) && files.exists(initrd))
            return vm::DirectKernel{directory + "/boot/" + name, initrd, command_line};
    }
    return fail("no kernel with an initramfs in " + image);
}

}  // namespace kld::test
