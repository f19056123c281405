// SPDX-License-Identifier: BSD-3-Clause
// /init of the boot menu's UKI: sets up the machine and runs the menu; with --terminal, a recovery shell.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "menu/log.h"
#include "menu/menu.h"
#include "shell.h"

namespace {

using kld::menu::log_line;

void mount_kernel_file_systems() {
    struct FileSystem {
        const char* type;
        const char* directory;
        const char* options;
    };
    for (const auto& fs : {FileSystem{"proc", "/proc", ""}, FileSystem{"sysfs", "/sys", ""},
                           FileSystem{"devtmpfs", "/dev", "mode=0755"}, FileSystem{"tmpfs", "/run", "mode=0755"}})
        ::mount(fs.type, fs.directory, fs.type, MS_NOSUID | (std::string_view(fs.type) == "devtmpfs" ? 0 : MS_NODEV),
                fs.options);
    ::mkdir("/dev/pts", 0755);
    ::mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620");
}

std::string first_line(const std::string& path) {
    const auto text = kld::RealFiles().read(path);
    return text ? std::string(kld::trim(*text)) : std::string();
}

void run_menu() {
    ::setsid();  // shells leave this session for one of their own
    ::setenv("PATH", "/usr/sbin:/usr/bin", 1);
    mount_kernel_file_systems();
    if (const auto limit = kld::Fd::open("/proc/sys/kernel/printk_devkmsg", O_WRONLY)) [[maybe_unused]]
        const auto on = limit->write_all("on");
    const auto options = kld::menu::parse_options(first_line("/proc/cmdline"));
    constexpr int kConsoleLevel = 8;  // the action of syslog(2) that sets how much the kernel prints
    ::klogctl(kConsoleLevel, nullptr, options.debug ? 8 : 1);
    utsname kernel{};
    ::uname(&kernel);
    log_line(fmt::format("started, kernel {}, command line {}", kernel.release, first_line("/proc/cmdline")));
    kld::menu::Menu menu(options, fmt::format("kernel {}", kernel.release));
    menu.run();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string_view(argv[1]) == "--terminal") return kld::menu::recovery_shell(argv[2]);
    if (::getpid() != 1) {
        std::fputs("kldload-menu is /init of the boot menu; it does nothing on a running system\n", stderr);
        return 2;
    }
    // The first process must never end: whatever happens, the machine stays with a person who can help it.
    while (true) {
        try {
            run_menu();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "\nkldload-menu failed: %s\n", error.what());
        }
        kld::Command shell{{"/init", "--terminal", "/dev/console"}};
        shell.accept = [](int) { return true; };
        [[maybe_unused]] const auto ended = kld::ProcessRunner().run(shell);
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }
}
