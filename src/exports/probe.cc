// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "be/trial.h"
#include "boot/trial.h"
#include "esp/partition.h"
#include "exports/identity.h"
#include "exports/world.h"
#include "zfs/query.h"

namespace kld::exports {
namespace {

/// Pool properties that a copy can be given; the others say how this pool is, or are decided here.
const std::vector<std::string> kOfPool{"autoexpand", "autoreplace", "autotrim",      "comment",
                                       "delegation", "failmode",    "listsnapshots", "multihost"};

bool is_there(Files& files, const std::string& program) {
    const std::vector<std::string> places{"/usr/sbin/", "/usr/bin/",        "/sbin/",
                                          "/bin/",      "/usr/local/sbin/", "/usr/local/bin/"};
    return std::any_of(places.begin(), places.end(), [&](const auto& place) { return files.exists(place + program); });
}

std::vector<std::string> missing_programs(Files& files, const Wish& wish, const World& world) {
    std::vector<std::string> needed{"zfs", "zpool", "sfdisk", "losetup", "mkfs.vfat", "mmd", "mcopy"};
    if (wish.format == image::Format::qcow2 || wish.format == image::Format::vhd) needed.emplace_back("qemu-img");
    if (wish.format == image::Format::ova) needed.emplace_back("sha256sum");
    if (!wish.keep_identity && !world.first_boot && world.host_keys) needed.emplace_back("ssh-keygen");
    std::erase_if(needed, [&](const auto& program) { return is_there(files, program); });
    return needed;
}

Status read_pool(Runner& runner, World& world) {
    KLD_TRY(const auto output,
            runner.run({.argv = {"zpool", "get", "-Hp", "-o", "property,value,source", "all", world.pool}}));
    for (const auto& line : lines(output.out)) {
        const auto fields = split(line, '\t');
        if (fields.size() != 3) return fail("zpool get printed a line without three fields: '" + line + "'");
        const auto &name = fields[0], &value = fields[1];
        constexpr std::string_view kFeature = "feature@";
        if (name.starts_with(kFeature)) {
            if (value == "enabled" || value == "active") world.features.push_back(name.substr(kFeature.size()));
        } else if (name == "compatibility") {
            if (value != "off" && value != "-") world.compatibility = value;
        } else if (name == "ashift") {
            world.ashift = static_cast<unsigned>(zfs::number(value));
        } else if (fields[2] == "local" && (contains(kOfPool, name) || name.find(':') != std::string::npos)) {
            world.pool_own.emplace_back(name, value);
        }
    }
    return {};
}

Status read_datasets(Runner& runner, World& world) {
    const std::vector<std::string> types{"filesystem", "volume"};
    KLD_TRY(world.datasets,
            zfs::get(runner, {.root = world.pool,
                              .types = types,
                              .properties = {"type", "used", "referenced", "mountpoint", "canmount", "encryption",
                                             "encryptionroot", "keystatus", "org.zfsbootmenu:active"}}));
    KLD_TRY(const auto own,
            zfs::get(runner,
                     {.root = world.pool, .types = types, .properties = {"all"}, .sources = {"local", "received"}}));
    for (const auto& dataset : own)
        for (const auto& [name, property] : dataset.properties)
            world.own[dataset.name].emplace_back(name, property.value);
    return {};
}

/// Every file below `directory` of the partition at `place`.
Status list_esp(Files& files, const std::string& place, const std::string& directory,
                std::vector<image::EspFile>& found) {
    KLD_TRY(const auto names, files.list(directory.empty() ? place : place + "/" + directory));
    for (const auto& name : names) {
        const auto path = directory.empty() ? name : directory + "/" + name;
        const auto kind = files.kind(place + "/" + path);
        if (kind == FileKind::directory) KLD_CHECK(list_esp(files, place, path, found));
        // A trial is about this machine's environments.
        const bool is_trial =
            std::find(boot::kTrialSlots.begin(), boot::kTrialSlots.end(), path) != boot::kTrialSlots.end();
        if (kind == FileKind::regular && !is_trial) found.push_back({place + "/" + path, path});
    }
    return {};
}

/// `lsblk --pairs`: NAME="value" …
std::map<std::string, std::string> parse_pairs(std::string_view line) {
    std::map<std::string, std::string> pairs;
    while (!line.empty()) {
        const auto equals = line.find("=\"");
        if (equals == std::string_view::npos) break;
        const auto end = line.find('"', equals + 2);
        if (end == std::string_view::npos) break;
        pairs[std::string(trim(line.substr(0, equals)))] = line.substr(equals + 2, end - equals - 2);
        line.remove_prefix(end + 1);
    }
    return pairs;
}

Status read_esp(Runner& runner, Files& files, World& world) {
    auto& esp = world.esp;
    KLD_TRY(const auto held, esp::hold_esp(files));
    KLD_TRY(esp.place, be::esp_place(world.mounts));
    esp.device = zfs::mount_of(world.mounts, esp.place)->source;
    KLD_TRY(const auto printed, runner.run({.argv = {"lsblk", "--bytes", "--nodeps", "--noheadings", "--pairs",
                                                     "--output", "SIZE,PARTUUID,PTUUID,UUID", esp.device}}));
    auto pairs = parse_pairs(trim(printed.out));
    KLD_TRY(esp.size, parse_number(pairs["SIZE"]));
    esp.partuuid = pairs["PARTUUID"], esp.disk_guid = pairs["PTUUID"], esp.volume_id = pairs["UUID"];
    return list_esp(files, esp.place, {}, esp.files);
}

Status read_place(Runner& runner, Files& files, const Wish& wish, World& world) {
    const auto directory = directory_of(wish.output);
    world.output_kind = files.kind(wish.output);
    world.partial_kind = files.kind(work_of(wish));
    world.directory_kind = files.kind(directory);
    if (world.directory_kind != FileKind::directory) return {};
    if (const auto* mount = zfs::mount_of(world.mounts, directory)) world.output_mount = mount->source;
    KLD_TRY(const auto printed, runner.run({.argv = {"df", "--output=avail", "--block-size=1", directory}}));
    const auto rows = lines(printed.out);
    KLD_TRY(world.free, parse_number(rows.empty() ? "" : trim(rows.back())));
    return {};
}

}  // namespace

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string work_of(const Wish& wish) {
    return wish.output + ".partial";
}

Result<World> probe(Runner& runner, Files& files, const Wish& wish) {
    World world;
    KLD_TRY(world.mounts, zfs::read_mounts(files));
    world.running = zfs::dataset_at(world.mounts, "/");
    if (world.running.empty() || world.running.find('/') == std::string::npos)
        return fail("the root file system is no dataset below a pool", "kexport is for systems with ZFS on root",
                    ExitCode::refused);
    world.pool = boot::pool_of(world.running);
    KLD_CHECK(read_pool(runner, world));
    KLD_CHECK(read_datasets(runner, world));
    KLD_CHECK(read_esp(runner, files, world));
    KLD_CHECK(read_place(runner, files, wish, world));
    // A system without the file mounts nothing by it.
    if (files.exists("/etc/fstab")) {
        KLD_TRY(world.fstab, files.read("/etc/fstab"));
    }
    if (files.exists("/etc/hostname")) {
        KLD_TRY(const auto name, files.read("/etc/hostname"));
        world.hostname = trim(name);
    }
    world.first_boot = files.exists(kFirstBootProgram);
    if (const auto names = files.list("/etc/ssh"))
        world.host_keys = std::any_of(names->begin(), names->end(),
                                      [](const auto& name) { return name.starts_with(kHostKeyPrefix); });
    for (const std::string directory : {"/etc/dropbear", "/etc/dropbear/initramfs", "/etc/dropbear-initramfs"})
        if (const auto names = files.list(directory))
            if (std::any_of(names->begin(), names->end(), [](const auto& name) { return name.ends_with("_host_key"); }))
                world.dropbear.push_back(directory);
    world.missing = missing_programs(files, wish, world);
    world.now = std::time(nullptr);
    return world;
}

}  // namespace kld::exports
