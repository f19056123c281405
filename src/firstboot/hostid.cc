// SPDX-License-Identifier: BSD-3-Clause
#include "boot/hostid.h"
#include "firstboot/apply.h"
#include "initramfs/cpio_writer.h"

namespace kld::firstboot {
namespace {

constexpr const char* kPath = "etc/hostid";
constexpr std::size_t kBlock = 512;

void pad(std::string& bytes) {
    bytes.resize((bytes.size() + kBlock - 1) / kBlock * kBlock, '\0');
}

/// Always of the same size, so that it can be recognised at the end of an image.
Result<std::string> hostid_segment(std::uint32_t hostid) {
    KLD_TRY(auto archive, initramfs::make_archive({{.path = kPath, .content = boot::hostid_file(hostid)}}));
    pad(archive);
    return archive;
}

}  // namespace

Result<std::string> with_hostid(std::string initramfs, std::uint32_t hostid) {
    KLD_TRY(const auto segment, hostid_segment(hostid));
    constexpr std::size_t kHeader = 110;
    if (initramfs.size() > segment.size()) {
        const auto tail = std::string_view(initramfs).substr(initramfs.size() - segment.size());
        if (tail.starts_with("070701") && tail.substr(kHeader).starts_with(kPath))
            initramfs.resize(initramfs.size() - segment.size());
    }
    pad(initramfs);
    return initramfs + segment;
}

}  // namespace kld::firstboot
