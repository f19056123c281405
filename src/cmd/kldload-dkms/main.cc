// SPDX-License-Identifier: BSD-3-Clause
// kldload-dkms: run by apt before each transaction, with the paths of all package files on standard input.
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "base/runner.h"
#include "base/text.h"
#include "dkms/prepare.h"

namespace {

/// In a mount namespace of our own, so that nobody else sees it and nothing is left of it.
kld::Status lay_over_usr(const std::string& over) {
    if (::unshare(CLONE_NEWNS) != 0) return kld::fail(kld::errno_error("cannot make a mount namespace", errno));
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return kld::fail(kld::errno_error("cannot make the mounts below / private", errno)
                             .with_hint("in a chroot its root must be a mount: mount --bind DIR DIR, then chroot DIR"));
    const auto layers = "lowerdir=" + over + ":/usr";
    if (::mount("overlay", "/usr", "overlay", MS_RDONLY, layers.c_str()) != 0)
        return kld::fail(kld::errno_error("cannot lay the headers over /usr", errno)
                             .with_hint("the kernel needs overlayfs: modprobe overlay"));
    return {};
}

kld::Status before_install() {
    const std::string list{std::istreambuf_iterator<char>(std::cin), {}};
    kld::RealFiles files;
    kld::ProcessRunner runner;
    KLD_TRY(const auto transaction, kld::dkms::read_transaction(runner, list));
    if (transaction.kernels.empty() && transaction.zfs_source.empty()) return {};
    KLD_TRY(const auto machine, kld::dkms::read_machine(files));
    const auto events = kld::console_events();
    kld::dkms::Tools tools{runner, files, *events, lay_over_usr};
    KLD_CHECK(kld::dkms::prepare(machine, transaction, tools));
    events->finish();
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words != std::vector<std::string>{"before-install"}) {
        fmt::print(stderr,
                   "usage: kldload-dkms before-install < paths of .deb files\n"
                   "Compiles ZFS for the kernels among them; apt runs it (/etc/apt/apt.conf.d/80kldload-dkms).\n");
        return static_cast<int>(kld::ExitCode::usage);
    }
    if (const auto done = before_install(); !done) {
        fmt::print(stderr, "{}", kld::render(done.error()));
        return static_cast<int>(done.error().code);
    }
    return 0;
}
