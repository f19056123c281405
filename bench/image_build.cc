// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>
#include <set>

#include "base/text.h"
#include "bench/figures.h"
#include "boot/hostid.h"
#include "config/schema.h"
#include "family/apt/root_tree.h"
#include "image/tree_facts.h"
#include "pipeline/packages.h"

namespace kld::bench {
namespace {

/// A cache of the benchmark's own: modules and tools are those of the real one, the menu is made here once, and the
/// root tree is what each run has to make.
struct Stage {
    std::string home;  ///< XDG_CACHE_HOME of our side
    std::string trees;
    std::string streams;
    std::vector<std::string> lines;     ///< sources of both sides
    std::vector<std::string> packages;  ///< what both sides install beyond the variant
};

Status link_directory(Bench& bench, const std::string& from, const std::string& to) {
    KLD_CHECK(bench.files.make_directories(from));
    KLD_CHECK(bench.files.remove(to));
    std::error_code error;
    std::filesystem::create_directory_symlink(from, to, error);
    if (error) return fail("cannot link " + to + " to " + from + ": " + error.message());
    return {};
}

Result<Stage> set_up(Bench& bench, const Inputs& inputs) {
    bench.events.stage("cache for image builds");
    Stage stage;
    stage.home = bench.scratch + "/cache";
    pipeline::Build build{bench.runner, bench.files, bench.events, bench.places};
    build.places.cache = stage.home + "/kldload";
    stage.trees = build.places.cache + "/trees";
    stage.streams = build.places.cache + "/streams";
    KLD_CHECK(build.files.make_directories(build.places.cache));
    for (const auto* shared : {"modules", "tools"})
        KLD_CHECK(link_directory(bench, bench.places.cache + "/" + shared, build.places.cache + "/" + shared));
    // All but the tree is in this cache before the first run.
    KLD_TRY(const auto key, pipeline::builder_key(build));
    KLD_TRY(const auto archive, pipeline::open_archive(build, inputs.archive.distro));
    KLD_TRY(const auto zfs, pipeline::module_package(build, archive, key));
    KLD_CHECK(pipeline::boot_menu(build, archive, zfs, key));
    KLD_TRY(const auto boot, pipeline::boot_package(build));
    KLD_TRY(const auto tie, pipeline::tie_package(build, archive));
    KLD_TRY(const auto repository, pipeline::local_repository(build, "yardstick", {zfs.path, boot, tie}));
    stage.lines = archive.lines;
    stage.lines.push_back(repository);
    stage.packages = pipeline::wanted_packages(archive, inputs.wish);
    return stage;
}

/// Packages with their versions, as the tree's own dpkg has them. A tree without its initramfs is an error.
Result<std::set<std::string>> packages_of(const std::string& tar, const std::string& kernel) {
    KLD_TRY(const auto facts, image::read_tree_facts(tar));
    if (!facts.files.contains("boot/initrd.img-" + kernel)) return fail(tar + " has no initramfs for " + kernel);
    const auto status = facts.files.find("var/lib/dpkg/status");
    if (status == facts.files.end()) return fail(tar + " has no dpkg status");
    std::set<std::string> packages;
    std::string name;
    for (const auto& line : lines(status->second)) {
        const auto parts = words(line);
        if (parts.size() < 2) continue;
        if (parts[0] == "Package:") name = parts[1];
        if (parts[0] == "Version:") packages.insert(name + " " + parts[1]);
    }
    return packages;
}

Status expect_same_packages(const std::set<std::string>& ours, const std::set<std::string>& theirs) {
    Error error{"the two sides did not install the same packages"};
    for (const auto& one : ours)
        if (!theirs.contains(one)) error.details.push_back("only ours: " + one);
    for (const auto& one : theirs)
        if (!ours.contains(one)) error.details.push_back("only the yardstick: " + one);
    if (error.details.empty()) return {};
    return fail(std::move(error));
}

Result<std::string> only_tar_in(Bench& bench, const std::string& directory) {
    KLD_TRY(const auto names, bench.files.list(directory));
    for (const auto& name : names)
        if (name.ends_with(".tar")) return directory + "/" + name;
    return fail("our side made no tree in " + directory);
}

}  // namespace

Result<std::vector<Figure>> measure_image_build(Bench& bench, const Inputs& inputs, const Wanted& wanted) {
    KLD_TRY(const auto stage, set_up(bench, inputs));
    const auto answers = bench.scratch + "/answers.toml";
    KLD_CHECK(bench.files.write(answers, config::to_toml(inputs.answers, true), 0600));
    const auto hostid = bench.scratch + "/hostid";
    KLD_CHECK(bench.files.write(hostid, boot::hostid_file(boot::kBuildHostid)));
    const auto image = bench.scratch + "/image.qcow2";
    const apt::TreeRequest bare{.suite = inputs.archive.distro.suite,
                                .variant = inputs.archive.distro.variant,
                                .lines = stage.lines,
                                .packages = stage.packages,
                                .output = bench.scratch + "/bare.tar",
                                // The hook of kldload-boot makes no image without a hostid, on this side neither.
                                .essential_hooks = {"upload " + hostid + " /etc/hostid"}};
    const auto bare_tar = bare.output + ".partial";

    const auto made = [&](const std::vector<std::string>& answers_of_its_own) -> Result<Watched> {
        for (const auto& old : {image, image + ".inputs", image + ".manifest.json"}) KLD_CHECK(bench.files.remove(old));
        Command build{.argv = {bench.places.programs + "/kldload", "image", kDistro, "--profile", kProfile, "--answers",
                               answers, "--size", kDiskSize, "--output", image},
                      .timeout = std::chrono::hours(1),
                      .environment = {"XDG_CACHE_HOME=" + stage.home}};
        // Its stages with their times: where a ratio comes from.
        build.on_stderr_line = [&](std::string_view line) {
            if (line.starts_with("- ")) bench.events.note(line.substr(2));
        };
        build.argv.insert(build.argv.end(), answers_of_its_own.begin(), answers_of_its_own.end());
        return watched(bench, build, image);
    };
    const bool again = wanted.contains(kSecondImage) || wanted.contains(kSecondMemory);
    std::vector<double> second;
    double second_peak_mib = 0;
    const auto ours = [&]() -> Result<double> {
        for (const auto& old : {stage.trees, stage.streams}) KLD_CHECK(bench.files.remove(old));
        KLD_TRY(const auto first, made({}));
        if (again) {
            KLD_TRY(const auto next, made({"--hostname", "second", "--timezone", "Europe/Berlin"}));
            second.push_back(next.seconds);
            second_peak_mib = std::max(second_peak_mib, next.peak_mib);
        }
        return first.seconds;
    };
    const auto theirs = [&]() -> Result<double> {
        KLD_CHECK(bench.files.remove(bare_tar));
        return timed(bench,
                     {.argv = apt::tree_argv(bare),
                      .timeout = std::chrono::hours(1),
                      .environment = {"DEBIAN_FRONTEND=noninteractive"}},
                     bare_tar);
    };
    const bool beside = wanted.contains(kImageBuild);
    KLD_TRY(const auto turns,
            in_turns(bench, beside ? kImageBuild : kSecondImage, ours, beside ? Side{theirs} : Side{}));
    std::vector<Figure> figures;
    const auto our_runs = summarise(turns.ours);
    if (wanted.contains(kSecondImage)) {
        const auto second_runs = summarise(second);
        figures.push_back(
            {kSecondImage, "s", second_runs.median, our_runs.median, 0.25, "the first image", second_runs, our_runs});
    }
    if (wanted.contains(kSecondMemory))
        figures.push_back({kSecondMemory, "MiB", second_peak_mib, kMemoryLimitMiB, 1.0, "limit"});
    if (!beside) return figures;

    bench.events.stage("compare the packages of both sides");
    const auto& kernel = inputs.archive.resolved.kernel;
    KLD_TRY(const auto our_tar, only_tar_in(bench, stage.trees));
    KLD_TRY(const auto our_packages, packages_of(our_tar, kernel));
    KLD_TRY(const auto their_packages, packages_of(bare_tar, kernel));
    KLD_CHECK(expect_same_packages(our_packages, their_packages));
    for (const auto& left : {stage.trees, stage.streams, image, image + ".inputs", image + ".manifest.json", bare_tar})
        KLD_CHECK(bench.files.remove(left));
    const auto their_runs = summarise(turns.yardstick);
    figures.insert(figures.begin(),
                   Figure{kImageBuild,
                          "s",
                          our_runs.median,
                          their_runs.median,
                          1.35,
                          "mmdebstrap",
                          our_runs,
                          their_runs,
                          {std::to_string(our_packages.size()) + " packages, the same on both sides"}});
    return figures;
}

}  // namespace kld::bench
