// SPDX-License-Identifier: BSD-3-Clause
#include "modules/module_build.h"

#include <fmt/core.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <set>

#include "base/text.h"
#include "modules/compression.h"
#include "modules/kernel_module.h"
#include "modules/module_signature.h"

namespace kld::modules {
namespace {

using Paths = std::map<std::string, std::string>;  ///< module name → file in the tree

/// "1:2.3.9-0+deb13u1" → "2.3.9"
std::string_view upstream(std::string_view version) {
    if (const auto colon = version.find(':'); colon != std::string_view::npos) version.remove_prefix(colon + 1);
    return version.substr(0, version.rfind('-'));
}

/// Bundled libraries put their own version in front: zzstd of OpenZFS 2.1 says "1.4.5a-2.1.11-1+deb12u1".
bool same_release(std::string_view module_version, std::string_view zfs_version) {
    return upstream(module_version) == upstream(zfs_version) ||
           module_version.ends_with("-" + std::string(zfs_version));
}

Status check_installed(Files& files, const BuilderTree& tree, const ModuleWish& wish) {
    KLD_TRY(const auto status, files.read(tree.root + "/var/lib/dpkg/status"));
    const std::pair<std::string, std::string> wanted[] = {{wish.kernel_package, wish.kernel_version},
                                                          {"zfs-dkms", wish.zfs_version}};
    for (const auto& [package, version] : wanted) {
        const auto there = installed_version(status, package);
        if (there == version) continue;
        return fail(fmt::format("the builder tree has {} {}, wanted is {}", package,
                                there.empty() ? "not installed" : there, version),
                    "make the builder tree anew from the same package lists");
    }
    return {};
}

/// dkms puts its modules into updates/dkms; a tree with packages of our own may have updates/kldload beside it, which
/// is not meant.
Paths find_built(Files& files, const std::string& directory) {
    Paths found;
    const auto built = directory + "/updates/dkms";
    const auto names = files.list(built);
    if (!names) return found;
    for (const auto& name : *names)
        if (const auto dot = name.find(".ko"); dot != std::string::npos)
            found[name.substr(0, dot)] = built + "/" + name;
    return found;
}

Result<Paths> compile(Files& files, Events& events, const BuilderTree& tree, const ModuleWish& wish,
                      const std::string& directory) {
    KLD_TRY(const auto source, dkms_source_version(files, tree.root));
    events.note(fmt::format("compiling OpenZFS {} for {}", source, wish.kernel));
    // Its exit code is no proof in either direction: success is a file.
    const auto output = tree.inside->run({.argv = {"dkms", "install", "zfs/" + source, "-k", wish.kernel},
                                          .timeout = std::chrono::hours(2),
                                          .accept = [](int) { return true; }});
    auto found = find_built(files, directory);
    if (found.contains("zfs")) return found;

    Error error{fmt::format("OpenZFS {} was not built for the kernel {}: there is no zfs.ko", source, wish.kernel)};
    if (output) {
        error.details.push_back(
            fmt::format("dkms install zfs/{} -k {} → exit {}", source, wish.kernel, output->exit_code));
        for (const auto& line : last_lines(output->out + output->err, 10))
            if (!trim(line).empty()) error.details.push_back(line);
        error.hint = files.exists(directory + "/build")
                         ? "this OpenZFS may not know this kernel yet: choose an older kernel or a newer OpenZFS"
                         : fmt::format("the headers are missing: install linux-headers-{}", wish.kernel);
    } else {
        error.details.push_back(output.error().message);
        for (const auto& line : output.error().details) error.details.push_back(line);
        error.hint = "the compiler could not be run to its end; build again";
    }
    for (auto& line : compiler_log(files, tree.root, source, wish.kernel)) error.details.push_back(std::move(line));
    return fail(std::move(error));
}

/// zfs and, from there, every dependency that was built with it; the rest belongs to the kernel.
Result<std::map<std::string, std::string>> collect(Files& files, const Paths& built, const ModuleWish& wish) {
    std::map<std::string, std::string> plain;
    std::vector<std::string> open{"zfs", "spl"};
    while (!open.empty()) {
        const auto name = open.back();
        open.pop_back();
        if (plain.contains(name)) continue;
        const auto path = built.find(name);
        if (path == built.end()) {
            if (name != "zfs" && name != "spl") continue;
            return fail(fmt::format("the build for {} made no {}.ko", wish.kernel, name),
                        "remove the builder tree and build again");
        }
        KLD_TRY(const auto packed, files.read(path->second));
        auto bytes = unpack_module(packed);
        if (!bytes) return fail(std::move(bytes.error()).within(path->second));
        auto facts = inspect_module(*bytes);
        if (!facts) return fail(std::move(facts.error()).within(path->second));
        for (auto& dependency : facts->depends) open.push_back(std::move(dependency));
        plain[name] = *std::move(bytes);
    }
    return plain;
}

/// modules.builtin is the kernel package's own file, never touched by depmod.
long packaged_at(const std::string& directory) {
    std::error_code error;
    const auto time = std::filesystem::last_write_time(directory + "/modules.builtin", error);
    if (error) return 0;
    const auto since = std::chrono::file_clock::to_sys(time).time_since_epoch();
    return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

Result<std::string> without_debug_info(Files& files, const BuilderTree& tree, const std::string& name,
                                       std::string bytes) {
    const auto inside = fmt::format("/tmp/kldload-{}.ko", name);
    const auto outside = tree.root + inside;
    KLD_CHECK(files.write(outside, bytes));
    KLD_CHECK(tree.inside->run({.argv = {"strip", "--strip-debug", inside}}));
    KLD_TRY(auto stripped, files.read(outside));
    KLD_CHECK(files.remove(outside));
    return stripped;
}

}  // namespace

Status check_module(std::string_view bytes, const std::string& name, const ModuleWish& wish,
                    const Certificate& certificate) {
    auto module = inspect_module(bytes);
    if (!module) return fail(std::move(module.error()).within(name + ".ko"));
    if (module->release() != wish.kernel)
        return fail(
            fmt::format("{}.ko was built for the kernel \"{}\", not for {}", name, module->release(), wish.kernel),
            "remove the builder tree and build again with the headers of this kernel");
    if (!same_release(module->version, wish.zfs_version))
        return fail(
            fmt::format("{}.ko has version \"{}\", the source is zfs-dkms {}", name, module->version, wish.zfs_version),
            "remove the builder tree and build again");
    KLD_TRY(const auto plain, unpack_module(bytes));
    auto verified = verify_signature(plain, certificate);
    if (!verified) return fail(std::move(verified.error()).within(name + ".ko"));
    return {};
}

Result<BuiltModules> build_modules(Files& files, Events& events, const BuilderTree& tree, const ModuleWish& wish,
                                   const SigningKey& key) {
    KLD_CHECK(check_installed(files, tree, wish));
    KLD_TRY(const auto directory, modules_directory(files, tree.root, wish.kernel));
    auto paths = find_built(files, directory);
    if (!paths.contains("zfs")) {
        KLD_TRY(paths, compile(files, events, tree, wish, directory));
    }
    KLD_TRY(auto plain, collect(files, paths, wish));

    BuiltModules built;
    KLD_TRY(const auto list, files.read(fmt::format("{}/var/lib/dpkg/info/{}.list", tree.root, wish.kernel_package)));
    built.layout = module_layout(list);
    built.epoch = packaged_at(directory);
    for (auto& [name, found] : plain) {
        KLD_TRY(auto bytes, strip_signature(found));
        KLD_TRY(const auto facts, inspect_module(bytes));
        if (facts.has_debug_info) {
            KLD_TRY(bytes, without_debug_info(files, tree, name, std::move(bytes)));
        }
        KLD_TRY(bytes, sign_module(bytes, key));
        KLD_CHECK(check_module(bytes, name, wish, key.certificate()));
        built.modules.push_back({name, std::move(bytes), facts.version, facts.vermagic});
    }
    return built;
}

}  // namespace kld::modules
