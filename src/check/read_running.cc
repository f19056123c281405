// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "boot/environments.h"
#include "check/sources.h"

namespace kld::check {
namespace {

using nlohmann::json;

constexpr const char* kProperties =
    "canmount,mountpoint,readonly,origin,encryption,keyformat,keylocation,encryptionroot,defer_destroy,"
    "org.zfsbootmenu:active,org.zfsbootmenu:kernel,org.zfsbootmenu:commandline,org.zfsbootmenu:rootprefix";

Result<std::vector<boot::Dataset>> read_datasets(Runner& runner, const std::string& pool, const std::string& type) {
    KLD_TRY(const auto output, runner.run({.argv = {"zfs", "get", "-Hp", "-r", "-t", type, "-o",
                                                    "name,property,value,source", kProperties, pool}}));
    return boot::parse_datasets(output.out, kProperties);
}

Result<Pool> read_pool(Runner& runner, const std::string& name) {
    Pool pool{name};
    KLD_TRY(const auto output, runner.run({.argv = {"zpool", "get", "-Hp", "-o", "property,value", "all", name}}));
    for (const auto& line : lines(output.out))
        if (const auto fields = split(line, '\t'); fields.size() == 2) pool.properties[fields[0]] = fields[1];
    KLD_TRY(pool.datasets, read_datasets(runner, name, "filesystem"));
    KLD_TRY(pool.snapshots, read_datasets(runner, name, "snapshot"));
    return pool;
}

/// What is mounted last at a place counts, and below it systemd may have its automount; nullptr: nothing but that.
const json* last_mounted(const json& filesystems) {
    const json* last = nullptr;
    for (const auto& one : filesystems)
        if (one.is_object() && one.value("fstype", json()) != "autofs") last = &one;
    return last;
}

/// What findmnt says about a mounted EFI system partition.
void read_mounted_esp(Runner& runner, Files& files, System& system) {
    for (const auto* place : {"/boot/efi", "/efi"}) {
        // An automount mounts when somebody looks.
        [[maybe_unused]] const auto names = files.list(place);
        const auto output = runner.run(
            {.argv = {"findmnt", "--json", "--bytes", "--mountpoint", place, "--output", "FSTYPE,UUID,PARTUUID,AVAIL"},
             .accept = [](int code) { return code == 0 || code == 1; }});
        if (!output) continue;
        const auto parsed = json::parse(output->out, nullptr, false);
        if (!parsed.is_object() || !parsed.contains("filesystems")) continue;
        const auto* mounted = last_mounted(parsed["filesystems"]);
        if (mounted == nullptr) continue;
        const auto& found = *mounted;
        const auto text = [&](const char* name) {
            const auto at = found.find(name);
            return at != found.end() && at->is_string() ? at->get<std::string>() : std::string();
        };
        Esp esp{Tree(files, place), text("fstype"), text("uuid"), text("partuuid"), 0, false};
        if (const auto free = found.find("avail"); free != found.end() && free->is_number())
            esp.free = free->get<std::uint64_t>();
        else if (const auto number = parse_number(text("avail")))
            esp.free = *number;
        system.esp = std::move(esp);
        return;
    }
    system.unread = "nothing is mounted on /boot/efi or /efi";
}

}  // namespace

Result<System> read_running(Runner& runner, Files& files) {
    System system{"/", Kind::running};
    KLD_TRY(const auto mount, runner.run({.argv = {"findmnt", "--noheadings", "--output", "FSTYPE,SOURCE", "/"}}));
    const auto fields = words(trim(mount.out));
    if (fields.size() != 2 || fields[0] != "zfs")
        return fail("the root file system is not ZFS", "name an image, a disk or a directory to check",
                    ExitCode::usage);
    KLD_TRY(system.pool, read_pool(runner, boot::pool_of(fields[1])));
    if (const auto text = files.read("/sys/module/spl/parameters/spl_hostid"))
        if (const auto number = parse_number(trim(*text)); number && *number != 0)
            system.running_hostid = static_cast<std::uint32_t>(*number);
    read_mounted_esp(runner, files, system);
    system.environments.push_back(
        read_environment(Tree(files, ""), boot::find_dataset(system.pool->datasets, fields[1])));
    return system;
}

}  // namespace kld::check
