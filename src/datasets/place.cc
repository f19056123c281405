// SPDX-License-Identifier: BSD-3-Clause
#include "datasets/place.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace kld::datasets {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kPermissions = 07777;

/// umask(2) cannot be read without being set.
mode_t current_umask() {
    const auto mask = ::umask(022);
    ::umask(mask);
    return mask;
}

/// What mkdir(1) gives a directory in this one: a directory with the set-group-ID bit hands its group down.
Result<Owner> owner_below(const std::string& parent) {
    struct stat info {};
    if (::stat(parent.c_str(), &info) != 0) return fail(errno_error("cannot look at " + parent, errno));
    if (!S_ISDIR(info.st_mode)) return fail(parent + " is no directory", "name a path below a directory");
    Owner owner{::geteuid(), ::getegid(), static_cast<mode_t>(0777 & ~current_umask())};
    if ((info.st_mode & S_ISGID) != 0) {
        owner.group = info.st_gid;
        owner.mode |= S_ISGID;
    }
    return owner;
}

}  // namespace

Result<std::string> real_path(const std::string& path) {
    std::error_code error;
    const auto real = fs::canonical(path, error);
    if (error) return fail(fmt::format("cannot find {}: {}", path, error.message()), "name a path that is there");
    return real.string();
}

Result<Place> look_at(const std::string& path) {
    if (path.empty()) return fail("an empty path", "name a directory", ExitCode::usage);
    std::error_code error;
    auto wanted = fs::absolute(path, error);
    if (!wanted.has_filename()) wanted = wanted.parent_path();  // "data/"
    if (wanted.filename() == "." || wanted.filename() == ".." || !wanted.has_relative_path())
        wanted = fs::weakly_canonical(wanted, error);
    const auto parent = fs::weakly_canonical(wanted.parent_path(), error);
    if (error) return fail(fmt::format("cannot look at {}: {}", path, error.message()));
    Place place{(parent / wanted.filename()).lexically_normal().string()};

    auto above = parent;
    for (; !fs::exists(above, error) && above.has_relative_path(); above = above.parent_path())
        place.missing.insert(place.missing.begin(), above.string());
    KLD_TRY(place.owner, owner_below(above.string()));
    place.kind = RealFiles().kind(place.path);
    if (place.kind == FileKind::none) return place;

    struct stat info {};
    if (::lstat(place.path.c_str(), &info) != 0) return fail(errno_error("cannot look at " + path, errno));
    place.owner = {info.st_uid, info.st_gid, info.st_mode & kPermissions};
    if (place.kind == FileKind::directory) {
        place.empty = fs::is_empty(place.path, error);
        if (error) return fail(fmt::format("cannot look into {}: {}", path, error.message()));
    }
    return place;
}

}  // namespace kld::datasets
