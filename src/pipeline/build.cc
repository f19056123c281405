// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/build.h"

#include <fmt/core.h>

#include <cstdlib>

#include "base/text.h"
#include "family/apt/sources.h"

namespace kld::pipeline {

Result<Archive> open_archive(Build& build, const catalog::Distro& distro, const catalog::FeatureSet& features) {
    if (distro.family != "apt")
        return fail(distro.name + " is of the family '" + distro.family + "', which this program cannot build yet",
                    "see the support table in the README", ExitCode::usage);
    KLD_TRY(const auto mirrors, apt::find_mirrors(apt::host_sources(build.files, "")));
    if (!build.files.exists(distro.keyring))
        return fail("no " + distro.keyring + " to check the archive's signatures with",
                    "apt-get install debian-archive-keyring");
    Archive archive{catalog::with_components(distro, features), {}, {}, build.places.cache + "/apt/" + distro.id};
    archive.lines = apt::builder_lines(archive.distro, mirrors);
    // Other components are another apt.
    for (const auto& component : features.components) archive.lists += "+" + component;
    const auto& directory = archive.lists;
    KLD_TRY(const auto lock, lock_lists(build, directory));
    KLD_TRY(archive.resolved, apt::resolve(build.runner, build.files, directory, archive.lines, distro.kernel_package,
                                           distro.zfs_source));
    if (auto offered = apt::check_offers(build.runner, directory, features.components, features.packages); !offered)
        return fail(std::move(offered.error()).within(fmt::format("cannot add {}", join(features.ids, ", "))));
    return archive;
}

Result<Lock> lock_lists(Build& build, const std::string& directory) {
    KLD_CHECK(build.files.make_directories(directory));
    return Lock::wait_for(directory + ".lock");
}

Result<modules::SigningKey> builder_key(Build& build) {
    return modules::SigningKey::load_or_make(build.places.keys);
}

long build_time(long otherwise) {
    const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
    if (epoch == nullptr) return otherwise;
    const auto seconds = parse_number(epoch);
    return seconds ? static_cast<long>(*seconds) : otherwise;
}

}  // namespace kld::pipeline
