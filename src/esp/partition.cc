// SPDX-License-Identifier: BSD-3-Clause
#include "esp/partition.h"

#include <fmt/core.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace kld::esp {
namespace {

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

Result<std::uint64_t> free_bytes(const std::string& place) {
    struct statvfs info {};
    if (::statvfs(place.c_str(), &info) != 0) return fail(errno_error("cannot ask " + place, errno));
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

Status make_whole(const Partition& partition, Runner& runner, Events& events) {
    if (partition.type != "vfat") return {};
    if (auto gone = runner.run({.argv = {"umount", partition.place}}); !gone) {
        gone.error().code = ExitCode::refused;
        return fail(std::move(gone.error())
                        .within(fmt::format("cannot check {} before it is written to", partition.device))
                        .with_hint(fmt::format("end what uses it (fuser -vm {}), and try again", partition.place)));
    }
    auto mended = mend(partition, runner, events);
    auto mounted = mount_again(partition, runner);
    return mended ? mounted : mended;
}

}  // namespace kld::esp
