// SPDX-License-Identifier: BSD-3-Clause
#include "bench/direct_disk.h"

#include "base/tree_runner.h"
#include "image/boot_disk.h"

namespace kld::bench {
namespace {

/// Copies a file of the system's tree to where the tools' programs see it.
Status bring(Files& files, const std::string& from, const std::string& to) {
    KLD_TRY(const auto bytes, files.read(from));
    return files.write(to, bytes);
}

Status make_uki(Bench& bench, const Inputs& inputs, const std::string& command_line, const std::string& output) {
    const auto& kernel = inputs.archive.resolved.kernel;
    const auto& tools = inputs.menu.tools_tree;
    KLD_TRY(const auto work, TemporaryDirectory::make(tools + "/tmp"));
    const auto inside = work.path().substr(tools.size());  // the same directory as the tools see it
    KLD_CHECK(bring(bench.files, inputs.directory + "/boot/vmlinuz-" + kernel, work.path() + "/linux"));
    KLD_CHECK(bring(bench.files, inputs.directory + "/boot/initrd.img-" + kernel, work.path() + "/initrd"));
    KLD_CHECK(bring(bench.files, inputs.directory + "/usr/lib/os-release", work.path() + "/os-release"));
    TreeRunner runner(bench.runner, tools);
    KLD_CHECK(runner.run({.argv = {"ukify", "build", "--linux=" + inside + "/linux", "--initrd=" + inside + "/initrd",
                                   "--cmdline=" + command_line, "--os-release=@" + inside + "/os-release",
                                   "--uname=" + kernel, "--output=" + inside + "/direct.efi"},
                          .environment = {"PYTHONDONTWRITEBYTECODE=1"}}));
    return bring(bench.files, work.path() + "/direct.efi", output);
}

}  // namespace

Status make_direct_disk(Bench& bench, const Inputs& inputs, const std::string& command_line, const std::string& path) {
    const auto uki = bench.scratch + "/direct.efi";
    KLD_CHECK(make_uki(bench, inputs, command_line, uki));
    KLD_TRY(const auto disk, image::plan_disk(kDiskBytes));
    KLD_CHECK(image::make_boot_disk(bench.runner, path, disk, {{uki, "EFI/BOOT/BOOTX64.EFI"}}));
    return bench.files.remove(uki);
}

}  // namespace kld::bench
