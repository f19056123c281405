// SPDX-License-Identifier: BSD-3-Clause
#include "vm/support/image_content.h"

#include "base/files.h"
#include "base/runner.h"

namespace kld::test {

namespace {

/// @param what  a dataset, and a path in it
Status extract(const std::string& image, const std::vector<std::string>& what, const std::string& to) {
    ProcessRunner runner;
    // kldload-pool reads raw images. The file is sparse; the pool lies behind the EFI system partition.
    KLD_TRY(const auto work, TemporaryDirectory::make("/var/tmp"));
    const auto raw = work.path() + "/disk.raw";
    KLD_CHECK(runner.run({.argv = {"qemu-img", "convert", "-O", "raw", image, raw}}));
    std::vector<std::string> argv{
        std::string(KLD_BIN_DIR) + "/kldload-pool", "extract", "--image", raw, "--offset", "513M", "--to", to};
    argv.insert(argv.end(), what.begin(), what.end());
    KLD_CHECK(runner.run({.argv = argv, .timeout = std::chrono::minutes(30)}));
    return {};
}

}  // namespace

Status extract_from_image(const std::string& image, const std::string& path, const std::string& to) {
    return extract(image, {"rpool/ROOT/default@base", path}, to);
}

Status extract_environment(const std::string& image, const std::string& to) {
    return extract(image, {"rpool/ROOT/default"}, to);
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
