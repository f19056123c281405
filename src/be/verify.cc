// SPDX-License-Identifier: BSD-3-Clause
#include "be/verify.h"

#include <fmt/core.h>

#include "base/text.h"
#include "check/rows.h"
#include "zfs/altroot.h"
#include "zfs/own_mounts.h"
#include "zfs/passing_mount.h"
#include "zfs/query.h"

namespace kld::be {
namespace {

constexpr const char* kChecked =
    "canmount,mountpoint,readonly,origin,encryption,keyformat,keylocation,org.zfsbootmenu:active,"
    "org.zfsbootmenu:kernel,org.zfsbootmenu:commandline,org.zfsbootmenu:rootprefix";

}  // namespace

Result<boot::Dataset> read_checked(Runner& runner, const World& world, const std::string& dataset) {
    KLD_TRY(auto datasets, zfs::get(runner, {.root = dataset, .properties = {kChecked}, .recursive = false}));
    if (datasets.size() != 1) return fail("zfs says nothing about " + dataset);
    zfs::take_altroot_away(datasets, world.altroot);
    return std::move(datasets[0]);
}

Result<check::Report> verify(Runner& runner, Files& files, const World& world, const std::string& dataset) {
    // What was written a moment ago must be what is read after a power cut.
    KLD_CHECK(runner.run({.argv = {"zpool", "sync", world.pool}}));
    KLD_TRY(const auto checked, read_checked(runner, world, dataset));
    const auto place = dataset == world.running ? "/" : zfs::place_of(world.mounts, dataset);
    const auto check_at = [&](const std::string& root) {
        check::System system{dataset, check::Kind::directory};
        system.environments.push_back(check::read_environment(check::Tree(files, root), &checked));
        return check::check_system(system);
    };
    if (!place.empty()) return check_at(place == "/" ? "" : place);
    return zfs::with_own_mounts([&]() -> Result<check::Report> {
        KLD_TRY(const auto mount, zfs::PassingMount::make(runner, checked, true, "verify"));
        return check_at(mount.place());
    });
}

Status expect_bootable(const check::Report& report, const std::string& name) {
    Error error{name + " would not boot",
                {},
                "kbe check says all; --force-unverified goes ahead all the same",
                ExitCode::refused};
    for (const auto& finding : report.findings)
        if (finding.status == check::Status::fail || finding.status == check::Status::unknown) {
            error.details.push_back(fmt::format("{}: {}{}{}", finding.id, finding.kernel,
                                                finding.kernel.empty() ? "" : ": ", finding.evidence));
            if (!finding.fix.empty()) error.details.push_back("  " + finding.fix);
        }
    if (error.details.empty()) return {};
    return fail(std::move(error));
}

}  // namespace kld::be
