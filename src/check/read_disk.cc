// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "base/text.h"
#include "boot/environments.h"
#include "check/sources.h"

namespace kld::check {
namespace {

using nlohmann::json;

constexpr const char* kEspType = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
constexpr std::uint64_t kSector = 512;

struct Partition {
    std::uint64_t offset = 0, size = 0;  ///< bytes
    std::string uuid, type, content;     ///< content: blkid's TYPE
    std::string content_uuid;
};

constexpr const char* kIsItADisk = "is it a disk with ZFS on root?";

/// True when the program that failed has printed that.
bool says(const Error& error, std::string_view text) {
    return std::any_of(error.details.begin(), error.details.end(),
                       [&](const auto& line) { return line.find(text) != std::string::npos; });
}

/// The disk as raw bytes: itself, or a copy in `scratch`.
Result<std::string> raw_disk(const Reader& reader, const std::string& path) {
    std::string disk = path;
    if (path.ends_with(".ova")) {
        const auto directory = reader.scratch + "/ova";
        KLD_CHECK(reader.files.make_directories(directory));
        KLD_CHECK(reader.runner.run({.argv = {"tar", "-xf", path, "-C", directory}}));
        KLD_TRY(const auto names, reader.files.list(directory));
        for (const auto& name : names)
            if (name.ends_with(".vmdk")) disk = directory + "/" + name;
        if (disk == path) return fail(path + ": there is no disk in this appliance");
    }
    KLD_TRY(const auto info, reader.runner.run({.argv = {"qemu-img", "info", "--output=json", disk}}));
    const auto format = json::parse(info.out, nullptr, false);
    if (!format.is_object() || !format.contains("format"))
        return fail(fmt::format("qemu-img does not say what {} is", disk));
    if (format["format"] == "raw" || format["format"] == "host_device") return disk;
    const auto raw = reader.scratch + "/disk.raw";
    KLD_CHECK(reader.runner.run(
        {.argv = {"qemu-img", "convert", "-f", format["format"].get<std::string>(), "-O", "raw", disk, raw},
         .timeout = std::chrono::hours(1)}));
    return raw;
}

/// NAME=value lines of `blkid -o export`; none for what it does not know.
Result<std::map<std::string, std::string>> probe(const Reader& reader, const std::string& disk, const Partition& part) {
    KLD_TRY(const auto output,
            reader.runner.run({.argv = {"blkid", "--probe", "--offset", std::to_string(part.offset), "--size",
                                        std::to_string(part.size), "--output", "export", disk},
                               .accept = [](int code) { return code == 0 || code == 2; }}));
    std::map<std::string, std::string> values;
    for (const auto& line : lines(output.out))
        if (const auto equals = line.find('='); equals != std::string::npos)
            values[line.substr(0, equals)] = line.substr(equals + 1);
    return values;
}

Result<std::vector<Partition>> read_partitions(const Reader& reader, const std::string& disk) {
    auto output = reader.runner.run({.argv = {"sfdisk", "--json", disk}});
    if (!output) {
        if (says(output.error(), "does not contain a recognized partition table"))
            return fail(disk + " has no partition table", kIsItADisk, ExitCode::usage);
        return fail(std::move(output.error()).within("cannot read the partition table of " + disk));
    }
    const auto parsed = json::parse(output->out, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("partitiontable"))
        return fail("sfdisk does not say how " + disk + " is partitioned");
    const auto& table = parsed["partitiontable"];
    const auto sector = table.value("sectorsize", kSector);
    std::vector<Partition> partitions;
    const auto entries = table.value("partitions", json::array());
    for (const auto& entry : entries) {
        Partition part{entry.value("start", 0ULL) * sector,
                       entry.value("size", 0ULL) * sector,
                       entry.value("uuid", ""),
                       entry.value("type", ""),
                       {},
                       {}};
        KLD_TRY(auto values, probe(reader, disk, part));
        part.content = values["TYPE"];
        part.content_uuid = values["UUID"];
        partitions.push_back(std::move(part));
    }
    return partitions;
}

Result<Esp> read_esp(const Reader& reader, const std::string& disk, const Partition& part) {
    const auto directory = reader.scratch + "/esp";
    KLD_CHECK(reader.files.make_directories(directory));
    Esp esp{Tree(reader.files, directory), part.content, part.content_uuid, lower_case(part.uuid), 0, false};
    if (part.content != "vfat") return esp;
    const auto place = fmt::format("{}@@{}", disk, part.offset);
    KLD_TRY(const auto listing, reader.runner.run({.argv = {"mdir", "-i", place, "::"}}));
    for (const auto& line : lines(listing.out))
        if (const auto end = line.find(" bytes free"); end != std::string::npos)
            if (const auto free = parse_number(replace_all(std::string(trim(line.substr(0, end))), " ", "")))
                esp.free = *free;
    // Bit 0 of this byte of FAT32's boot sector: not unmounted; bit 1: errors were seen.
    constexpr std::uint64_t kStateByte = 65;
    KLD_TRY(const auto fd, Fd::open(disk, O_RDONLY));
    KLD_TRY(const auto state, fd.read_at(1, part.offset + kStateByte));
    esp.dirty = (static_cast<unsigned char>(state.at(0)) & 3U) != 0;
    // An empty file system has nothing to copy, which mcopy takes for an error.
    KLD_TRY(const auto any, reader.runner.run({.argv = {"mdir", "-b", "-i", place, "::"},
                                               .accept = [](int code) { return code == 0 || code == 1; }}));
    if (any.out.find("::/") != std::string::npos)
        KLD_CHECK(reader.runner.run({.argv = {"mcopy", "-s", "-n", "-i", place, "::*", directory}}));
    return esp;
}

Status read_environments(const Reader& reader, const std::vector<std::string>& image, System& system) {
    const auto found = boot::boot_environments(system.pool->datasets, system.pool->value("bootfs"));
    for (const auto& name : found.names) {
        const auto to = fmt::format("{}/environment-{}", reader.scratch, system.environments.size());
        std::vector<std::string> argv{reader.pool_program, "extract"};
        argv.insert(argv.end(), image.begin(), image.end());
        argv.insert(argv.end(), {name, "--to", to});
        for (const auto& path : wanted_paths()) argv.insert(argv.end(), {"--only", path});
        // Below the mountpoints of other datasets nothing should lie.
        for (const auto& dataset : system.pool->datasets)
            if (const auto& place = dataset.value("mountpoint");
                dataset.value("canmount") == "on" && place.size() > 1 && place[0] == '/')
                argv.insert(argv.end(), {"--only", place});
        KLD_CHECK(reader.runner.run({.argv = argv, .timeout = std::chrono::hours(1)}));
        system.environments.push_back(
            read_environment(Tree(reader.files, to), boot::find_dataset(system.pool->datasets, name)));
    }
    return {};
}

boot::Dataset dataset_of(const json& entry) {
    boot::Dataset dataset{entry.value("name", ""), {}};
    const auto properties = entry.value("properties", json::object());
    for (const auto& [name, property] : properties.items()) {
        auto source = property.value("source", "-");
        // kldload-pool names the dataset alone, zfs(8) says what it means.
        if (source != "local" && source != "default" && source != "received" && source != "-")
            source = "inherited from " + source;
        dataset.properties[name] = {property.value("value", "-"), source};
    }
    return dataset;
}

}  // namespace

const std::vector<std::string>& wanted_paths() {
    static const std::vector<std::string> paths{
        "boot",
        "etc/*",
        "usr/lib/os-release",
        "usr/lib/modules/*/updates",
        "usr/lib/modules/*/extra",
        "usr/lib/modules/*/extramodules",
        "usr/lib/modules/*/weak-updates",
        "usr/lib/modules/*/kernel/zfs",
        "usr/lib/modules/*/build",
        "usr/lib/dracut/modules.d/*zfs",
        "usr/lib/initcpio/install",
        "usr/lib/systemd/system/*zfs*",
        "usr/share/initramfs-tools/scripts",
        "usr/share/zfs/compatibility.d",
        "usr/src/zfs-*/META",
        "usr/bin/dracut",
        "usr/bin/mkinitcpio",
        "usr/sbin/update-initramfs",
        "var/lib/dpkg/status",
        "var/lib/kldload",
        ".autorelabel",
    };
    return paths;
}

Result<Pool> parse_pool(const std::string& text) {
    const auto parsed = json::parse(text, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("pool")) return fail("kldload-pool list printed no pool");
    Pool pool{parsed["pool"].value("name", "")};
    const auto properties = parsed["pool"].value("properties", json::object());
    for (const auto& [name, property] : properties.items()) pool.properties[name] = property.value("value", "-");
    const auto datasets = parsed.value("datasets", json::array());
    for (const auto& entry : datasets)
        (entry.value("type", "") == "snapshot" ? pool.snapshots : pool.datasets).push_back(dataset_of(entry));
    if (const auto label = parsed.find("label"); label != parsed.end())
        pool.label = Label{label->value("state", ""), label->value("hostid", 0U)};
    return pool;
}

Result<System> read_disk(const Reader& reader, const std::string& path) {
    System system{path, reader.files.kind(path) == FileKind::regular ? Kind::image : Kind::disk};
    KLD_TRY(const auto disk, raw_disk(reader, path));
    KLD_TRY(const auto partitions, read_partitions(reader, disk));
    std::vector<Partition> pools;
    for (const auto& part : partitions) {
        if (part.type == kEspType && !system.esp) {
            KLD_TRY(system.esp, read_esp(reader, disk, part));
        }
        if (part.content == "zfs_member") pools.push_back(part);
    }
    if (!system.esp) system.unread = "no partition has the type of one";
    if (pools.empty()) return fail(path + " has no partition with a ZFS pool", kIsItADisk, ExitCode::usage);
    if (pools.size() > 1)
        return fail(fmt::format("{} has {} partitions with a ZFS pool, and one is looked at", path, pools.size()),
                    "check the system while it runs", ExitCode::unknown);
    const std::vector<std::string> image{
        "--image", disk, "--offset", std::to_string(pools[0].offset), "--size", std::to_string(pools[0].size)};
    std::vector<std::string> list{reader.pool_program, "list", "--json"};
    list.insert(list.end(), image.begin(), image.end());
    auto output = reader.runner.run({.argv = list});
    if (!output) {
        // It may well boot: the builder's OpenZFS is older than the machine's, and cannot tell.
        if (says(output.error(), "newer OpenZFS")) output.error().code = ExitCode::unknown;
        return fail(std::move(output.error()));
    }
    KLD_TRY(system.pool, parse_pool(output->out));
    KLD_CHECK(read_environments(reader, image, system));
    return system;
}

System read_directory(Files& files, const std::string& path) {
    auto root = path;
    while (root.size() > 1 && root.ends_with('/')) root.pop_back();
    System system{path, Kind::directory};
    system.environments.push_back(read_environment(Tree(files, root), nullptr));
    return system;
}

}  // namespace kld::check
