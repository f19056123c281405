// SPDX-License-Identifier: BSD-3-Clause
#include "uki/menu_image.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/fd.h"
#include "base/text.h"
#include "base/tree_runner.h"
#include "uki/initramfs_archive.h"
#include "uki/menu_content.h"

namespace kld::uki {
namespace {

/// The error for a UKI that grew too large: its size and what takes the room.
Error too_large(const std::string& uki, std::uint64_t bytes, const InitramfsArchive& archive,
                std::uint64_t kernel_bytes) {
    std::vector<std::pair<std::uint64_t, std::string>> parts{{kernel_bytes, "the kernel"}};
    for (const auto& [path, node] : archive.nodes())
        if (S_ISREG(node.mode)) parts.emplace_back(node.content.size(), path);
    std::sort(parts.rbegin(), parts.rend());
    Error error{
        fmt::format("the boot menu {} has {} and may have {}", uki, human_bytes(bytes), human_bytes(kMenuImageLimit))};
    for (std::size_t index = 0; index < std::min<std::size_t>(parts.size(), 8); ++index)
        error.details.push_back(fmt::format("{} {} (unpacked)", human_bytes(parts[index].first), parts[index].second));
    return error;
}

/// Copies through a name beside the output, so that a reader never sees half a UKI.
Status publish(Files& files, const std::string& from, const std::string& output) {
    KLD_TRY(const auto bytes, files.read(from));
    return files.write(output, bytes);
}

Status sign(const MenuImageRequest& request, TreeRunner& tree, Files& files, const std::string& unsigned_uki,
            const std::string& signed_uki) {
    // The tree's sbsign sees key and certificate through descriptors: the key never lies in the tree.
    KLD_TRY(const auto key, Fd::open(request.key, O_RDONLY));
    KLD_TRY(const auto certificate, Fd::open(request.certificate, O_RDONLY));
    // It has no option for the time that it signs into the file.
    const std::string clock = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    if (!files.exists(request.tree + clock)) return fail(fmt::format("{} has no {}", request.tree, clock));
    Command sbsign{{"env", "LD_PRELOAD=" + clock, "FAKETIME_DISABLE_SHM=1", "FAKETIME_FMT=%s",
                    fmt::format("FAKETIME={}", request.signing_time), "sbsign", "--key",
                    fmt::format("/proc/self/fd/{}", key.get()), "--cert",
                    fmt::format("/proc/self/fd/{}", certificate.get()), "--output", signed_uki, unsigned_uki}};
    sbsign.pass_fds = {key.get(), certificate.get()};
    KLD_CHECK(tree.run(sbsign));
    return {};
}

}  // namespace

Result<MenuImage> make_menu_image(const MenuImageRequest& request, Runner& runner, Files& files, Events& events) {
    events.stage("boot menu: collect");
    KLD_TRY(const auto work, TemporaryDirectory::make(request.tree + "/tmp"));
    const auto inside = work.path().substr(request.tree.size());  // the same directory as the tree's programs see it
    TreeRunner tree(runner, request.tree);
    KLD_TRY(auto content, collect_menu(request, tree, files, work.path() + "/stage", inside + "/stage"));

    events.stage("boot menu: pack");
    KLD_CHECK(content.archive.write(work.path() + "/initrd"));
    const auto kernel = fmt::format("/boot/vmlinuz-{}", content.kernel_version);
    KLD_CHECK(files.write(work.path() + "/os-release",
                          "ID=kldload\nNAME=kldload\nPRETTY_NAME=\"kldload boot menu\"\nKLDLOAD_TRIALS=1\n"));
    Command ukify{{"ukify", "build", "--linux=" + kernel, "--initrd=" + inside + "/initrd",
                   "--cmdline=" + request.command_line, "--os-release=@" + inside + "/os-release",
                   "--uname=" + content.kernel_version, "--output=" + inside + "/unsigned.efi"}};
    ukify.environment = {"SOURCE_DATE_EPOCH=0", "PYTHONDONTWRITEBYTECODE=1"};
    KLD_CHECK(tree.run(ukify));

    events.stage("boot menu: sign");
    KLD_CHECK(sign(request, tree, files, inside + "/unsigned.efi", inside + "/signed.efi"));
    const auto size_of = [](const std::string& path) -> Result<std::uint64_t> {
        KLD_TRY(const auto file, Fd::open(path, O_RDONLY));
        return file.size();
    };
    MenuImage image{content.kernel_version, content.zfs_version};
    image.taken = std::move(content.taken);
    image.taken.insert(image.taken.end(), {kernel, kStub});
    KLD_TRY(image.bytes, size_of(work.path() + "/signed.efi"));
    KLD_TRY(image.initramfs_bytes, size_of(work.path() + "/initrd"));
    if (image.bytes > kMenuImageLimit) {
        KLD_TRY(const auto kernel_bytes, size_of(request.tree + kernel));
        return fail(too_large(request.output, image.bytes, content.archive, kernel_bytes));
    }
    KLD_CHECK(publish(files, work.path() + "/signed.efi", request.output));
    events.note(fmt::format("boot menu: kernel {}, zfs {}, {}", image.kernel_version, image.zfs_version,
                            human_bytes(image.bytes)));
    events.finish();
    return image;
}

}  // namespace kld::uki
