// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/sbom.h"

#include <fmt/core.h>

#include <algorithm>

#include "digest/sha256.h"
#include "family/apt/deb.h"
#include "family/apt/owners.h"
#include "family/apt/supply.h"
#include "image/esp.h"
#include "pipeline/package_lists.h"
#include "provenance/sbom.h"

namespace kld::pipeline {
namespace {

using provenance::Component;

constexpr const char* kOurLicense = "BSD-3-Clause";
// spl.ko is the one module that is not under the CDDL: see the copyright file in the package.
constexpr const char* kModulesLicense = "CDDL-1.0 AND GPL-2.0-or-later";
constexpr const char* kContains = "CONTAINS";

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

/// What we declare of our own packages. What others declare stands in their packages, in words and not as expressions.
std::string license_of(const apt::ManifestEntry& entry) {
    if (entry.maintainer != packing::kMaintainer) return {};
    return entry.built_using.empty() ? kOurLicense : kModulesLicense;
}

/// Packages of one distribution, and where they came from.
struct Origin {
    std::string distro;
    std::vector<std::string> lines;
};

Component component_of(const apt::ManifestEntry& entry, const Origin& origin) {
    const bool ours = entry.maintainer == packing::kMaintainer;
    return {.kind = "deb",
            .name = entry.name,
            .version = entry.version,
            .architecture = entry.architecture,
            .file = name_of(entry.path),
            .supplier = apt::supplier(entry.maintainer),
            .download = apt::download_location(entry, origin.lines),
            .source = ours ? "built by kldload" : "built from the source package " + entry.built_from,
            .license = license_of(entry),
            .sha256 = entry.sha256,
            .purl = apt::package_url(entry, origin.distro)};
}

/// A package and the sources whose code it carries: by them advisories are found.
std::string add_package(provenance::Sbom& sbom, const apt::ManifestEntry& entry, const Origin& origin) {
    const auto id = sbom.add(component_of(entry, origin));
    for (const auto& source : apt::built_using_sources(entry.built_using)) {
        const auto space = source.find(' ');
        const auto of = sbom.add({.kind = "source",
                                  .name = source.substr(0, space),
                                  .version = source.substr(space + 1),
                                  .purpose = "SOURCE",
                                  .purl = apt::source_url(source, origin.distro)});
        sbom.relate(id, "GENERATED_FROM", of);
    }
    return id;
}

/// A file of the EFI system partition that is a file of a package of the tools tree, byte for byte.
Status add_loader(provenance::Sbom& sbom, Build& build, const Menu& menu, const image::EspFile& file,
                  const std::string& image) {
    KLD_TRY(const auto names, apt::owners(build.files, menu.tools_tree, {file.source.substr(menu.tools_tree.size())}));
    KLD_TRY(const auto packages, read_manifest(build, menu.tools_manifest));
    const auto package = std::find_if(packages.begin(), packages.end(),
                                      [&](const apt::ManifestEntry& entry) { return names.contains(entry.name); });
    if (package == packages.end()) return fail(menu.tools_manifest + " does not name " + *names.begin());
    KLD_TRY(const auto digest, sha256_file(file.source));
    const auto id = sbom.add({.kind = "efi",
                              .name = name_of(file.source),
                              .version = package->version,
                              .file = file.target,
                              .purpose = "FILE",
                              .supplier = apt::supplier(package->maintainer),
                              .sha256 = digest});
    sbom.relate(image, kContains, id);
    sbom.relate(id, "EXPANDED_FROM_ARCHIVE", sbom.add(component_of(*package, {kMenuDistro, menu.lines})));
    return {};
}

Status add_menu(provenance::Sbom& sbom, Build& build, const Menu& menu, const image::EspFile& file,
                const std::string& image) {
    KLD_TRY(const auto uki_digest, sha256_file(menu.uki));
    KLD_TRY(const auto program_digest, sha256_file(build.places.programs + "/kldload-menu"));
    KLD_TRY(const auto packages, read_manifest(build, menu.manifest));
    const Component program{.kind = "program",
                            .name = "kldload-menu",
                            .version = KLD_VERSION,
                            .purpose = "APPLICATION",
                            .supplier = apt::supplier(packing::kMaintainer),
                            .source = "built by kldload",
                            .license = kOurLicense,
                            .sha256 = program_digest};
    auto uki = program;
    uki.kind = "efi";
    uki.name = "boot-menu";
    uki.file = file.target;
    uki.source = "unified kernel image, made and signed by kldload";
    uki.license.clear();
    uki.sha256 = uki_digest;
    const auto id = sbom.add(uki);
    sbom.relate(image, kContains, id);
    sbom.relate(id, kContains, sbom.add(program));
    for (const auto& package : packages)
        sbom.relate(id, kContains, add_package(sbom, package, {kMenuDistro, menu.lines}));
    return {};
}

Status add_own(provenance::Sbom& sbom, Build& build, const Menu& menu, const std::string& image) {
    for (const auto& file : image::boot_files(menu.shim, menu.mok_manager, menu.uki, {})) {
        if (file.source == menu.uki) KLD_CHECK(add_menu(sbom, build, menu, file, image));
        if (file.source == menu.shim || file.source == menu.mok_manager)
            KLD_CHECK(add_loader(sbom, build, menu, file, image));
    }
    return {};
}

/// What is in it is not known package by package.
void add_foreign(provenance::Sbom& sbom, const ForeignLoader& loader, const std::string& image) {
    for (const auto& file : image::foreign_boot_files({}))
        sbom.relate(image, kContains,
                    sbom.add({.kind = "efi",
                              .name = name_of(file.target),
                              .file = file.target,
                              .purpose = "FILE",
                              .source = "ZFSBootMenu, with OpenZFS " + loader.zfs_version + ", given as a file",
                              .sha256 = loader.sha256}));
}

}  // namespace

Result<std::string> image_sbom(Build& build, const Archive& archive, const Loader& loader, const SbomWish& wish) {
    const auto name = name_of(wish.image);
    provenance::Sbom sbom(name, wish.time, std::string("kldload-") + KLD_VERSION);
    auto source = fmt::format("{}, profile {}", archive.distro.name, wish.profile);
    for (const auto& id : wish.features) source += ", feature " + id;
    const auto image = sbom.add({.kind = "image",
                                 .name = name,
                                 // An operating system has one name in the specification and another in its schema.
                                 .purpose = "FILE",
                                 .source = source});
    sbom.describe(image);
    KLD_TRY(const auto packages, read_manifest(build, wish.manifest));
    for (const auto& package : packages)
        sbom.relate(image, kContains, add_package(sbom, package, {archive.distro.id, archive.lines}));
    if (const auto* foreign = std::get_if<ForeignLoader>(&loader))
        add_foreign(sbom, *foreign, image);
    else
        KLD_CHECK(add_own(sbom, build, std::get<Menu>(loader), image));
    return sbom.json();
}

}  // namespace kld::pipeline
