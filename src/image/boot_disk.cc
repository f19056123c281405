// SPDX-License-Identifier: BSD-3-Clause
#include "image/boot_disk.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"
#include "base/text.h"
#include "image/bios_notice.h"

namespace kld::image {
namespace {

Status make_sparse_file(const std::string& path, std::uint64_t size) {
    KLD_TRY(const auto fd, Fd::open(path, O_RDWR | O_CREAT | O_TRUNC, 0644));
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0)
        return fail(errno_error(fmt::format("cannot make {} of {}", path, human_bytes(size)), errno));
    return {};
}

}  // namespace

Status make_boot_disk(Runner& runner, const std::string& path, const DiskLayout& disk,
                      const std::vector<EspFile>& esp) {
    KLD_CHECK(make_sparse_file(path, disk.size));
    KLD_CHECK(runner.run({.argv = {"sfdisk", "--quiet", path}, .input = sfdisk_script(disk)}));
    KLD_CHECK(write_bios_notice(path));
    return write_esp(runner, path, disk.esp_offset, disk.esp_size, esp);
}

}  // namespace kld::image
