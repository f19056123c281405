// SPDX-License-Identifier: BSD-3-Clause
#include "zfs/passing_mount.h"

#include "base/text.h"

namespace kld::zfs {

std::string mount_options(const boot::Dataset& dataset, bool readonly) {
    if (dataset.value("mountpoint") == "legacy") return readonly ? "ro" : "rw";
    return readonly ? "zfsutil,ro" : "zfsutil";
}

Result<PassingMount> PassingMount::make(Runner& runner, const std::string& what, const std::string& options,
                                        const std::string& purpose, const std::string& type) {
    KLD_TRY(const auto made, runner.run({.argv = {"mktemp", "--directory", "/run/kldload-" + purpose + ".XXXXXX"}}));
    PassingMount mount(runner, std::string(trim(made.out)));
    KLD_CHECK(runner.run({.argv = {"mount", "-t", type, "-o", options, what, mount.place_}}));
    mount.mounted_ = true;
    return mount;
}

Result<PassingMount> PassingMount::make(Runner& runner, const boot::Dataset& dataset, bool readonly,
                                        const std::string& purpose) {
    return make(runner, dataset.name, mount_options(dataset, readonly), purpose);
}

PassingMount::~PassingMount() {
    if (runner_ == nullptr) return;
    if (mounted_ && !runner_->run({.argv = {"umount", place_}})) return;
    [[maybe_unused]] const auto gone = runner_->run({.argv = {"rmdir", place_}});
}

}  // namespace kld::zfs
