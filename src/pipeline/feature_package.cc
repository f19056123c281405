// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/feature_package.h"

#include <fmt/core.h>

#include "base/text.h"
#include "family/apt/deb.h"

namespace kld::pipeline {
namespace {

/// All files below `directory`, by their paths below it.
Status collect_files(Build& build, const std::string& directory, const std::string& below, packing::Package& package) {
    KLD_TRY(const auto names, build.files.list(directory + "/" + below));
    for (const auto& name : names) {
        const auto path = below.empty() ? name : below + "/" + name;
        if (build.files.kind(directory + "/" + path) == FileKind::directory) {
            KLD_CHECK(collect_files(build, directory, path, package));
            continue;
        }
        KLD_TRY(auto bytes, build.files.read(directory + "/" + path));
        const bool program = bytes.starts_with("#!");
        package.files.push_back({path, std::move(bytes), program ? 0755U : 0644U});
    }
    return {};
}

/// What a program of many names is called, and what goes with each name: the program knows. Manual pages are compressed
/// here, since every family has them so, and none shall do it in a way of its own.
Status add_links(Build& build, const std::string& program, packing::Package& package) {
    const auto path = build.places.programs + "/" + program;
    KLD_TRY(const auto names, build.runner.run({.argv = {path, "--names"}}));
    for (const auto& name : lines(names.out)) {
        package.files.push_back({.path = "usr/bin/" + name, .link = "../lib/kldload/" + program});
        KLD_TRY(auto page, build.runner.run({.argv = {path, "--man", name}}));
        KLD_TRY(auto packed, build.runner.run({.argv = {"gzip", "--no-name", "--best"}, .input = page.out}));
        package.files.push_back({"usr/share/man/man8/" + name + ".8.gz", std::move(packed.out)});
        KLD_TRY(auto completion, build.runner.run({.argv = {path, "--completion", name}}));
        package.files.push_back({"usr/share/bash-completion/completions/" + name, std::move(completion.out)});
    }
    return {};
}

}  // namespace

long package_time() {
    // Any fixed moment will do: it only has to be the same for the same input.
    constexpr long kPackageTime = 1767225600;
    return build_time(kPackageTime);
}

Result<packing::File> shipped_program(Build& build, const std::string& name) {
    KLD_CHECK(build.files.make_directories(build.places.cache));
    KLD_TRY(const auto work, TemporaryDirectory::make(build.places.cache));
    const auto program = work.path() + "/" + name;
    KLD_CHECK(build.runner.run({.argv = {"strip", "-o", program, build.places.programs + "/" + name}}));
    KLD_TRY(auto bytes, build.files.read(program));
    return packing::File{"usr/lib/kldload/" + name, std::move(bytes), 0755};
}

std::string feature_package_name(const std::string& feature) {
    return "kldload-" + feature;
}

Result<packing::Package> describe_feature(Build& build, const std::string& id) {
    const auto catalogue = build.places.data + "/catalog", packaging = build.places.data + "/packaging";
    KLD_TRY(const auto feature, catalog::find_feature(build.files, catalogue, id));
    packing::Package package{.name = feature_package_name(id),
                             .version = KLD_VERSION,
                             .summary = "kldload: " + feature.description,
                             .description = "Beside what the distribution has, which is left as it is.",
                             .native = !feature.program.empty()};
    for (const auto& needed : feature.needs) {
        KLD_TRY(const auto other, catalog::find_feature(build.files, catalogue, needed));
        if (catalog::is_shipped(other)) package.depends.push_back(feature_package_name(needed));
    }
    if (feature.files) KLD_CHECK(collect_files(build, packaging + "/features/" + id, "", package));
    if (package.native) {
        KLD_CHECK(add_links(build, feature.program, package));
        KLD_TRY(auto program, shipped_program(build, feature.program));
        package.files.push_back(std::move(program));
    }
    const auto functions = fmt::format("{}/{}/functions", packaging, package.name);
    if (!build.files.exists(functions)) return package;
    KLD_TRY(package.functions, build.files.read(functions));
    return package;
}

Result<std::string> feature_package(Build& build, const std::string& id) {
    KLD_TRY(const auto package, describe_feature(build, id));
    const auto directory = build.places.cache + "/packages";
    KLD_CHECK(build.files.make_directories(directory));
    return apt::pack(build.runner, build.files, apt::to_deb(package), directory, package_time());
}

}  // namespace kld::pipeline
