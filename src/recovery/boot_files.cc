// SPDX-License-Identifier: BSD-3-Clause
#include "recovery/boot_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"
#include "check/rows.h"
#include "esp/partition.h"
#include "recovery/programs.h"
#include "zfs/query.h"

namespace kld::recovery {
namespace {

constexpr std::array<std::string_view, 5> kRows{"B22", "B23", "B24", "B25", "B27"};
constexpr const char* kFormat = "mkfs.vfat";

std::vector<std::string> format_command(const EspPartition& partition) {
    return {kFormat, "-F", "32", "-n", "ESP", partition.device};
}

/// Those of the rescue system, when it is one of kldload's.
std::string boot_files_here(Files& files) {
    for (const std::string directory : {kBootPackage, "/boot/efi"})
        if (std::all_of(esp::kBootFiles.begin(), esp::kBootFiles.end(),
                        [&](const auto& path) { return files.exists(directory + "/" + path); }))
            return directory;
    return {};
}

Status look_again(Files& files, Repair& work, const RepairWish& wish) {
    const auto& place = work.mount->place();
    KLD_TRY(const auto free, esp::free_bytes(place));
    KLD_TRY(work.world, esp::probe(files, place, wish.package, free));
    KLD_TRY(work.steps, esp::plan(work.world));
    return {};
}

}  // namespace

Result<std::string> boot_package(Files& files, const std::string& root, const std::string& environment,
                                 const std::string& from) {
    const auto package = from.empty() ? root + kBootPackage : from;
    if (files.kind(package) == FileKind::directory) return package;
    if (!from.empty())
        return fail(from + " is no directory with boot files", "it has EFI/BOOT/BOOTX64.EFI and the others",
                    ExitCode::usage);
    const auto here = boot_files_here(files);
    return fail(fmt::format("{} has no boot files of its own: there is no {} in it", environment, kBootPackage),
                here.empty()
                    ? "--from DIRECTORY takes those of a machine or an image by the same builder: its EFI system "
                      "partition will do. ZFSBootMenu is one file, which goes to EFI/BOOT/BOOTX64.EFI by hand"
                    : "--from " + here + " takes those of this system: with Secure Boot, when one builder made both",
                ExitCode::refused);
}

Status expect_repairable(const EspPartition& partition, const RepairWish& wish) {
    if (!partition.place.empty())
        return fail(fmt::format("{} is mounted on {}", partition.device, partition.place),
                    "umount " + shell_quote(partition.place), ExitCode::refused);
    if (partition.type == "vfat" || wish.format) return {};
    return fail(fmt::format("{} has no FAT{}", partition.device,
                            partition.type.empty() ? "" : ", but a file system of the type " + partition.type),
                "--format makes an empty one there, and what the partition has now is lost", ExitCode::refused);
}

Result<Repair> look_at_partition(Runner& runner, Files& files, const EspPartition& partition, const RepairWish& wish) {
    KLD_CHECK(expect_repairable(partition, wish));
    Repair work{.partition = partition};
    if (partition.type != "vfat") {
        // Room is not what an empty file system of this purpose lacks.
        KLD_TRY(work.world, esp::probe(files, "/nonexistent", wish.package, std::numeric_limits<std::uint64_t>::max()));
        KLD_TRY(work.steps, esp::plan(work.world));
        if (wish.dry_run) return work;
        KLD_CHECK(runner.run({.argv = format_command(partition)}));
        work.partition.type = "vfat";
    }
    KLD_TRY(auto mount, zfs::PassingMount::make(runner, partition.device, wish.dry_run ? "umask=0077,ro" : "umask=0077",
                                                "esp", "vfat"));
    work.mount.emplace(std::move(mount));
    KLD_CHECK(look_again(files, work, wish));
    return work;
}

Status repair(Runner& runner, Files& files, Events& events, Repair& work, const RepairWish& wish,
              const esp::DeviceGuard& guard) {
    if (work.steps.empty()) return {};
    const auto& device = work.partition.device;
    if (find_program(files, "fsck.vfat").empty()) {
        events.warning(fmt::format("there is no fsck.vfat here: {} is not checked before it is written to", device));
    } else {
        events.stage("check " + device);
        KLD_CHECK(esp::make_whole({work.mount->place(), device, "vfat", false}, runner, events, guard));
        KLD_CHECK(look_again(files, work, wish));
    }
    KLD_CHECK(esp::expect_swap(work.world, work.steps, files));
    return esp::apply(work.world, work.steps, work.steps.size(), files, events);
}

Result<check::Report> check_partition(Runner& runner, Files& files, const Repair& work, const ImportedPool& pool,
                                      const std::string& root, const boot::Dataset& dataset) {
    const auto& partition = work.partition;
    check::System system{partition.device, check::Kind::disk};
    KLD_TRY(auto properties, zfs::pool_properties(runner, pool.name));
    system.pool = check::Pool{pool.name, std::move(properties), {dataset}, {}, {}};
    system.environments.push_back(check::read_environment(check::Tree(files, root), &dataset));
    KLD_TRY(const auto free, esp::free_bytes(work.mount->place()));
    system.esp = check::Esp{
        check::Tree(files, work.mount->place()), partition.type, partition.uuid, partition.partuuid, free, false};
    auto report = check::check_system(system);
    std::erase_if(report.findings,
                  [](const auto& finding) { return std::find(kRows.begin(), kRows.end(), finding.id) == kRows.end(); });
    return report;
}

Status expect_bootable(const std::vector<check::Report>& reports) {
    std::vector<std::string> bad;
    for (const auto& report : reports)
        if (report.exit_code() != ExitCode::done) bad.push_back(report.subject);
    if (bad.empty()) return {};
    return fail("the boot files were written, and the check finds that it would not boot from " + join(bad, ", "),
                "the rows above say what and why");
}

}  // namespace kld::recovery
