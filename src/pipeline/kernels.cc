// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/kernels.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "family/apt/repository.h"
#include "modules/module_cache.h"
#include "pipeline/feature_package.h"
#include "pipeline/packages.h"

namespace kld::pipeline {
namespace {

struct Offer {
    Archive archive;
    std::vector<apt::OfferedKernel> kernels;
};

Result<Offer> open_offer(Build& build, const std::string& id) {
    KLD_TRY(const auto distro, catalog::find_distro(build.files, build.places.data + "/catalog", id));
    build.events.stage("package archive");
    KLD_TRY(auto archive, open_archive(build, distro));
    KLD_TRY(const auto lock, lock_lists(build, archive.lists));
    KLD_TRY(auto kernels, apt::offered_kernels(build.runner, archive.lists, distro.kernel_package));
    return Offer{std::move(archive), std::move(kernels)};
}

Result<std::vector<apt::OfferedKernel>> choose(const Offer& offer, const KernelChoice& choice) {
    if (choice.all) return offer.kernels;
    auto wanted = choice.releases;
    if (wanted.empty()) wanted.push_back(offer.archive.resolved.kernel);
    std::vector<apt::OfferedKernel> chosen;
    for (const auto& release : wanted) {
        const auto at = std::find_if(offer.kernels.begin(), offer.kernels.end(),
                                     [&](const apt::OfferedKernel& kernel) { return kernel.release == release; });
        if (at != offer.kernels.end()) {
            chosen.push_back(*at);
            continue;
        }
        std::vector<std::string> known;
        for (const auto& kernel : offer.kernels) known.push_back(kernel.release);
        return fail(fmt::format("the archive of {} has no kernel {}", offer.archive.distro.name, release),
                    "known: " + join(known, ", "), ExitCode::usage);
    }
    return chosen;
}

/// The archive as if this were its newest kernel.
Archive with_kernel(const Archive& archive, const apt::OfferedKernel& kernel) {
    auto other = archive;
    other.resolved.kernel = kernel.release;
    other.resolved.kernel_package = kernel.package;
    other.resolved.kernel_version = kernel.version;
    return other;
}

Result<std::vector<std::string>> build_chosen(Build& build, const Offer& offer,
                                              const std::vector<apt::OfferedKernel>& chosen) {
    KLD_TRY(const auto key, builder_key(build));
    std::vector<std::string> packages;
    for (const auto& kernel : chosen) {
        build.events.stage("ZFS modules for " + kernel.release);
        KLD_TRY(const auto package, module_package(build, with_kernel(offer.archive, kernel), key));
        packages.push_back(package.path);
    }
    return packages;
}

/// Those of all features: a machine takes what it has.
Status add_feature_packages(Build& build, std::vector<std::string>& packages) {
    const auto catalogue = build.places.data + "/catalog";
    KLD_TRY(const auto ids, catalog::feature_ids(build.files, catalogue));
    for (const auto& id : ids) {
        KLD_TRY(const auto feature, catalog::find_feature(build.files, catalogue, id));
        if (!feature.files && feature.program.empty()) continue;
        KLD_TRY(auto package, feature_package(build, id));
        packages.push_back(std::move(package));
    }
    return {};
}

}  // namespace

Result<std::vector<KernelState>> list_kernels(Build& build, const std::string& distro) {
    KLD_TRY(const auto offer, open_offer(build, distro));
    KLD_TRY(const auto key, builder_key(build));
    const auto& resolved = offer.archive.resolved;
    std::vector<KernelState> states;
    for (const auto& kernel : offer.kernels) {
        const auto digest = modules::cache_key({kernel.release, kernel.package, kernel.version, resolved.zfs_version},
                                               "amd64", key.certificate().fingerprint());
        states.push_back({kernel.release, kernel.version, kernel.release == resolved.kernel,
                          build.files.exists(build.places.cache + "/modules/" + digest)});
    }
    build.events.finish();
    return states;
}

Result<std::vector<std::string>> build_modules(Build& build, const std::string& distro, const KernelChoice& choice) {
    KLD_TRY(const auto offer, open_offer(build, distro));
    KLD_TRY(const auto chosen, choose(offer, choice));
    KLD_TRY(auto packages, build_chosen(build, offer, chosen));
    build.events.finish();
    return packages;
}

Result<Published> publish_repository(Build& build, const std::string& distro, const KernelChoice& choice,
                                     const std::string& to) {
    KLD_TRY(const auto offer, open_offer(build, distro));
    KLD_TRY(const auto chosen, choose(offer, choice));
    KLD_TRY(auto packages, build_chosen(build, offer, chosen));
    const auto& current = offer.archive.resolved.kernel_package;
    // A tie to modules that are not there would only keep machines from anything newer.
    if (std::any_of(chosen.begin(), chosen.end(),
                    [&](const apt::OfferedKernel& kernel) { return kernel.package == current; })) {
        KLD_TRY(auto tie, tie_package(build, offer.archive));
        packages.push_back(std::move(tie));
    }
    KLD_TRY(auto boot, boot_package(build));
    packages.push_back(std::move(boot));
    KLD_CHECK(add_feature_packages(build, packages));
    const auto& models = offer.archive.distro.modules;
    if (std::find(models.begin(), models.end(), catalog::ModuleModel::dkms) != models.end()) {
        KLD_TRY(auto dkms, dkms_package(build, offer.archive.distro));
        packages.push_back(std::move(dkms));
    }
    KLD_TRY(const auto key, builder_key(build));
    KLD_TRY(const auto zfs, module_package(build, offer.archive, key));
    KLD_TRY(const auto menu, menu_for(build, offer.archive, zfs, key));
    KLD_TRY(auto boot_files, menu_package(build, menu));
    packages.push_back(std::move(boot_files));

    build.events.stage("repository");
    const auto directory = to + "/" + distro;
    KLD_TRY(const auto repository, apt::publish(build.runner, build.files, directory, build.places.keys, packages));
    build.events.finish();
    return Published{repository.directory, repository.directory + "/kldload-builder.asc", packages};
}

}  // namespace kld::pipeline
