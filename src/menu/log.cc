// SPDX-License-Identifier: BSD-3-Clause
#include "menu/log.h"

#include <fcntl.h>
#include <fmt/core.h>

#include "base/fd.h"

namespace kld::menu {

void log_line(std::string_view text) {
    constexpr std::size_t kLineLimit = 900;  // the kernel refuses longer records
    const auto log = Fd::open("/dev/kmsg", O_WRONLY);
    if (!log) return;
    [[maybe_unused]] const auto written =
        log->write_all(fmt::format("<5>kldload-menu: {}", text.substr(0, kLineLimit)));
}

}  // namespace kld::menu
