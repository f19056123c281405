// SPDX-License-Identifier: BSD-3-Clause
#include "status/probe.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "samples.h"
#include "status/verdict.h"

namespace kld::status::test {
namespace {

using kld::test::ReplayRunner;

const Error* unread(const State& state, const std::string& part) {
    for (const auto& error : state.unread)
        if (error.message.find(part) != std::string::npos) return &error;
    return nullptr;
}

TEST(Probe, ReadsAMachineThatIsWell) {
    const auto state = healthy_state();
    EXPECT_TRUE(state.unread.empty());
    EXPECT_EQ(state.host, "web1");
    EXPECT_EQ(state.system, "Debian GNU/Linux 13 (trixie)");
    ASSERT_TRUE(state.pools.has_value());
    ASSERT_EQ(state.pools->size(), 1U);
    const auto& pool = state.pools->at(0);
    EXPECT_EQ(pool.space->size, 42412802048U);
    EXPECT_EQ(pool.space->fragmentation, 4U);
    EXPECT_EQ(pool.compression, 1.82);
    EXPECT_EQ(pool.held_by_snapshots, 8192U + 3221225472U + 106954752U);
    EXPECT_EQ(pool.snapshots->count, 4U);
    EXPECT_EQ(pool.snapshots->newest, "rpool/ROOT/default@kpkg-20261127-031203");
    EXPECT_EQ(pool.snapshots->created, 1795749123U);
    ASSERT_TRUE(state.boot.has_value());
    EXPECT_EQ(state.boot->running, "rpool/ROOT/default");
    EXPECT_EQ(state.boot->next, "rpool/ROOT/default");
    EXPECT_EQ(state.boot->environments, 2U);  // org.zfsbootmenu:active=off is none
    EXPECT_EQ(state.boot->next_kernel, "6.12.107+deb13-amd64");
    EXPECT_EQ(state.failed_services->size(), 0U);
    EXPECT_EQ(state.transactions->size(), 2U);
    EXPECT_FALSE(state.reboot_required.has_value());
}

TEST(Probe, ATrialIsReadFromTheEfiSystemPartition) {
    const auto probed = [](const std::string& dataset) {
        ReplayRunner runner;
        auto files = healthy_files();
        files.entries["/proc/self/mountinfo"].bytes +=
            "60 24 254:1 / /boot/efi rw,relatime shared:30 - vfat /dev/vda1 rw\n";
        EXPECT_TRUE(files.make_directories("/boot/efi/EFI/kldload"));
        EXPECT_TRUE(
            boot::write_trial(files, "/boot/efi", {.sequence = 3, .dataset = dataset, .left = 2, .allowed = 3}));
        expect_healthy(runner);
        return *probe(runner, files).boot;
    };
    const auto boot = probed("rpool/ROOT/new");
    ASSERT_TRUE(boot.trial.has_value());
    EXPECT_EQ(boot.trial->dataset, "rpool/ROOT/new");
    EXPECT_EQ(boot.trial->left, 2U);
    EXPECT_EQ(boot.next_kernel, "") << "nobody has looked into the one on trial";
    EXPECT_FALSE(probed("other/ROOT/new").trial.has_value()) << "of another pool";
    EXPECT_FALSE(probed("").trial.has_value()) << "it has ended";
    EXPECT_EQ(probed("").next_kernel, "6.12.107+deb13-amd64");
}

TEST(Probe, ManySnapshotsAreStillSixPrograms) {
    ReplayRunner runner;
    auto files = healthy_files();
    std::string snapshots;
    for (int i = 1; i <= 10000; ++i) snapshots += "rpool/home@s" + std::to_string(i) + "\t" + std::to_string(i) + "\n";
    runner.expect(kStatus, sample("zfs-2.1/status-healthy.txt"));
    runner.expect(kList, sample("zfs-2.3/list.txt"));
    runner.expect(kUnits, "");
    runner.expect(kDatasets, sample("zfs-2.3/datasets.txt"));
    runner.expect(kSnapshots, snapshots);
    runner.expect({"zfs", "get", "-Hp", "-o", "name,value", "creation", "rpool/home@s10000"},
                  "rpool/home@s10000\t1795749123\n");
    const auto state = probe(runner, files);
    EXPECT_EQ(runner.ran.size(), 6U);
    EXPECT_EQ(state.pools->at(0).snapshots->count, 10000U);
}

TEST(Probe, WithoutSystemdItsServicesAreNotKnownAndNotAsked) {
    ReplayRunner runner;
    auto files = healthy_files();
    ASSERT_TRUE(files.remove("/run/systemd/system"));
    runner.expect(kStatus, sample("zfs-2.1/status-healthy.txt"));
    runner.expect(kList, sample("zfs-2.3/list.txt"));
    runner.expect(kDatasets, sample("zfs-2.3/datasets.txt"));
    runner.expect(kSnapshots, "");
    const auto state = probe(runner, files);
    EXPECT_FALSE(state.failed_services.has_value());
    EXPECT_TRUE(state.unread.empty());
    EXPECT_EQ(state.pools->at(0).snapshots->count, 0U);
    EXPECT_FALSE(state.pools->at(0).snapshots->created.has_value());
}

TEST(Probe, WhatFailsIsMissingAndTheRestIsThere) {
    ReplayRunner runner;
    auto files = healthy_files();
    runner.expect(kStatus, "", 1,
                  "The ZFS modules are not loaded.\nTry running '/sbin/modprobe zfs' as root to load them.\n");
    runner.expect(kList, "", 1, "The ZFS modules are not loaded.\n");
    runner.expect(kUnits, "nginx.service loaded failed failed web server\n");
    runner.expect(kDatasets, "", 1, "The ZFS modules are not loaded.\n");
    runner.expect(kSnapshots, "", 1, "The ZFS modules are not loaded.\n");
    const auto state = probe(runner, files);
    EXPECT_FALSE(state.pools.has_value());
    EXPECT_EQ(state.unread.size(), 4U);
    ASSERT_NE(unread(state, "health of pools"), nullptr);
    EXPECT_EQ(unread(state, "health of pools")->details.back(),
              "Try running '/sbin/modprobe zfs' as root to load them.");
    EXPECT_EQ(*state.failed_services, std::vector<std::string>{"nginx.service"});
    EXPECT_TRUE(state.memory.has_value());
}

TEST(Probe, ALineThatIsTooShortIsTold) {
    ReplayRunner runner;
    auto files = healthy_files();
    runner.expect(kStatus, sample("zfs-2.1/status-healthy.txt"));
    runner.expect(kList, "rpool\t42412802048\n");
    runner.expect(kUnits, "");
    runner.expect(kDatasets, sample("zfs-2.3/datasets.txt"));
    runner.expect(kSnapshots, "");
    const auto state = probe(runner, files);
    ASSERT_NE(unread(state, "sizes of pools"), nullptr);
    EXPECT_FALSE(state.pools->at(0).space.has_value());
    EXPECT_EQ(state.boot->next, "");
}

TEST(Probe, NothingIsAskedThatASuspendedPoolWouldNotAnswer) {
    use_utc();
    ReplayRunner runner;
    auto files = healthy_files();
    files.entries["/proc/spl/kstat/zfs/rpool/state"] = {"SUSPENDED\n"};
    runner.expect(kStatus, sample("zfs-2.3/status-paused.txt"));
    runner.expect(kList, sample("zfs-2.3/list.txt"));
    runner.expect(kUnits, "");
    const auto state = probe(runner, files);
    EXPECT_NE(unread(state, "suspended"), nullptr);
    EXPECT_EQ(state.pools->at(0).health->state, "SUSPENDED");
    EXPECT_FALSE(state.pools->at(0).snapshots.has_value());
    EXPECT_EQ(verdict(state).exit_code(), ExitCode::failed);
}

TEST(Probe, ASnapshotThatWentMeanwhileHasNoTime) {
    ReplayRunner runner;
    auto files = healthy_files();
    runner.expect(kStatus, sample("zfs-2.1/status-healthy.txt"));
    runner.expect(kList, sample("zfs-2.3/list.txt"));
    runner.expect(kUnits, "");
    runner.expect(kDatasets, sample("zfs-2.3/datasets.txt"));
    runner.expect(kSnapshots, sample("zfs-2.3/snapshots.txt"));
    runner.expect(kCreation, "", 1, "cannot open 'rpool/ROOT/default@kpkg-20261127-031203': dataset does not exist\n");
    const auto state = probe(runner, files);
    EXPECT_EQ(state.pools->at(0).snapshots->count, 4U);
    EXPECT_FALSE(state.pools->at(0).snapshots->created.has_value());
    EXPECT_TRUE(state.unread.empty());
}

TEST(Probe, TransactionGroupsAreComparedWithinAPoolOnly) {
    ReplayRunner runner;
    auto files = healthy_files();
    runner.expect(kStatus, sample("zfs-2.3/status-degraded.txt"));
    runner.expect(kList, sample("zfs-2.3/list.txt"));
    runner.expect(kUnits, "");
    runner.expect(kDatasets, sample("zfs-2.3/datasets.txt"));
    runner.expect(kSnapshots, "rpool/home@a\t900\ntank/x@b\t3\ntank/x@c\t2\n");
    runner.expect({"zfs", "get", "-Hp", "-o", "name,value", "creation", "rpool/home@a", "tank/x@b"},
                  "rpool/home@a\t100\ntank/x@b\t200\n");
    const auto state = probe(runner, files);
    EXPECT_EQ(state.pools->at(0).snapshots->created, 100U);
    EXPECT_EQ(state.pools->at(1).snapshots->newest, "tank/x@b");
    EXPECT_EQ(state.pools->at(1).snapshots->created, 200U);
}

TEST(Probe, ALogThatIsForRootAloneIsSaidAndNoFault) {
    ReplayRunner runner;
    auto files = healthy_files();
    files.broken["/var/log/kldload/transactions.jsonl"] = Error{"permission denied"};
    expect_healthy(runner);
    const auto state = probe(runner, files);
    EXPECT_TRUE(state.log_is_closed);
    EXPECT_FALSE(state.transactions.has_value());
    EXPECT_TRUE(state.unread.empty());
}

TEST(Probe, TheKernelThatBootsNextIsThePinnedOne) {
    ReplayRunner runner;
    auto files = healthy_files();
    files.entries["/boot/vmlinuz-6.12.110+deb13-amd64"] = {""};
    files.entries["/boot/initrd.img-6.12.110+deb13-amd64"] = {""};
    files.entries["/lib/modules/6.12.110+deb13-amd64/modules.dep"] = {""};
    expect_healthy(runner);
    EXPECT_EQ(probe(runner, files).boot->next_kernel, "6.12.110+deb13-amd64");

    ReplayRunner pinned;
    pinned.expect(kStatus, sample("zfs-2.1/status-healthy.txt"));
    pinned.expect(kList, sample("zfs-2.3/list.txt"));
    pinned.expect(kUnits, "");
    pinned.expect(kDatasets, "rpool/ROOT/default\t1.74\t0\t/\tnoauto\t-\t6\\.12\\.107\n");
    pinned.expect(kSnapshots, "");
    EXPECT_EQ(probe(pinned, files).boot->next_kernel, "6.12.107+deb13-amd64");
}

TEST(Probe, AKernelNamedByNoReleaseIsNotCompared) {
    ReplayRunner runner;
    auto files = healthy_files();
    ASSERT_TRUE(files.remove("/boot"));
    files.entries["/boot/vmlinuz-linux"] = {""};
    files.entries["/boot/initramfs-linux.img"] = {""};
    expect_healthy(runner);
    EXPECT_EQ(probe(runner, files).boot->next_kernel, "");
}

TEST(Probe, PackagesThatWantARebootAreNamed) {
    ReplayRunner runner;
    auto files = healthy_files();
    files.entries["/run/reboot-required"] = {"*** System restart required ***\n"};
    files.entries["/run/reboot-required.pkgs"] = {"linux-image-amd64\nlibc6\n"};
    expect_healthy(runner);
    EXPECT_EQ(probe(runner, files).reboot_required, "linux-image-amd64, libc6");
}

TEST(Probe, ARootThatIsNotOnZfsHasNoBootEnvironments) {
    ReplayRunner runner;
    auto files = healthy_files();
    files.entries["/proc/self/mountinfo"] = {"24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"};
    expect_healthy(runner);
    EXPECT_FALSE(probe(runner, files).boot.has_value());
}

}  // namespace
}  // namespace kld::status::test
