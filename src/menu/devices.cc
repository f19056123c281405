// SPDX-License-Identifier: BSD-3-Clause
#include "menu/devices.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <future>

#include "base/files.h"
#include "base/text.h"
#include "menu/deadline.h"

namespace kld::menu {
namespace {

struct BlockDevice {
    std::string name;
    std::string path;
    std::uint64_t bytes = 0;
    bool partition = false;
    bool has_partitions = false;
};

std::vector<BlockDevice> block_devices(bool (*may)(std::string_view)) {
    RealFiles files;
    std::vector<BlockDevice> devices;
    const auto names = files.list("/sys/class/block");
    if (!names) return devices;
    for (const auto& name : *names) {
        if (!may(name)) continue;
        const auto directory = "/sys/class/block/" + name;
        const auto size = files.read(directory + "/size");
        const auto sectors = size ? parse_number(trim(*size)) : Result<std::uint64_t>(0);
        if (!sectors || *sectors == 0) continue;
        // A slash in a kernel name is an exclamation mark in sysfs.
        BlockDevice device{name, "/dev/" + replace_all(name, "!", "/"), *sectors * 512,
                           files.exists(directory + "/partition"), false};
        for (const auto& inner : files.list(directory + "/").value_or(std::vector<std::string>{}))
            device.has_partitions = device.has_partitions || inner.starts_with(name);
        devices.push_back(std::move(device));
    }
    return devices;
}

/// The label or nothing; an error when the device does not answer.
Result<std::optional<Label>> label_of(const std::string& path, bool both_ends) {
    return with_deadline<std::optional<Label>>("reading " + path, std::chrono::seconds(10),
                                               [path, both_ends]() -> Result<std::optional<Label>> {
                                                   const auto device = Fd::open(path, O_RDONLY | O_NONBLOCK);
                                                   if (!device) return std::optional<Label>{};
                                                   return read_label(*device, both_ends);
                                               });
}

}  // namespace

bool may_hold_pool(std::string_view name) {
    for (const std::string_view useless : {"loop", "ram", "zram", "zd", "fd", "sr", "nbd"})
        if (name.starts_with(useless)) return false;
    return true;
}

std::vector<std::string> device_paths() {
    std::vector<std::string> paths;
    for (const auto& device : block_devices(may_hold_pool)) paths.push_back(device.path);
    return paths;
}

DeviceScan scan_devices(bool (*may)(std::string_view)) {
    DeviceScan scan;
    std::vector<std::pair<std::string, std::future<Result<std::optional<Label>>>>> readers;
    for (const auto& device : block_devices(may)) {
        if (!device.partition) scan.disks.push_back(fmt::format("{} ({})", device.name, human_bytes(device.bytes)));
        const auto& path = device.path;
        const bool both_ends = !device.has_partitions;
        readers.emplace_back(path,
                             std::async(std::launch::async, [path, both_ends] { return label_of(path, both_ends); }));
    }
    for (auto& [path, reader] : readers) {
        const auto label = reader.get();
        if (!label)
            scan.problems.push_back(label.error().message);
        else if (*label)
            scan.labels.emplace(path, **label);
    }
    return scan;
}

}  // namespace kld::menu
