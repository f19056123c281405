// SPDX-License-Identifier: BSD-3-Clause
#include "menu/log.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/klog.h>

#include <cerrno>

#include "base/fd.h"
#include "base/text.h"

namespace kld::menu {
namespace {

constexpr std::string_view kName = "kldload-menu: ";

std::string_view without_level(std::string_view line) {
    const auto end = line.starts_with('<') ? line.find('>') : std::string_view::npos;
    return end == std::string_view::npos ? line : line.substr(end + 1);
}

}  // namespace

void log_line(std::string_view text) {
    constexpr std::size_t kLineLimit = 900;  // the kernel refuses longer records
    const auto log = Fd::open("/dev/kmsg", O_WRONLY);
    if (!log) return;
    // Without the newline the kernel waits for more and shows the line to nobody until another one comes.
    [[maybe_unused]] const auto written = log->write_all(fmt::format("<5>{}{}\n", kName, text.substr(0, kLineLimit)));
}

Result<std::string> kernel_log() {
    constexpr int kReadAll = 3;  // actions of syslog(2)
    constexpr int kBufferSize = 10;
    const int size = ::klogctl(kBufferSize, nullptr, 0);
    std::string bytes(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
    const int count = ::klogctl(kReadAll, bytes.data(), size);
    if (count < 0) return fail(errno_error("cannot read the kernel's log", errno));
    bytes.resize(static_cast<std::size_t>(count));
    std::string text;
    for (const auto& line : lines(bytes)) text.append(without_level(line)).append("\n");
    return text;
}

std::string own_lines(std::string_view kernel_log) {
    std::string own;
    for (const auto& line : lines(kernel_log))
        if (const auto at = line.find(kName); at != std::string::npos)
            own.append(line, 0, at).append(line, at + kName.size(), std::string::npos).append("\n");
    return own;
}

}  // namespace kld::menu
