// SPDX-License-Identifier: BSD-3-Clause
#include "modules/provide.h"

#include <fmt/core.h>

#include "base/lock.h"
#include "digest/sha256.h"

namespace kld::modules {
namespace {

Result<ModulePackage> build(Files& files, Events& events, const Request& request, const std::string& directory) {
    const auto& certificate = request.key.certificate();
    KLD_TRY(const auto tree, request.builder_tree());
    KLD_TRY(const auto built, build_modules(files, events, tree, request.wish, request.key));
    KLD_TRY(const auto plan, plan_package(built, request.wish, request.architecture, certificate));

    ModulePackage package;
    KLD_TRY(package.path, request.pack(plan, directory));
    KLD_TRY(const auto deb, files.read(package.path));
    package.sha256 = sha256_hex(deb);
    package.name = plan.name;
    package.version = plan.version;
    package.wish = request.wish;
    package.signer = certificate.subject();
    package.fingerprint = certificate.fingerprint();
    for (const auto& module : built.modules) {
        const auto path = fmt::format("{}/{}.ko", directory, module.name);
        KLD_CHECK(files.write(path, module.bytes));
        package.modules.push_back({module.name, path, module.version, module.vermagic, sha256_hex(module.bytes)});
    }
    KLD_CHECK(write_record(files, directory, package));
    return package;
}

}  // namespace

Result<ModulePackage> provide(Files& files, Events& events, const Request& request) {
    KLD_CHECK(files.make_directories(request.cache_directory));
    const auto fingerprint = request.key.certificate().fingerprint();
    const auto entry =
        fmt::format("{}/{}", request.cache_directory, cache_key(request.wish, request.architecture, fingerprint));
    KLD_TRY(const auto lock, Lock::wait_for(entry + ".lock"));
    KLD_TRY(auto cached, find_cached(files, events, entry));
    if (cached) {
        events.note(fmt::format("modules for {} come from the cache", request.wish.kernel));
        return *std::move(cached);
    }

    const auto partial = entry + ".partial";
    KLD_CHECK(files.remove(partial));
    KLD_CHECK(files.make_directories(partial));
    auto built = build(files, events, request, partial);
    if (!built) {
        KLD_CHECK(files.remove(partial));
        return fail(
            std::move(built.error()).within(fmt::format("cannot make the ZFS modules for {}", request.wish.kernel)));
    }
    KLD_CHECK(files.rename(partial, entry));
    // Found again as the next caller will find it: what cannot be read back was not stored.
    KLD_TRY(auto stored, find_cached(files, events, entry));
    if (!stored) return fail(fmt::format("the modules for {} could not be stored in {}", request.wish.kernel, entry));
    stored->from_cache = false;
    return *std::move(stored);
}

}  // namespace kld::modules
