// SPDX-License-Identifier: BSD-3-Clause
#include "datasets/world.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "boot/environments.h"
#include "zfs/names.h"
#include "zfs/properties.h"
#include "zfs/query.h"

namespace kld::datasets {
namespace {

const std::vector<std::string> kProperties{"name",          "type",   "mountpoint", "canmount",
                                           "keystatus",     "origin", "written",    "org.zfsbootmenu:active",
                                           zfs::kUnfinished};

zfs::Query all_datasets() {
    return {.root = {}, .types = {"filesystem", "volume"}, .properties = kProperties, .recursive = false};
}

bool is_below(const std::string& path, const std::string& parent) {
    return parent == "/" ? path.size() > 1 : path.starts_with(parent + "/");
}

/// Datasets that a path may lie under: mounted where they say, or only there to hand their mountpoint down.
bool gives_mountpoints(const World& world, const boot::Dataset& dataset) {
    const auto& mountpoint = dataset.value("mountpoint");
    if (dataset.value("type") != "filesystem" || !mountpoint.starts_with('/')) return false;
    if (dataset.value("keystatus") == "unavailable" || world.in_environment(dataset.name)) return false;
    return dataset.value("canmount") == "off" || zfs::dataset_at(world.mounts, mountpoint) == dataset.name;
}

/// The mounted one of two for the same place, else the one that is deeper in the file system.
bool is_nearer(const World& world, const boot::Dataset& one, const boot::Dataset& other) {
    const auto &left = one.value("mountpoint"), &right = other.value("mountpoint");
    if (left != right) return left.size() > right.size();
    return zfs::dataset_at(world.mounts, left) == one.name && zfs::dataset_at(world.mounts, right) != other.name;
}

}  // namespace

bool World::in_environment(const std::string& dataset) const {
    return std::any_of(datasets.begin(), datasets.end(), [&](const boot::Dataset& other) {
        return boot::is_boot_environment(other) && (dataset == other.name || dataset.starts_with(other.name + "/"));
    });
}

Command probe_command() {
    return zfs::list_command(all_datasets());
}

Result<World> parse_world(std::string_view output, Files& files) {
    World world;
    KLD_TRY(world.mounts, zfs::read_mounts(files));
    KLD_TRY(const auto rows, zfs::parse_list(all_datasets(), output));
    for (const auto& row : rows) {
        boot::Dataset dataset{row[0], {}};
        for (std::size_t i = 1; i < kProperties.size(); ++i) dataset.properties[kProperties[i]] = {row[i], {}};
        world.datasets.push_back(std::move(dataset));
    }
    return world;
}

Result<World> probe(Runner& runner, Files& files) {
    KLD_TRY(const auto output, runner.run(probe_command()));
    return parse_world(output.out, files);
}

std::vector<std::string> decisive_names(const std::vector<zfs::Mount>& mounts, const std::string& pool,
                                        const std::string& path) {
    const auto parent = zfs::dataset_at(mounts, zfs::parent_directory(path));
    if (parent.empty() || parent.find('@') != std::string::npos || boot::pool_of(parent) != pool) return {};
    // Below a boot environment nothing is made. Of those of the running pool it is known where they are.
    const auto running = zfs::dataset_at(mounts, "/");
    if (boot::pool_of(running) != pool || zfs::lies_in(parent, boot::parent_of(running))) return {};
    return {parent, parent + path.substr(path.rfind('/'))};
}

std::optional<boot::Dataset> parent_by(const boot::Dataset& child) {
    const auto mountpoint = child.properties.find("mountpoint");
    if (mountpoint == child.properties.end() || !mountpoint->second.value.starts_with('/')) return std::nullopt;
    const auto& source = mountpoint->second.source;
    if (source != "default" && !source.starts_with("inherited")) return std::nullopt;
    return boot::Dataset{
        boot::parent_of(child.name),
        {{"type", {"filesystem", "-"}}, {"mountpoint", {zfs::parent_directory(mountpoint->second.value), "-"}}}};
}

bool is_decided(const World& world, const std::string& path) {
    const auto directory = zfs::parent_directory(path);
    const auto* parent = world.find(zfs::dataset_at(world.mounts, directory));
    return parent != nullptr && parent->value("mountpoint") == directory && gives_mountpoints(world, *parent);
}

Result<Home> home_of(const World& world, const std::string& pool, const std::string& path) {
    const boot::Dataset* nearest = nullptr;
    for (const auto& dataset : world.datasets) {
        if (boot::pool_of(dataset.name) != pool || !gives_mountpoints(world, dataset)) continue;
        if (!is_below(path, dataset.value("mountpoint"))) continue;
        if (nearest == nullptr || is_nearer(world, dataset, *nearest)) nearest = &dataset;
    }
    const auto above = nearest == nullptr ? "/" : nearest->value("mountpoint");
    const auto rest = path.substr(above == "/" ? 1 : above.size() + 1);
    Home home;
    home.dataset = fmt::format("{}/{}", nearest == nullptr ? pool : nearest->name, replace_all(rest, "/", "_"));
    if (nearest == nullptr || zfs::parent_directory(path) != above) home.mountpoint = path;
    for (const auto& part : split(rest, '/')) KLD_CHECK(zfs::check_component(part, "dataset"));
    KLD_CHECK(zfs::check_length(home.dataset));
    home.there = world.find(home.dataset);
    return home;
}

Status expect_new(const Home& home) {
    if (home.there == nullptr) return {};
    return fail(
        fmt::format("there is already a dataset {}", home.dataset),
        fmt::format("zfs mount {} if it is the one that you mean; else choose another path", shell_quote(home.dataset)),
        ExitCode::refused);
}

Status expect_outside_the_system(const std::string& path) {
    if (path == "/usr/local" || is_below(path, "/usr/local")) return {};
    for (const auto* part : {"/usr", "/etc", "/boot", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
                             "/var/lib/dpkg", "/var/lib/apt", "/var/lib/rpm", "/var/lib/pacman", "/var/lib/dnf"})
        // What holds one of them would take it along: /var/lib.
        if (path == part || is_below(path, part) || is_below(part, path))
            return fail(fmt::format("{} belongs to the boot environment: {} is never a dataset of its own", path, part),
                        "choose a place outside of it: what lies there would not go back with the system",
                        ExitCode::refused);
    return {};
}

}  // namespace kld::datasets
