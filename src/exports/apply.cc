// SPDX-License-Identifier: BSD-3-Clause
#include "exports/apply.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>

#include "base/file_mode.h"
#include "base/stop.h"
#include "base/text.h"
#include "boot/hostid.h"
#include "esp/partition.h"
#include "exports/disk_identity.h"
#include "exports/erase.h"
#include "exports/identity.h"
#include "exports/leftover.h"
#include "exports/undo.h"
#include "image/boot_disk.h"
#include "zfs/own_mounts.h"
#include "zfs/passing_mount.h"

namespace kld::exports {
namespace {

constexpr auto kLong = std::chrono::hours(24);

/// CIM's number for 64-bit Linux, and VMware's name for it: what runs here says no more.
image::Appliance appliance_of(const Wish& wish) {
    auto name = wish.output.substr(wish.output.rfind('/') + 1);
    if (name.ends_with(".ova")) name.resize(name.size() - 4);
    constexpr unsigned kLinux64 = 101;
    return {.name = name, .cim_os_type = kLinux64, .vmware_os_type = "otherLinux64Guest"};
}

/// "04:00:01\t1234\trpool@…", as zfs send -P -v prints it each second; nothing for other lines.
Result<std::uint64_t> sent_bytes(std::string_view line) {
    const auto fields = words(line);
    if (fields.size() < 3 || fields[0].size() != 8 || fields[0][2] != ':') return fail("no progress");
    return parse_number(fields[1]);
}

class Worker {
public:
    explicit Worker(const Job& job)
        : job_(job),
          plan_(job.plan),
          wish_(job.plan.wish),
          going_(job.runner, job.stop),
          work_(work_of(job.plan.wish)),
          raw_(work_ + "/disk.raw") {}

    Result<std::vector<std::string>> run() {
        auto done = make();
        const auto left = take_back();
        if (!done) {
            auto error = std::move(done.error());
            // Progress of a stream that broke off is no explanation.
            std::erase_if(error.details, [](const auto& line) { return sent_bytes(line).has_value(); });
            error.details.insert(error.details.end(), left.begin(), left.end());
            if (left.empty()) error.details.emplace_back("nothing of it is left behind");
            return fail(std::move(error));
        }
        for (const auto& line : left) job_.events.warning(line);
        job_.events.finish();
        return reset_;
    }

private:
    Status command(std::vector<std::string> argv) {
        KLD_CHECK(going_.run({.argv = std::move(argv), .timeout = kLong}));
        return {};
    }
    /// What takes something back: not held up by the signal that made it necessary.
    std::function<Status()> taking_back(std::vector<std::string> argv) {
        return [this, argv = std::move(argv)]() -> Status {
            KLD_CHECK(job_.runner.run({.argv = argv, .timeout = kLong}));
            return {};
        };
    }

    Status make() {
        KLD_CHECK(take_place());
        KLD_CHECK(take_snapshot());
        KLD_CHECK(make_disk());
        KLD_CHECK(make_pool());
        KLD_CHECK(copy());
        // All of it is copied: somebody who holds the snapshot for a moment is no reason to begin again.
        if (const auto done = undo_.take_back(snapshot_); !done)
            job_.events.warning(fmt::format("the snapshot {} is in use, and is tried again at the end: {}",
                                            plan_.snapshot, done.error().message));
        KLD_CHECK(identity());
        job_.events.stage("export of the pool");
        KLD_CHECK(undo_.take_back(pool_));
        KLD_CHECK(undo_.take_back(device_));
        if (wish_.keep_identity) KLD_CHECK(keep_disk_identity(going_, raw_, plan_.disk, job_.world.esp));
        return write();
    }

    Status take_place() {
        KLD_TRY(auto lock, take_work(job_.files, work_, plan_.snapshot));
        lock_.emplace(std::move(lock));
        return {};
    }

    /// The directory goes last: what stands in it lets the next export take back the rest.
    /// @returns a line for each that could not be
    std::vector<std::string> take_back() {
        auto left = undo_.unwind();
        if (!lock_) return left;
        if (!left.empty()) {
            left.push_back(work_ + " stays: the next export to the same place takes the rest back");
        } else if (const auto done = job_.files.remove(work_); !done) {
            left.push_back(work_ + " is left behind: " + done.error().message);
        }
        return left;
    }

    Status take_snapshot() {
        job_.events.stage("snapshot");
        // What is over in a moment is not stopped: whether it was done would not be known.
        KLD_CHECK(expect_going_on(job_.stop));
        KLD_CHECK(job_.runner.run({.argv = {"zfs", "snapshot", "-r", "-o",
                                            std::string(zfs::kReason) + "=" + zfs::kExporting, plan_.snapshot}}));
        snapshot_ = undo_.push("the snapshot " + plan_.snapshot, taking_back({"zfs", "destroy", "-r", plan_.snapshot}));
        if (job_.snapshot_taken) job_.snapshot_taken();
        return {};
    }

