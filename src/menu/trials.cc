// SPDX-License-Identifier: BSD-3-Clause
#include "menu/trials.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mount.h>

#include <utility>

#include "base/text.h"
#include "menu/devices.h"
#include "menu/gpt.h"
#include "menu/log.h"

namespace kld::menu {
namespace {

constexpr const char* kPlace = "/run/kldload/esp";
constexpr unsigned kPanicSeconds = 10;     // then a kernel that has panicked restarts the machine
constexpr unsigned kWatchdogSeconds = 60;  // without a sign of life of systemd; most devices can count that far

/// An EFI system partition, mounted as long as this object is there.
class MountedEsp {
public:
    static Result<MountedEsp> mount(const std::string& device, bool writable) {
        RealFiles files;
        KLD_CHECK(files.make_directories(kPlace));
        if (::mount(device.c_str(), kPlace, "vfat", MS_NOSUID | MS_NODEV | MS_NOEXEC | (writable ? 0 : MS_RDONLY),
                    "") != 0)
            return fail(errno_error("cannot mount " + device, errno));
        return MountedEsp(true);
    }
    MountedEsp(MountedEsp&& other) noexcept : mounted_(std::exchange(other.mounted_, false)) {}
    MountedEsp& operator=(MountedEsp&&) = delete;
    ~MountedEsp() {
        if (mounted_) ::umount2(kPlace, MNT_DETACH);
    }
    /// An error when what was written may not be on the disk.
    Status unmount() {
        mounted_ = false;
        if (::umount(kPlace) != 0) return fail(errno_error("cannot unmount the EFI system partition", errno));
        return {};
    }

private:
    explicit MountedEsp(bool mounted) : mounted_(mounted) {}
    bool mounted_;
};

std::vector<std::string> esp_devices() {
    RealFiles files;
    std::vector<std::string> devices;
    for (const auto& name : files.list("/sys/class/block").value_or(std::vector<std::string>{})) {
        if (!may_hold_pool(name) || files.exists("/sys/class/block/" + name + "/partition")) continue;
        const auto path = "/dev/" + replace_all(name, "!", "/");
        const auto disk = Fd::open(path, O_RDONLY | O_NONBLOCK);
        if (!disk) continue;
        for (const auto& partition : read_partitions(*disk)) {
            const bool digit = name.back() >= '0' && name.back() <= '9';
            if (partition.type == kEspType)
                devices.push_back(fmt::format("{}{}{}", path, digit ? "p" : "", partition.number));
        }
    }
    return devices;
}

}  // namespace

std::optional<FoundTrial> find_trial() {
    std::optional<FoundTrial> found;
    RealFiles files;
    for (const auto& device : esp_devices()) {
        auto mounted = MountedEsp::mount(device, false);
        if (!mounted) {
            log_line(mounted.error().message);
            continue;
        }
        const auto record = boot::read_trial(files, kPlace);
        if (!record) continue;
        if (!found || record->sequence > found->record.sequence) found = FoundTrial{*record, {}};
        if (record->sequence == found->record.sequence) found->partitions.push_back(device);
    }
    if (found)
        log_line(fmt::format("trial {}: '{}', {} of {} tries left", found->record.sequence, found->record.dataset,
                             found->record.left, found->record.allowed));
    return found;
}

void apply_trial(const std::optional<FoundTrial>& found, World& world) {
    if (!found || found->record.dataset.empty()) return;
    const auto& record = found->record;
    const auto good = world.default_entry ? world.entries[*world.default_entry].dataset : std::string();
    const auto instead = good.empty() ? std::string("nothing boots by itself") : good + " boots instead";
    std::optional<std::size_t> at;
    for (std::size_t i = 0; i < world.entries.size(); ++i)
        if (world.entries[i].dataset == record.dataset && world.entries[i].pool_guid == record.pool_guid) at = i;
    if (record.left == 0) {
        if (!record.once)
            world.problems.push_back(
                fmt::format("{} did not prove itself in {} tries: {}", record.dataset, record.allowed, instead));
        return;
    }
    if (!at) {
        world.problems.push_back(fmt::format("{} is on trial, but cannot be booted: {}", record.dataset, instead));
        return;
    }
    if (*at == world.default_entry) return;  // it has become the default meanwhile
    world.trial = TrialEntry{*at, *found, world.default_entry};
    world.default_entry = at;
}

boot::Trial one_less(const boot::Trial& record) {
    auto next = record;
    ++next.sequence;
    if (next.left > 0) --next.left;
    return next;
}

Status write_trial(const FoundTrial& trial) {
    RealFiles files;
    Error error{"the record of the trial could not be written"};
    bool written = false;
    for (const auto& device : trial.partitions) {
        const auto write = [&]() -> Status {
            KLD_TRY(auto mounted, MountedEsp::mount(device, true));
            KLD_CHECK(boot::write_trial(files, kPlace, trial.record));
            return mounted.unmount();
        };
        if (const auto done = write())
            written = true;
        else
            error.details.push_back(device + ": " + done.error().message);
    }
    if (written) return {};
    return fail(std::move(error));
}

std::string trial_arguments(const boot::Trial& record) {
    // systemd looks for a watchdog device until there is one; without one, the argument does nothing.
    const auto back = fmt::format(" panic={} systemd.watchdog_sec={} ", kPanicSeconds, kWatchdogSeconds);
    if (record.once) return back + boot::kOnceArgument;
    return fmt::format("{}{}{}", back, boot::kTrialArgument, record.sequence);
}

}  // namespace kld::menu
