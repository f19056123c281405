// SPDX-License-Identifier: BSD-3-Clause
#include "menu/discovery.h"

#include <fmt/core.h>
#include <poll.h>

#include <array>
#include <chrono>
#include <thread>

#include "base/text.h"
#include "menu/boot_disk.h"
#include "menu/deadline.h"
#include "menu/devices.h"
#include "menu/drivers.h"
#include "menu/environment.h"
#include "menu/importer.h"
#include "menu/log.h"
#include "menu/trials.h"

namespace kld::menu {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kQuiet{150};  // no device event for so long: this round of disks is there
constexpr seconds kSettleLimit{5};   // events without end
constexpr seconds kPatience{6};      // for missing devices of a pool, and before "nothing found" is said
constexpr seconds kRetry{5};         // between searches when there is nothing to boot
constexpr seconds kImportRetry{30};  // of failed imports, likewise

Result<EnvironmentContent> inspect(const std::string& dataset) {
    return inspect_environment(dataset, "/run/kldload/inspect");
}

/// Says why there is nothing to boot, for a person who stands before the machine.
void explain_nothing(World& world, const DeviceScan& scan, const std::vector<FoundPool>& pools) {
    world.problems.insert(world.problems.end(), scan.problems.begin(), scan.problems.end());
    if (!world.entries.empty()) return;
    if (scan.disks.empty())
        world.problems.emplace_back("No disk was found.");
    else
        world.problems.push_back("Disks: " + join(scan.disks, ", "));
    if (pools.empty() && !scan.disks.empty()) world.problems.emplace_back("None of them holds a ZFS pool.");
    if (pools.empty() || world.problems.size() > 1) return;
    world.problems.emplace_back("The pools hold no dataset with mountpoint=/ and a kernel.");
}

/// What discovery knows from one round to the next.
class Search {
public:
    Search(Inbox& inbox, Keyring& keyring, std::string prefer)
        : inbox_(inbox), prefer_(std::move(prefer)), importer_(runner_, files_, keyring) {}

    void load_drivers() {
        inbox_.put(Busy{"looking for disks"});
        if (const auto listening = drivers_.listen(); !listening) log_line(listening.error().message);
        std::thread zfs([] {
            DeadlineRunner runner;
            Drivers(runner).load({"zfs"});
        });
        drivers_.load_for_present_devices({"efivarfs", "vfat", "nls_cp437", "nls_ascii"});
        boot_partition_ = boot_partition();
        zfs.join();
        if (!files_.exists("/sys/module/zfs")) drivers_.load({"zfs"});
        log_line(fmt::format("drivers loaded after {} ms", milliseconds_passed()));
    }

    /// Waits until devices have come to rest. @returns true when a disk came, went or changed, or a driver that was
    /// late is there now
    bool settle() {
        const bool retried = drivers_.retry();
        return drivers_.settle(kQuiet, kSettleLimit) || retried;
    }

    /// Looks at all disks once, imports what is new and tells what there is. @param asked  by a person: try everything
    /// again
    void look(bool asked) {
        if (asked) [[maybe_unused]]
            const auto refreshed = importer_.refresh();
        if (told_ && !bootable_ && Clock::now() - failures_forgotten_ > kImportRetry) {
            importer_.forget_failures();
            failures_forgotten_ = Clock::now();
        }
        const auto scan = scan_devices();
        auto pools = find_pools(scan.labels);
        const auto boot_disk = disk_with_partition(boot_partition_);
        for (auto& pool : pools) pool.on_boot_disk = lies_on(pool.devices, boot_disk);
        if (!pools.empty()) inbox_.put(Busy{"importing pools"});
        const bool late = passed() > kPatience;
        news_ = importer_.import(pools, asked || late) || asked || news_;
        const bool first = !told_ && !asked && !late;  // nobody waits for an answer yet
        // The default may be on the disk that the menu came from, and that one may be the slowest.
        if (first && !boot_partition_.empty() && boot_disk.empty()) return;
        if (!news_ && (told_ || !late)) return;
        news_ = false;
        auto world = importer_.list(pools, prefer_, inspect);
        if (first && world.entries.empty()) return;
        apply_trial(find_trial(), world);
        explain_nothing(world, scan, pools);
        for (const auto& note : world.notes) log_line(note);
        log_line(fmt::format("{} boot environments after {} ms", world.entries.size(), milliseconds_passed()));
        told_ = true;
        bootable_ = !world.entries.empty();
        inbox_.put(Found{std::move(world)});
    }

    /// Until the next look without an event; negative when all is found and only an event can bring more.
    int pause() const {
        if (bootable_ && passed() > 2 * kPatience) return -1;
        return static_cast<int>((passed() > kPatience ? milliseconds(kRetry) : milliseconds(500)).count());
    }
    int event_fd() const { return drivers_.event_fd(); }

private:
    Clock::duration passed() const { return Clock::now() - begin_; }
    long milliseconds_passed() const {
        return static_cast<long>(std::chrono::duration_cast<milliseconds>(passed()).count());
    }
    Inbox& inbox_;
    std::string prefer_;
    DeadlineRunner runner_;
    RealFiles files_;
    Drivers drivers_{runner_};
    Importer importer_;
    Clock::time_point begin_ = Clock::now();
    Clock::time_point failures_forgotten_ = begin_;
    std::string boot_partition_;
    bool news_ = false;  // something changed that has not been told
    bool told_ = false;
    bool bootable_ = false;
};

}  // namespace

Discovery::Discovery(std::shared_ptr<Inbox> inbox, std::shared_ptr<Keyring> keyring, std::string prefer)
    : inbox_(std::move(inbox)),
      keyring_(std::move(keyring)),
      prefer_(std::move(prefer)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Discovery::start() {
    std::thread([this] { run(); }).detach();
}

void Discovery::rescan() {
    rescan_ = true;
    ::eventfd_write(wake_.get(), 1);
}

void Discovery::run() {
    while (true) {
        try {
            work();
        } catch (const std::exception& error) {
            World world;
            world.problems.push_back(fmt::format("The search for disks failed: {}", error.what()));
            inbox_->put(Found{std::move(world)});
        }
        std::this_thread::sleep_for(kRetry);
    }
}

void Discovery::work() {
    Search search(*inbox_, *keyring_, prefer_);
    search.load_drivers();
    bool look = true;
    while (true) {
        const bool asked = rescan_.exchange(false);
        if (search.settle() || asked || look) {
            const std::lock_guard lock(pools_mutex_);
            search.look(asked);
        }
        inbox_->put(Busy{"waiting for disks"});
        std::array<pollfd, 2> wait{{{search.event_fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
        look = ::poll(wait.data(), wait.size(), search.pause()) == 0;
        eventfd_t count = 0;
        ::eventfd_read(wake_.get(), &count);
    }
}

}  // namespace kld::menu