    Status make_disk() {
        job_.events.stage("EFI system partition");
        {
            // Nobody unmounts it meanwhile, or changes half of its files.
            KLD_TRY(const auto held, esp::hold_esp(job_.files));
            KLD_CHECK(image::make_boot_disk(going_, raw_, plan_.disk, job_.world.esp.files));
        }
        // The pool's partition alone: nobody else on this machine sees the table, the FAT and their numbers.
        KLD_TRY(const auto printed, job_.runner.run({.argv = {"losetup", "--find", "--show", "--offset",
                                                              std::to_string(plan_.disk.pool_offset), "--sizelimit",
                                                              std::to_string(plan_.disk.pool_size), raw_}}));
        loop_ = trim(printed.out);
        device_ = undo_.push("the loop device " + loop_, taking_back({"losetup", "--detach", loop_}));
        return {};
    }

    Status make_pool() {
        job_.events.stage("pool");
        auto argv = plan_.create;
        argv.push_back(loop_);
        // Before it is tried: one that was killed may have made the pool all the same.
        pool_ = undo_.push("the pool " + plan_.temporary,
                           [this] { return export_pool(job_.runner, plan_.temporary, job_.wait); });
        KLD_CHECK(command(std::move(argv)));
        return {};
    }

    Status copy() {
        std::uint64_t before = 0;
        for (const auto& transfer : plan_.transfers) {
            job_.events.stage("copy of " + transfer.dataset);
            Command send{.argv = transfer.send, .timeout = kLong};
            send.on_stderr_line = [&](std::string_view line) {
                const auto sent = sent_bytes(line);
                if (!sent) return;
                const auto all = before + std::min(*sent, transfer.bytes);
                job_.events.progress(
                    plan_.exported == 0 ? -1 : static_cast<double>(all) / static_cast<double>(plan_.exported), *sent);
            };
            auto done = going_.run_piped(send, {.argv = transfer.receive, .timeout = kLong});
            if (!done) return fail(std::move(done.error()).within("cannot copy " + transfer.dataset));
            before += transfer.bytes;
        }
        job_.events.stage("properties");
        for (const auto& argv : plan_.finish) KLD_CHECK(command(argv));
        return {};
    }

    Status identity() {
        if (wish_.keep_identity) return {};
        job_.events.stage("identity");
        const NewIdentity identity{job_.world.esp.place, plan_.disk.esp_partuuid, boot::make_hostid()};
        for (const auto& environment : plan_.environments) {
            KLD_TRY(const auto reset, zfs::with_own_mounts([&]() -> Result<std::vector<std::string>> {
                        KLD_TRY(const auto mount, zfs::PassingMount::make(job_.runner, environment, false, "export"));
                        return reset_identity(going_, job_.files, mount.place(), identity);
                    }));
            for (const auto& what : reset)
                if (!contains(reset_, what)) reset_.push_back(what);
        }
        job_.events.stage("erasing of what was removed");
        return erase_free_space(going_, job_.files, plan_.temporary, work_, job_.trim_lock);
    }

    Status write() {
        job_.events.stage(image::name_of(wish_.format));
        // Under its final name: some formats repeat it inside.
        const auto made = work_ + "/" + wish_.output.substr(wish_.output.rfind('/') + 1);
        KLD_CHECK(image::write_format(going_, job_.files,
                                      {.raw = raw_,
                                       .output = made,
                                       .format = wish_.format,
                                       .compression = wish_.compression,
                                       .appliance = appliance_of(wish_),
                                       .time = job_.world.now,
                                       .stop = job_.stop}));
        KLD_CHECK(expect_going_on(job_.stop));
        // All of the machine can be read in it.
        KLD_CHECK(make_private(made));
        KLD_CHECK(job_.files.flush(work_));
        if (job_.files.exists(wish_.output))
            return fail(wish_.output + " has come meanwhile", "nothing is overwritten: export again",
                        ExitCode::refused);
        return job_.files.rename(made, wish_.output);
    }

    const Job& job_;
    const Plan& plan_;
    const Wish& wish_;
    StoppableRunner going_;
    std::string work_, raw_, loop_{};
    std::size_t snapshot_ = 0, device_ = 0, pool_ = 0;  ///< numbers of what is to be taken back
    UndoStack undo_{};
    std::optional<Lock> lock_{};
    std::vector<std::string> reset_{};
};

}  // namespace

Result<std::vector<std::string>> apply(const Job& job) {
    return Worker(job).run();
}

}  // namespace kld::exports
