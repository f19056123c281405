// SPDX-License-Identifier: BSD-3-Clause
#include "image/tree_facts.h"

#include <sys/stat.h>

#include <algorithm>

#include "image/tar.h"

namespace kld::image {
namespace {

bool is_wanted(const std::string& path) {
    static const std::set<std::string> kNames{"etc/passwd", "etc/group",  "etc/shadow", "etc/gshadow",
                                              "etc/subuid", "etc/subgid", "etc/hostid", "var/lib/dpkg/status"};
    const bool in_boot = path.starts_with("boot/") && path.find('/', 5) == std::string::npos;
    return kNames.contains(path) || path.starts_with("etc/skel/") || path.starts_with("usr/share/doc/apt/examples/") ||
           in_boot;
}

}  // namespace

Result<TreeFacts> read_tree_facts(const std::string& tar_path) {
    TreeFacts facts;
    KLD_CHECK(read_tar(tar_path, [&](const TarEntry& entry, const auto& content) -> Status {
        facts.paths.insert(entry.path);
        facts.newest = std::max(facts.newest, entry.time);
        if (S_ISLNK(entry.mode) && entry.path.starts_with("etc/")) facts.links[entry.path] = entry.link;
        if (!S_ISREG(entry.mode)) return {};
        facts.bytes += entry.size;
        if (is_wanted(entry.path)) {
            KLD_TRY(facts.files[entry.path], content());
        }
        return {};
    }));
    if (!facts.files.contains("etc/passwd")) return fail(tar_path + " is no root tree: it has no etc/passwd");
    return facts;
}

}  // namespace kld::image
