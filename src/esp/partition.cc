// SPDX-License-Identifier: BSD-3-Clause
#include "esp/partition.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/fd.h"
#include "base/text.h"

namespace kld::esp {
namespace {

constexpr const char* kAutomount = "autofs";

Status mount_again(const Partition& partition, Runner& runner) {
    std::vector<std::string> argv{"mount"};
    if (!partition.in_fstab) argv.insert(argv.end(), {"-t", partition.type, "-o", "umask=0077", partition.device});
    argv.push_back(partition.place);
    KLD_CHECK(runner.run({.argv = std::move(argv)}));
    return {};
}

/// Leaves the partition unmounted.
Status mend(const Partition& partition, Runner& runner, Events& events) {
    const auto ran = [](int code) { return code == 0 || code == 1; };
    KLD_TRY(const auto mended, runner.run({.argv = {"fsck.vfat", "-a", partition.device}, .accept = ran}));
    if (mended.exit_code == 0) return {};
    events.note(fmt::format("fsck.vfat mended {}", partition.device));
    KLD_TRY(const auto again, runner.run({.argv = {"fsck.vfat", "-n", partition.device}, .accept = ran}));
    if (again.exit_code == 0) return {};
    return fail(fmt::format("{} has errors that fsck.vfat cannot mend", partition.device),
                fmt::format("look at them with: umount {}; fsck.vfat {}", partition.place, partition.device));
}

}  // namespace

Result<Partition> find_partition(Files& files, const std::string& place) {
    Partition partition{.place = place};
    KLD_TRY(const auto mounts, files.read("/proc/self/mountinfo"));
    for (const auto& line : lines(mounts)) {
        // "36 35 98:0 /root /place options optional... - type source super-options"
        const auto fields = words(line);
        const auto dash = std::find(fields.begin(), fields.end(), "-");
        if (fields.size() < 5 || fields[4] != place || fields.end() - dash < 3) continue;
        partition.type = dash[1];
        partition.device = dash[2];
    }
    if (const auto fstab = files.read("/etc/fstab"))
        for (const auto& line : lines(*fstab))
            if (const auto fields = words(line); fields.size() > 1 && fields[0][0] != '#' && fields[1] == place)
                partition.in_fstab = true;
    return partition;
}

Result<Partition> find_esp(Files& files) {
    std::optional<Partition> wanted;
    for (const auto* place : {"/boot/efi", "/efi"}) {
        KLD_TRY(auto found, find_partition(files, place));
        if (found.type == kAutomount) {
            // It mounts when somebody looks.
            [[maybe_unused]] const auto names = files.list(place);
            KLD_TRY(found, find_partition(files, place));
        }
        if (found.mounted() && found.type != kAutomount) return found;
        if (found.in_fstab && !wanted) wanted = std::move(found);
    }
    return wanted.value_or(Partition{.place = "/boot/efi"});
}

Result<Lock> hold_esp(Files& files) {
    KLD_CHECK(files.make_directories("/run/kldload"));
    return files.lock("/run/kldload/esp.lock");
}

Result<std::uint64_t> free_bytes(const std::string& place) {
    struct statvfs info {};
    if (::statvfs(place.c_str(), &info) != 0) return fail(errno_error("cannot ask " + place, errno));
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

Status expect_unused(const std::string& device) {
    // A file system holds its device so that nobody else can open it this way. Whatever else is wrong with it is for
    // fsck.vfat to say.
    const Fd fd(::open(device.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
    if (fd.valid() || errno != EBUSY) return {};
    return fail(device + " is in use, perhaps mounted where this process does not see it",
                fmt::format("end what has it: grep -l -w {} /proc/[0-9]*/mountinfo names the processes", device),
                ExitCode::refused);
}

Status make_whole(const Partition& partition, Runner& runner, Events& events, const DeviceGuard& guard) {
    if (partition.type != "vfat") return {};
    if (auto gone = runner.run({.argv = {"umount", partition.place}}); !gone) {
        gone.error().code = ExitCode::refused;
        return fail(std::move(gone.error())
                        .within(fmt::format("cannot check {} before it is written to", partition.device))
                        .with_hint(fmt::format("end what uses it (fuser -vm {}), and try again", partition.place)));
    }
    auto done = guard(partition.device);
    if (done) {
        done = mend(partition, runner, events);
    } else {
        done = fail(
            std::move(done.error()).within(fmt::format("cannot check {} before it is written to", partition.device)));
    }
    auto mounted = mount_again(partition, runner);
    return done ? mounted : done;
}

}  // namespace kld::esp
