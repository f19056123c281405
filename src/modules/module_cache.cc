// SPDX-License-Identifier: BSD-3-Clause
#include "modules/module_cache.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "digest/sha256.h"
#include "modules/module_package.h"

namespace kld::modules {
namespace {

using Json = nlohmann::json;

constexpr int kRecordVersion = 1;

std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

/// The file named in the record, as a path in `directory`. A name that leads elsewhere or bytes that differ are an
/// error.
Result<std::string> proven_file(Files& files, const std::string& directory, const std::string& name,
                                const std::string& sha256) {
    if (name.empty() || name.find('/') != std::string::npos) return fail(fmt::format("it names the file \"{}\"", name));
    auto path = directory + "/" + name;
    KLD_TRY(const auto bytes, files.read(path));
    if (sha256_hex(bytes) != sha256) return fail(fmt::format("{} is not what was stored", name));
    return path;
}

Result<ModulePackage> read_record(Files& files, const std::string& directory) {
    KLD_TRY(const auto text, files.read(directory + "/record.json"));
    const auto json = Json::parse(text, nullptr, false);
    if (json.is_discarded() || !json.is_object() || json.value("version", 0) != kRecordVersion)
        return fail("record.json is damaged or of another version");
    ModulePackage package;
    std::string file;
    try {
        package.wish = {json.at("kernel"), json.at("kernel_package"), json.at("kernel_version"),
                        json.at("zfs_version")};
        package.signer = json.at("signer").at("name");
        package.fingerprint = json.at("signer").at("sha256");
        const auto& stored = json.at("package");
        package.name = stored.at("name");
        package.version = stored.at("version");
        package.sha256 = stored.at("sha256");
        file = stored.at("file");
        for (const auto& module : json.at("modules"))
            package.modules.push_back({module.at("name"), module.at("file"), module.at("version"),
                                       module.at("vermagic"), module.at("sha256")});
    } catch (const Json::exception&) {
        return fail("record.json lacks a field");
    }
    KLD_TRY(package.path, proven_file(files, directory, file, package.sha256));
    for (auto& module : package.modules) {
        KLD_TRY(module.path, proven_file(files, directory, module.path, module.sha256));
    }
    package.from_cache = true;
    return package;
}

}  // namespace

std::string cache_key(const ModuleWish& wish, const std::string& architecture, const std::string& fingerprint) {
    return sha256_hex(join({wish.kernel, wish.kernel_package, wish.kernel_version, wish.zfs_version, architecture,
                            fingerprint, fmt::format("{}", kRecipeRevision)},
                           "\n"));
}

Status write_record(Files& files, const std::string& directory, const ModulePackage& package) {
    auto modules = Json::array();
    for (const auto& module : package.modules)
        modules.push_back({{"name", module.name},
                           {"file", file_name(module.path)},
                           {"version", module.version},
                           {"vermagic", module.vermagic},
                           {"sha256", module.sha256}});
    const Json json{{"version", kRecordVersion},
                    {"kernel", package.wish.kernel},
                    {"kernel_package", package.wish.kernel_package},
                    {"kernel_version", package.wish.kernel_version},
                    {"zfs_version", package.wish.zfs_version},
                    {"signer", {{"name", package.signer}, {"sha256", package.fingerprint}}},
                    {"package",
                     {{"name", package.name},
                      {"version", package.version},
                      {"file", file_name(package.path)},
                      {"sha256", package.sha256}}},
                    {"modules", modules}};
    constexpr int kIndent = 2;
    return files.write(directory + "/record.json",
                       json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<std::optional<ModulePackage>> find_cached(Files& files, Events& events, const std::string& directory) {
    if (!files.exists(directory)) return std::optional<ModulePackage>{};
    auto package = read_record(files, directory);
    if (package) return *std::move(package);
    events.warning(fmt::format("the cached module package in {} is damaged and is dropped: {}", directory,
                               package.error().message));
    KLD_CHECK(files.remove(directory));
    return std::optional<ModulePackage>{};
}

}  // namespace kld::modules
