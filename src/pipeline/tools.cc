// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/tools.h"

#include <fmt/core.h>

#include <array>
#include <filesystem>

#include "base/text.h"
#include "family/apt/deb.h"
#include "family/apt/repository.h"
#include "family/dnf/repository.h"
#include "family/dnf/rpm.h"
#include "family/pacman/package.h"
#include "family/pacman/repository.h"
#include "pipeline/feature_package.h"

namespace kld::pipeline {
namespace {

constexpr const char* kFeature = "tools";

struct Family {
    const char* name;
    Status (*need_programs)(Files&);
    Result<std::string> (*pack)(Runner&, Files&, const packing::Package&, const std::string&, long);
    Result<packing::Source> (*publish)(Runner&, Files&, const packing::Publication&);
};

Result<std::string> pack_deb(Runner& runner, Files& files, const packing::Package& package,
                             const std::string& directory, long epoch) {
    return apt::pack(runner, files, apt::to_deb(package), directory, epoch);
}

constexpr std::array kFamilies{Family{"apt", apt::need_programs, pack_deb, apt::publish},
                               Family{"dnf", dnf::need_programs, dnf::pack, dnf::publish},
                               Family{"pacman", pacman::need_programs, pacman::pack, pacman::publish}};

/// Those meant, each with all that it needs of the host: nothing is begun for one when another could not be done.
Result<std::vector<Family>> choose(Build& build, const std::vector<std::string>& names) {
    std::vector<Family> chosen;
    for (const auto& family : kFamilies) {
        if (!names.empty() && !contains(names, family.name)) continue;
        if (auto there = family.need_programs(build.files); !there)
            return fail(std::move(there.error())
                            .with_detail(fmt::format("--family chooses among {}", join(tool_families(), ", "))));
        chosen.push_back(family);
    }
    return chosen;
}

Result<std::vector<PackedTools>> pack_package(Build& build, const packing::Package& package,
                                              const std::vector<Family>& families, const std::string& to) {
    KLD_CHECK(build.files.make_directories(to));
    std::vector<PackedTools> packed;
    for (const auto& family : families) {
        build.events.stage(fmt::format("{} for {}", package.name, family.name));
        KLD_TRY(auto path, family.pack(build.runner, build.files, package, to, package_time()));
        packed.push_back({family.name, std::move(path)});
    }
    build.events.finish();
    return packed;
}

}  // namespace

std::vector<std::string> tool_families() {
    std::vector<std::string> names;
    for (const auto& family : kFamilies) names.emplace_back(family.name);
    return names;
}

Result<std::vector<PackedTools>> pack_tools(Build& build, const std::vector<std::string>& names,
                                            const std::string& to) {
    KLD_TRY(const auto families, choose(build, names));
    KLD_TRY(const auto package, describe_feature(build, kFeature));
    return pack_package(build, package, families, to);
}

Result<std::vector<PublishedTools>> publish_tools(Build& build, const Publishing& wish) {
    KLD_CHECK(choose(build, wish.families));
    KLD_TRY(const auto package, describe_feature(build, kFeature));
    return publish_package(build, package, wish);
}

Result<std::vector<PublishedTools>> publish_package(Build& build, const packing::Package& package,
                                                    const Publishing& wish) {
    KLD_TRY(const auto families, choose(build, wish.families));
    const auto place = std::filesystem::absolute(wish.to).lexically_normal().string();
    const auto url = wish.url.empty() ? "file://" + place : wish.url.substr(0, wish.url.find_last_not_of('/') + 1);
    KLD_CHECK(build.files.make_directories(build.places.cache));
    KLD_TRY(const auto work, TemporaryDirectory::make(build.places.cache));
    KLD_TRY(const auto packed, pack_package(build, package, families, work.path()));
    std::vector<PublishedTools> published;
    for (std::size_t at = 0; at < families.size(); ++at) {
        const auto* family = families[at].name;
        const auto& path = packed[at].package;
        const auto directory = fmt::format("{}/{}", place, family);
        build.events.stage(fmt::format("repository for {}", family));
        KLD_TRY(auto source, families[at].publish(build.runner, build.files,
                                                  {.directory = directory,
                                                   .url = fmt::format("{}/{}", url, family),
                                                   .keys = build.places.keys,
                                                   .packages = {path}}));
        published.push_back({family, directory, directory + path.substr(path.rfind('/')), std::move(source)});
    }
    build.events.finish();
    return published;
}

}  // namespace kld::pipeline
