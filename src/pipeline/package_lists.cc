// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/package_lists.h"

namespace kld::pipeline {
namespace {

const std::string kOwnIndex = "kldload";

}  // namespace

std::string copy_out_lists(const std::string& directory) {
    return "copy-out /var/lib/apt/lists " + directory;
}

Result<std::vector<apt::ManifestEntry>> installed_packages(Build& build, const std::string& dpkg_status,
                                                           const std::string& directory) {
    std::vector<apt::PackagesIndex> indices;
    KLD_TRY(const auto names, build.files.list(directory + "/lists"));
    for (const auto& name : names) {
        if (!name.ends_with("_Packages")) continue;
        KLD_TRY(auto text, build.files.read(directory + "/lists/" + name));
        // apt names the list of a local repository by its path, which is the builder's own affair.
        indices.push_back({name.starts_with('_') ? kOwnIndex : name, std::move(text)});
    }
    return apt::make_manifest(dpkg_status, indices);
}

Result<std::vector<apt::ManifestEntry>> read_manifest(Build& build, const std::string& path) {
    KLD_TRY(const auto text, build.files.read(path));
    return apt::parse_manifest(text, path);
}

}  // namespace kld::pipeline
