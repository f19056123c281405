// SPDX-License-Identifier: BSD-3-Clause
#include "be/trial.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "base/text.h"
#include "boot/pe.h"
#include "esp/partition.h"
#include "zfs/passing_mount.h"
#include "zfs/query.h"

namespace kld::be {
namespace {

constexpr const char* kMenu = "/EFI/BOOT/grubx64.efi";
/// In the os-release of our menu's UKI.
constexpr std::string_view kCounts = "KLDLOAD_TRIALS=1";

Result<std::uint64_t> pool_guid(Runner& runner, const std::string& pool) {
    KLD_TRY(const auto output, runner.run({.argv = {"zpool", "get", "-Hp", "-o", "value", "guid", pool}}));
    return parse_number(trim(output.out));
}

Status write_slots(Files& files, const std::string& esp, boot::Trial record) {
    KLD_CHECK(files.make_directories(esp + "/EFI/kldload"));
    const auto known = boot::read_trial(files, esp);
    // The menu reads the partitions of all disks, and the highest one counts: by the clock that is the newest one, also
    // where another disk has an older machine's.
    record.sequence =
        std::max<std::uint64_t>(known ? known->sequence + 1 : 1, static_cast<std::uint64_t>(std::time(nullptr)));
    KLD_CHECK(boot::write_trial(files, esp, record));
    ++record.sequence;
    KLD_CHECK(boot::write_trial(files, esp, record));
    return files.flush(esp);
}

/// Both slots, so that both files have their size before the menu writes into them. When one of them cannot be written,
/// both are what they were: a record would name an environment that its maker takes away again.
Status write_both(Files& files, const std::string& esp, const boot::Trial& record) {
    std::map<std::string, std::optional<std::string>> before;
    for (const auto* slot : boot::kTrialSlots) {
        const auto path = esp + "/" + slot;
        if (!files.exists(path))
            before[path] = std::nullopt;
        else if (auto bytes = files.read(path))
            before[path] = std::move(*bytes);
    }
    auto done = write_slots(files, esp, record);
    if (done) return done;
    for (const auto& [path, bytes] : before)
        if (auto back = bytes ? files.overwrite(path, *bytes) : files.remove(path); !back)
            done.error().details.push_back("the record of the trial could not be taken back: " + back.error().message);
    return done;
}

/// The menu of this machine need not be the one that boots what is in the pool.
std::string not_ours(const World& world) {
    return fmt::format("no boot environment of {} runs here", world.pool);
}

std::optional<boot::Trial> trial_on(Files& files, const std::string& esp, const World& world) {
    const auto record = boot::read_trial(files, esp);
    if (!record || boot::pool_of(record->dataset) != world.pool) return std::nullopt;
    return record;
}

}  // namespace

Result<std::string> esp_place(const std::vector<zfs::Mount>& mounts) {
    for (const auto* place : {"/boot/efi", "/efi", "/boot"})
        for (const auto& mount : mounts)
            if (mount.target == place && mount.type == "vfat") return mount.target;
    return fail("the EFI system partition is not mounted on /boot/efi or /efi",
                "mount it: the record of a trial lies there", ExitCode::refused);
}

Result<HeldEsp> hold_esp(Runner& runner, Files& files) {
    HeldEsp esp;
    KLD_TRY(esp.alone, esp::hold_esp(files));
    KLD_TRY(const auto partition, esp::find_esp(files));
    if (!partition.mounted() && partition.in_fstab) KLD_CHECK(runner.run({.argv = {"mount", partition.place}}));
    KLD_TRY(const auto mounts, zfs::read_mounts(files));
    KLD_TRY(esp.place, esp_place(mounts));
    return esp;
}

Status expect_counting_menu(Files& files, const std::string& esp) {
    const auto bytes = files.read(esp + kMenu);
    if (bytes) {
        const auto program = boot::read_efi_program(*bytes);
        if (program)
            if (const auto release = program->sections.find(".osrel");
                release != program->sections.end() && release->second.find(kCounts) != std::string_view::npos)
                return {};
    }
    return fail(
        bytes ? "the boot menu on this machine does not count tries" : "this machine is started by another loader",
        "kbe activate without -t and --trial, or bring kldload-menu up to date", ExitCode::refused);
}

Status expect_keeping_unit(Runner& runner, Files& files, const World& world, const std::string& dataset) {
    auto place = zfs::place_of(world.mounts, dataset);
    std::optional<zfs::PassingMount> mount;
    if (place.empty()) {
        const auto* environment = world.find(dataset);
        if (environment == nullptr) return fail("there is no " + dataset);
        KLD_TRY(auto made, zfs::PassingMount::make(runner, *environment, true, "trial"));
        place = mount.emplace(std::move(made)).place();
    }
    // `systemctl enable` makes this link; in /usr/lib is one of a distribution that decides so.
    for (const auto* directory : {"/etc/systemd/system/", "/usr/lib/systemd/system/"})
        if (files.exists((place == "/" ? "" : place) + directory + "multi-user.target.wants/kldload-trial.service"))
            return {};
    return fail(fmt::format("in {} no unit is enabled that would keep it", world.name_of(dataset)),
                "install kldload-tools in it, or systemctl enable kldload-trial.service there", ExitCode::refused);
}

Result<std::string> why_no_trial(Runner& runner, Files& files, const World& world, const std::string& dataset) {
    if (world.running.empty()) return not_ours(world);
    // As it is now: an upgrade takes long, and somebody may have unmounted it, or begun to shut the machine down.
    KLD_TRY(const auto mounts, zfs::read_mounts(files));
    const auto esp = esp_place(mounts);
    if (!esp) {
        KLD_TRY(const auto partition, esp::find_esp(files));
        if (!partition.in_fstab) return esp.error().message;
        return fail(fmt::format("{} is in /etc/fstab and not mounted, and trials are counted there", partition.place),
                    "mount " + partition.place, ExitCode::refused);
    }
    if (const auto counts = expect_counting_menu(files, *esp); !counts) return counts.error().message;
    const auto kept = expect_keeping_unit(runner, files, world, dataset);
    if (kept) return std::string();
    if (kept.error().code == ExitCode::refused) return kept.error().message;
    return fail(kept.error());
}

Result<zfs::Plan> plan_trial(const World& world, const std::string& dataset, unsigned tries, bool once) {
    if (world.running.empty()) return fail(not_ours(world), "kbe activate without -t and --trial", ExitCode::refused);
    const auto text = once ? fmt::format("boot {} once: a record on the EFI system partition", dataset)
                           : fmt::format(
                                 "boot {} until it has proved itself, {} times at most: a record on the EFI "
                                 "system partition",
                                 dataset, tries);
    // What is on trial must be on the disk before the record of it is.
    return zfs::Plan{
        {{fmt::format("write all of {} to the disk", world.pool), {"zpool", "sync", world.pool}}, {text, {}}}, {}};
}

zfs::Step end_trial_step(const std::string& dataset) {
    return {"end the trial of " + dataset + ": a record on the EFI system partition", {}};
}

Status start_trial(Runner& runner, Files& files, const World& world, const std::string& dataset, unsigned tries,
                   bool once) {
    KLD_TRY(const auto plan, plan_trial(world, dataset, tries, once));
    KLD_TRY(const auto esp, hold_esp(runner, files));
    KLD_CHECK(expect_counting_menu(files, esp.place));
    KLD_TRY(const auto guid, pool_guid(runner, world.pool));
    KLD_CHECK(runner.run({.argv = plan.steps.front().argv}));
    return write_both(files, esp.place, {0, guid, dataset, once ? 1 : tries, once ? 1 : tries, once});
}

Status clear_trial(Files& files, const std::string& esp) {
    return write_both(files, esp, {});
}

std::optional<boot::Trial> trial_of(Files& files, const World& world) {
    const auto esp = esp_place(world.mounts);
    if (!esp) return std::nullopt;
    return trial_on(files, *esp, world);
}

Result<std::optional<boot::Trial>> end_trial(Runner& runner, Files& files, const World& world) {
    KLD_TRY(const auto esp, hold_esp(runner, files));
    const auto record = trial_on(files, esp.place, world);
    if (record) KLD_CHECK(clear_trial(files, esp.place));
    return record;
}

Result<std::vector<std::string>> boot_checks(Files& files, const std::string& directory) {
    std::vector<std::string> checks;
    if (!files.exists(directory)) return checks;
    KLD_TRY(const auto names, files.list(directory));
    for (const auto& name : names) {
        auto path = directory + "/" + name;
        if (name.starts_with(".") || name.ends_with("~") || ::access(path.c_str(), X_OK) != 0) continue;
        checks.push_back(std::move(path));
    }
    return checks;
}

Status run_boot_checks(Runner& runner, Files& files, const std::string& directory) {
    KLD_TRY(const auto checks, boot_checks(files, directory));
    for (const auto& path : checks)
        if (auto done = runner.run({.argv = {path}, .timeout = std::chrono::minutes(5)}); !done)
            return fail(std::move(done.error())
                            .within(fmt::format("the boot check {} failed", path.substr(path.rfind('/') + 1))));
    return {};
}

Result<zfs::Plan> plan_commit(const World& world, const std::optional<boot::Trial>& record) {
    if (!record && !world.running.empty() && world.running == world.next) return zfs::Plan{};
    if (!record || record->dataset != world.running)
        return fail(
            world.running.empty() ? "no boot environment runs here" : world.name_of(world.running) + " is not on trial",
            "kbe list shows what is", ExitCode::usage);
    // The default first: should the power go now, the record says the same as it.
    return zfs::Plan{
        {{fmt::format("boot {} from now on", world.running), {"zpool", "set", "bootfs=" + world.running, world.pool}},
         end_trial_step(world.running)},
        {}};
}

Result<bool> commit_trial(Runner& runner, Files& files, const World& world) {
    KLD_TRY(const auto esp, hold_esp(runner, files));
    const auto record = trial_on(files, esp.place, world);
    KLD_TRY(const auto plan, plan_commit(world, record));
    if (plan.steps.empty()) return false;
    KLD_CHECK(runner.run({.argv = plan.steps.front().argv}));
    KLD_CHECK(clear_trial(files, esp.place));
    return true;
}

}  // namespace kld::be
