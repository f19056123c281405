// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/make_image.h"

#include <fmt/core.h>

#include <ctime>

#include "base/text.h"
#include "check/rows.h"
#include "check/sources.h"
#include "config/schema.h"
#include "digest/sha256.h"
#include "family/apt/repository.h"
#include "family/apt/sources.h"
#include "image/bios_notice.h"
#include "image/personalise.h"
#include "image/pool_layout.h"
#include "pipeline/choices.h"
#include "pipeline/golden.h"
#include "pipeline/loader.h"
#include "pipeline/packages.h"
#include "pipeline/sbom.h"
#include "pipeline/tree.h"
#include "provenance/seal.h"

namespace kld::pipeline {
namespace {

Status check_output(Build& build, const ImageWish& wish) {
    if (build.files.exists(wish.output) && !wish.replace && !wish.if_changed)
        return fail(wish.output + " exists already", "remove it, or say --force to replace it", ExitCode::refused);
    const auto slash = wish.output.rfind('/');
    const auto directory = slash == std::string::npos ? "." : slash == 0 ? "/" : wish.output.substr(0, slash);
    if (build.files.kind(directory) == FileKind::none)
        return fail("no directory " + directory + " for the image", {}, ExitCode::usage);
    return provenance::check_listed_name(wish.output.substr(slash + 1));
}

/// The machine's own package sources: what the vendor's apt gives as an example, with the components that are used.
Result<std::map<std::string, std::string>> source_files(const image::TreeFacts& tree, const catalog::Distro& distro) {
    const auto example = tree.files.find(distro.target_sources.substr(1));
    if (example == tree.files.end())
        return fail("the tree has no " + distro.target_sources, "correct target_sources in the catalogue entry");
    const auto text = apt::target_sources(example->second, distro);
    const bool deb822 = text.find("Types:") != std::string::npos;
    return std::map<std::string, std::string>{
        {deb822 ? "etc/apt/sources.list.d/debian.sources" : "etc/apt/sources.list", text}};
}

/// sha256 over all that an image is made of, but for its random identities.
std::string digest_of_inputs(const ImageWish& wish, const Golden& golden, const Loader& loader,
                             const std::string& layout) {
    return sha256_hex(join({config::to_toml(wish.answers, true), golden.directory, digest_of(loader), layout,
                            std::to_string(wish.disk_bytes), image::name_of(wish.format),
                            std::to_string(static_cast<int>(wish.compression)), sha256_hex(image::bios_notice())},
                           "\n"));
}

/// What lies beside an image to tell whether it is current.
std::string record_path(const ImageWish& wish) {
    return wish.output + ".inputs";
}

bool is_current(Build& build, const ImageWish& wish, const std::string& digest) {
    if (!wish.if_changed || !build.files.exists(wish.output)) return false;
    for (const auto& path : provenance::beside(wish.output).all())
        if (!build.files.exists(path)) return false;
    const auto known = build.files.read(record_path(wish));
    return known && trim(*known) == digest;
}

/// What vouches for an older image must not outlive it.
Status forget_older(Build& build, const ImageWish& wish) {
    for (const auto& path : provenance::beside(wish.output).all()) KLD_CHECK(build.files.remove(path));
    return build.files.remove(record_path(wish));
}

/// Before anybody boots it: all that is known to keep a machine from booting is looked for in the finished disk.
Status prove_disk(Build& build, const ImageWish& wish, const std::string& raw, const std::string& scratch) {
    build.events.stage("check");
    KLD_TRY(auto system,
            check::read_disk({build.runner, build.files, build.places.programs + "/kldload-pool", scratch}, raw));
    system.subject = wish.output;
    const auto report = check::check_system(system);
    for (const auto& finding : report.findings)
        if (finding.status == check::Status::warn) build.events.warning(finding.id + " " + finding.evidence);
    if (report.exit_code() != ExitCode::done) return fail(check::to_error(report));
    return {};
}

/// The programs that a build needs at its end, before the hours that lead there.
Status check_programs(Build& build) {
    for (const auto* name :
         {"kldload-pool", "kldload-menu", "kldload-firstboot", "kldload-esp", "kldload-dkms", "kldload-tools"})
        if (!build.files.exists(build.places.programs + "/" + name))
            return fail(std::string("no ") + name + " beside this program in " + build.places.programs,
                        "build or install all of kldload");
    return {};
}

}  // namespace

Result<ImageResult> make_image(Build& build, const ImageWish& wish) {
    const auto catalogue = build.places.data + "/catalog";
    KLD_TRY(const auto distro, catalog::find_distro(build.files, catalogue, wish.distro));
    KLD_TRY(const auto profile, catalog::find_profile(build.files, catalogue, wish.profile));
    KLD_TRY(const auto features, catalog::find_features(build.files, catalogue, wish.answers.features, distro));
    KLD_CHECK(config::check_answers(wish.answers, profile.ssh, features.login));
    KLD_CHECK(check_output(build, wish));
    KLD_CHECK(check_programs(build));
    KLD_TRY(const auto generator, choose_generator(distro, wish.answers.initramfs));
    KLD_TRY(const auto modules, choose_modules(distro, wish.answers.modules));
    KLD_TRY(const auto foreign, foreign_loader(build.files, distro, wish.answers));
    KLD_TRY(const auto disk, image::plan_disk(wish.disk_bytes));
    KLD_TRY(const auto key, builder_key(build));

    build.events.stage("package archive");
    KLD_TRY(const auto archive, open_archive(build, distro, features));
    build.events.stage("ZFS modules for " + archive.resolved.kernel);
    KLD_TRY(const auto zfs, module_package(build, archive, key));

    Loader loader;
    // Keyboard and font are looked up in what our menu is made of.
    if (!foreign || !config::has_usual_console(wish.answers)) {
        KLD_TRY(auto own, menu_for(build, archive, zfs, key));
        KLD_CHECK(check_console(build.files, own, wish.answers));
        loader = std::move(own);
    }
    if (foreign) loader = *foreign;
    const auto* menu = std::get_if<Menu>(&loader);
    TreeWish tree_wish{profile, wish.answers.locale, generator, modules, console_files(wish.answers), {}, features};
    // Where no updates can come from, a second copy of the boot files is of no use; another loader is not for us to
    // update.
    if (menu != nullptr && !wish.answers.updates_repository.empty()) {
        KLD_TRY(tree_wish.menu_package, menu_package(build, *menu));
    }

    KLD_TRY(const auto tree, root_tree(build, archive, zfs, tree_wish));
    KLD_TRY(const auto golden, golden_streams(build, distro, tree, wish.answers.pool_compression));
    auto lifted = distro;
    lifted.compatibility = lift_for(distro, foreign);
    const auto layout = image::pool_layout_json(lifted, wish.answers);
    const auto beside = provenance::beside(wish.output);
    ImageResult result{.image = wish.output,
                       .manifest = beside.manifest,
                       .sbom = beside.spdx,
                       .checksums = beside.list,
                       .signature = beside.signature,
                       .kernel = archive.resolved.kernel,
                       .zfs = archive.resolved.zfs_version,
                       .tools_tree = menu != nullptr ? menu->tools_tree : "",
                       .certificate = key.certificate_path()};
    const auto digest = digest_of_inputs(wish, golden, loader, layout);
    if (is_current(build, wish, digest)) {
        build.events.finish();
        result.made = false;
        return result;
    }
    build.events.stage("answers");
    const auto time = build_time(std::time(nullptr));
    KLD_TRY(const auto facts, image::read_tree_facts(tree.tar));
    KLD_TRY(const auto work, TemporaryDirectory::make(build.places.cache + "/work"));
    const auto overlay = work.path() + "/overlay.tar";
    KLD_TRY(auto sources, source_files(facts, archive.distro));
    if (!wish.answers.updates_repository.empty()) {
        KLD_TRY(const auto public_key, apt::repository_key(build.runner, build.files, build.places.keys));
        sources["etc/apt/sources.list.d/kldload.sources"] =
            apt::own_source(wish.answers.updates_repository, public_key);
    }
    KLD_CHECK(image::write_overlay(facts,
                                   {.answers = wish.answers,
                                    .profile = profile,
                                    .esp_partuuid = disk.esp_partuuid,
                                    .files = sources,
                                    .time = time},
                                   overlay));

    KLD_TRY(const auto sbom,
            image_sbom(build, archive, loader, {wish.output, profile.id, features.ids, tree.manifest, time}));

    KLD_TRY(const auto esp, esp_files(build, loader, work.path()));
    KLD_CHECK(forget_older(build, wish));
    KLD_CHECK(image::assemble(build.runner, build.files, build.events,
                              {.disk = disk,
                               .pool_program = build.places.programs + "/kldload-pool",
                               .pool_layout = layout,
                               .streams = golden.streams,
                               .overlay_tar = overlay,
                               .esp = esp,
                               .format = wish.format,
                               .compression = wish.compression,
                               .appliance = {.name = wish.answers.hostname,
                                             .cim_os_type = distro.cim_os_type,
                                             .vmware_os_type = distro.vmware_os_type},
                               .time = time,
                               .output = wish.output,
                               .prove = [&](const std::string& raw, const std::string& scratch) {
                                   return prove_disk(build, wish, raw, scratch);
                               }}));
    KLD_TRY(const auto text, build.files.read(tree.manifest));
    KLD_CHECK(build.files.write(result.manifest, text));
    KLD_CHECK(build.files.write(result.sbom, sbom));
    KLD_CHECK(provenance::seal(build.files, build.events, wish.output, key));
    KLD_CHECK(build.files.write(record_path(wish), digest + "\n"));
    build.events.finish();
    return result;
}

}  // namespace kld::pipeline
