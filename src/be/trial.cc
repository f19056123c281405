// SPDX-License-Identifier: BSD-3-Clause
#include "be/trial.h"

#include <fmt/core.h>
#include <unistd.h>

#include <map>

#include "base/text.h"
#include "boot/pe.h"
#include "esp/partition.h"
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
    record.sequence = known ? known->sequence + 1 : 1;
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

Result<HeldEsp> hold_esp(Files& files) {
    HeldEsp esp;
    KLD_TRY(esp.alone, esp::hold_esp(files));
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

Status start_trial(Runner& runner, Files& files, const World& world, const std::string& dataset, unsigned tries,
                   bool once) {
    KLD_TRY(const auto esp, hold_esp(files));
    KLD_CHECK(expect_counting_menu(files, esp.place));
    KLD_TRY(const auto guid, pool_guid(runner, world.pool));
    // What is on trial must be on the disk before the record of it is.
    KLD_CHECK(runner.run({.argv = {"zpool", "sync", world.pool}}));
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

Result<std::optional<boot::Trial>> end_trial(Files& files, const World& world) {
    KLD_TRY(const auto esp, hold_esp(files));
    const auto record = trial_on(files, esp.place, world);
    if (record) KLD_CHECK(clear_trial(files, esp.place));
    return record;
}

Status run_boot_checks(Runner& runner, Files& files) {
    if (!files.exists(kBootChecks)) return {};
    KLD_TRY(const auto names, files.list(kBootChecks));
    for (const auto& name : names) {
        const auto path = std::string(kBootChecks) + "/" + name;
        if (name.starts_with(".") || name.ends_with("~") || ::access(path.c_str(), X_OK) != 0) continue;
        if (auto done = runner.run({.argv = {path}, .timeout = std::chrono::minutes(5)}); !done)
            return fail(std::move(done.error()).within("the boot check " + name + " failed"));
    }
    return {};
}

Result<bool> commit_trial(Runner& runner, Files& files, const World& world) {
    KLD_TRY(const auto esp, hold_esp(files));
    const auto record = trial_on(files, esp.place, world);
    if (!record && !world.running.empty() && world.running == world.next) return false;
    if (!record || record->dataset != world.running)
        return fail(
            world.running.empty() ? "no boot environment runs here" : world.name_of(world.running) + " is not on trial",
            "kbe list shows what is", ExitCode::usage);
    // The default first: should the power go now, the record says the same as it.
    KLD_CHECK(runner.run({.argv = {"zpool", "set", "bootfs=" + world.running, world.pool}}));
    KLD_CHECK(clear_trial(files, esp.place));
    return true;
}

}  // namespace kld::be
