// SPDX-License-Identifier: BSD-3-Clause
#include "firstboot/world.h"

#include <algorithm>

#include "base/text.h"

namespace kld::firstboot {
namespace {

Result<std::uint64_t> number_in(Files& files, const std::string& path) {
    KLD_TRY(const auto text, files.read(path));
    return parse_number(trim(text));
}

/// The disk in whose sysfs folder the partition lies, or empty.
std::string disk_of(Files& files, const std::string& partition) {
    const auto disks = files.list("/sys/block");
    if (!disks) return {};
    for (const auto& disk : *disks)
        if (files.exists("/sys/block/" + disk + "/" + partition + "/partition")) return disk;
    return {};
}

Result<PoolPartition> describe(Files& files, const std::string& name, const std::string& disk) {
    PoolPartition found{.device = "/dev/" + name, .disk = "/dev/" + disk};
    const auto folder = "/sys/block/" + disk;
    KLD_TRY(const auto number, number_in(files, folder + "/" + name + "/partition"));
    found.number = static_cast<unsigned>(number);
    KLD_TRY(found.start, number_in(files, folder + "/" + name + "/start"));
    KLD_TRY(found.size, number_in(files, folder + "/" + name + "/size"));
    KLD_TRY(found.disk_size, number_in(files, folder + "/size"));
    found.last = true;
    KLD_TRY(const auto children, files.list(folder));
    for (const auto& child : children) {
        const auto start = number_in(files, folder + "/" + child + "/start");
        if (start && *start > found.start) found.last = false;
    }
    return found;
}

/// Leaf vdevs of `zpool list -vHPL`: indented lines whose first field is a path.
std::vector<std::string> leaf_devices(const std::string& listing) {
    std::vector<std::string> devices;
    for (const auto& line : lines(listing)) {
        const auto fields = words(line);
        if (!fields.empty() && fields[0].starts_with("/dev/")) devices.push_back(fields[0]);
    }
    return devices;
}

}  // namespace

std::string root_dataset(const std::string& mountinfo) {
    std::string dataset;
    for (const auto& line : lines(mountinfo)) {
        const auto fields = words(line);
        const auto dash = std::find(fields.begin(), fields.end(), "-");
        if (fields.size() < 5 || fields[4] != "/" || fields.end() - dash < 3 || dash[1] != "zfs") continue;
        dataset = dash[2];
    }
    return dataset;
}

Result<World> probe(Runner& runner, Files& files) {
    World world;
    world.pending = files.exists(kMarker);
    KLD_TRY(const auto mountinfo, files.read("/proc/self/mountinfo"));
    const auto dataset = root_dataset(mountinfo);
    if (dataset.empty()) return fail("the root file system is not ZFS", "this is for machines that kldload made");
    world.pool = dataset.substr(0, dataset.find('/'));

    KLD_TRY(const auto wanted,
            runner.run({.argv = {"zfs", "get", "-H", "-o", "value", "org.kldload:compatibility", world.pool}}));
    if (trim(wanted.out) != "-") world.compatibility = trim(wanted.out);
    KLD_TRY(const auto now, runner.run({.argv = {"zpool", "get", "-H", "-o", "value", "compatibility", world.pool}}));
    world.compatibility_now = trim(now.out);

    KLD_TRY(const auto vdevs, runner.run({.argv = {"zpool", "list", "-v", "-H", "-P", "-L", world.pool}}));
    for (const auto& device : leaf_devices(vdevs.out)) {
        const auto name = device.substr(device.rfind('/') + 1);
        const auto disk = disk_of(files, name);
        if (disk.empty()) continue;
        KLD_TRY(auto partition, describe(files, name, disk));
        world.partitions.push_back(std::move(partition));
    }

    KLD_TRY(const auto hostid, number_in(files, "/sys/module/spl/parameters/spl_hostid"));
    world.hostid = static_cast<std::uint32_t>(hostid);
    KLD_TRY(const auto boot, files.list("/boot"));
    for (const auto& name : boot)
        if (name.starts_with("initrd.img-") && files.kind("/boot/" + name) == FileKind::regular)
            world.initramfs.push_back("/boot/" + name);
    world.has_sshd = files.exists("/usr/sbin/sshd");
    if (const auto keys = files.list("/etc/ssh"))
        world.has_host_keys = std::any_of(keys->begin(), keys->end(), [](const auto& name) {
            return name.starts_with("ssh_host_") && name.ends_with("_key");
        });
    if (files.kind("/etc/nvme") == FileKind::directory)
        for (const auto* path : {kNvmeHostid, kNvmeHostnqn})
            if (!files.exists(path)) world.nvme_names.emplace_back(path);
    return world;
}

}  // namespace kld::firstboot
