// SPDX-License-Identifier: BSD-3-Clause
#include "catalog/catalog.h"

#include <fmt/core.h>

#include "catalog/entries.h"
#include "catalog/toml_reader.h"
#include "digest/sha256.h"

namespace kld::catalog {
namespace {

Result<ModuleModel> module_model(const std::string& word, const std::string& path) {
    for (const auto model : {ModuleModel::built, ModuleModel::dkms, ModuleModel::vendor, ModuleModel::none})
        if (word == name_of(model)) return model;
    return fail(fmt::format("{}: zfs.modules is '{}'", path, word), "write built, dkms, vendor or none",
                ExitCode::usage);
}

}  // namespace

const char* name_of(ModuleModel model) {
    switch (model) {
        case ModuleModel::built:
            return "built";
        case ModuleModel::dkms:
            return "dkms";
        case ModuleModel::vendor:
            return "vendor";
        case ModuleModel::none:
            return "none";
    }
    return "";
}

Result<Distro> parse_distro(const std::string& text, const std::string& path) {
    KLD_TRY(auto reader, TomlReader::parse(text, path));
    Distro distro;
    distro.id = reader.text("id");
    distro.name = reader.text("name");
    distro.family = reader.text("family");
    distro.suite = reader.text("packages.suite");
    distro.updates = reader.list("packages.updates");
    distro.security = reader.text("packages.security");
    distro.components = reader.list("packages.components");
    distro.keyring = reader.text("packages.keyring");
    distro.target_sources = reader.text("packages.target_sources");
    distro.variant = reader.text("packages.variant");
    distro.kernel_package = reader.text("kernel.package");
    distro.headers_package = reader.text("kernel.headers");
    const auto models = reader.list("zfs.modules");
    distro.zfs_source = reader.text("zfs.source");
    distro.zfs_packages = reader.list("zfs.packages");
    distro.compatibility = reader.text("zfs.compatibility");
    distro.initramfs = reader.list("initramfs.generators");
    for (const auto& generator : distro.initramfs)
        distro.initramfs_packages[generator] = reader.list("initramfs.packages." + generator);
    distro.loaders = reader.list("boot.loaders");
    distro.command_line = reader.text("boot.command_line");
    distro.cim_os_type = reader.number("ovf.cim_os_type");
    distro.vmware_os_type = reader.text("ovf.vmware_os_type");
    KLD_CHECK(reader.finish());
    for (const auto& word : models) {
        KLD_TRY(const auto model, module_model(word, path));
        distro.modules.push_back(model);
    }
    for (const auto& [empty, key] :
         {std::pair(models.empty(), "zfs.modules"), std::pair(distro.initramfs.empty(), "initramfs.generators"),
          std::pair(distro.loaders.empty(), "boot.loaders")})
        if (empty) return fail(fmt::format("{}: {} is empty", path, key), "name at least one", ExitCode::usage);
    distro.digest = sha256_hex(text);
    return distro;
}

Result<Profile> parse_profile(const std::string& text, const std::string& path) {
    KLD_TRY(auto reader, TomlReader::parse(text, path));
    Profile profile;
    profile.id = reader.text("id");
    profile.description = reader.text("description");
    profile.network = reader.text("network");
    profile.ssh = reader.flag("ssh");
    for (const auto& family : reader.keys("packages")) profile.packages[family] = reader.list("packages." + family);
    KLD_CHECK(reader.finish());
    if (profile.network != "ifupdown" && profile.network != "networkmanager")
        return fail(fmt::format("{}: network is '{}'", path, profile.network), "write ifupdown or networkmanager",
                    ExitCode::usage);
    profile.digest = sha256_hex(text);
    return profile;
}

Result<Distro> find_distro(Files& files, const std::string& directory, const std::string& id) {
    KLD_TRY(const auto text, read_entry(files, directory + "/distros", "distribution", id));
    return parse_distro(text, fmt::format("{}/distros/{}.toml", directory, id));
}

Result<Profile> find_profile(Files& files, const std::string& directory, const std::string& id) {
    KLD_TRY(const auto text, read_entry(files, directory + "/profiles", "profile", id));
    return parse_profile(text, fmt::format("{}/profiles/{}.toml", directory, id));
}

}  // namespace kld::catalog
