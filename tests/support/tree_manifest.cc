// SPDX-License-Identifier: BSD-3-Clause
#include "support/tree_manifest.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/fd.h"
#include "base/text.h"
#include "support/plain_sha256.h"

namespace kld::test {

namespace {

constexpr std::uint64_t kMiB = 1U << 20;
constexpr std::uint64_t kLarge = 64 * kMiB;

std::string escape(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        if (c > ' ' && c <= '~' && c != '\\')
            text += c;
        else
            text += "\\x" + hex({&c, 1});
    }
    return text;
}

char type_of(mode_t mode) {
    if (S_ISDIR(mode)) return 'd';
    if (S_ISLNK(mode)) return 'l';
    if (S_ISBLK(mode)) return 'b';
    if (S_ISCHR(mode)) return 'c';
    if (S_ISFIFO(mode)) return 'p';
    return S_ISSOCK(mode) ? 's' : 'f';
}

Result<std::string> xattrs_of(const std::string& path) {
    std::string names(65536, '\0');
    const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
    if (length < 0 && errno == ENOTSUP) return std::string();
    if (length < 0) return fail(errno_error("cannot list the extended attributes of " + path, errno));
    names.resize(static_cast<std::size_t>(length));
    std::vector<std::string> found;
    for (const auto& name : split(names, '\0')) {
        if (name.empty()) continue;
        std::string value(65536, '\0');
        const ssize_t got = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
        if (got < 0) return fail(errno_error("cannot read " + name + " of " + path, errno));
        found.push_back(escape(name) + "=" + hex(std::string_view(value).substr(0, static_cast<std::size_t>(got))));
    }
    std::sort(found.begin(), found.end());
    return join(found, ",");
}

/// "first-last" in MiB of each run of holes.
Result<std::string> holes_of(const Fd& file, std::uint64_t size, const std::string& path) {
    std::vector<std::string> runs;
    std::uint64_t at = 0;
    while (at < size) {
        const off_t hole = ::lseek(file.get(), static_cast<off_t>(at), SEEK_HOLE);
        if (hole < 0) return fail(errno_error("cannot look for holes in " + path, errno));
        if (static_cast<std::uint64_t>(hole) >= size) break;
        const off_t data = ::lseek(file.get(), hole, SEEK_DATA);
        if (data < 0 && errno != ENXIO) return fail(errno_error("cannot look for data in " + path, errno));
        const std::uint64_t end = data < 0 ? size : static_cast<std::uint64_t>(data);
        const std::uint64_t first = (static_cast<std::uint64_t>(hole) + kMiB - 1) / kMiB, last = end / kMiB;
        if (first < last) runs.push_back(std::to_string(first) + "-" + std::to_string(last));
        at = end;
    }
    return join(runs, ",");
}

/// Of a large file only the MiB that are not all zero, each after its number: its holes need not be read.
Result<std::string> digest_of_large(const Fd& file, std::uint64_t size, const std::string& path) {
    PlainSha256 digest;
    for (std::uint64_t at = 0; at < size;) {
        const off_t data = ::lseek(file.get(), static_cast<off_t>(at), SEEK_DATA);
        if (data < 0 && errno == ENXIO) break;
        if (data < 0) return fail(errno_error("cannot look for data in " + path, errno));
        const std::uint64_t number = static_cast<std::uint64_t>(data) / kMiB;
        KLD_TRY(const auto bytes, file.read_at(kMiB, number * kMiB));
        if (bytes.find_first_not_of('\0') != std::string::npos) {
            digest.add(std::to_string(number) + ":");
            digest.add(bytes);
        }
        at = (number + 1) * kMiB;
    }
    return digest.finish();
}

Result<std::string> content_of(const std::string& path, std::uint64_t size) {
    KLD_TRY(const Fd file, Fd::open(path, O_RDONLY | O_NOFOLLOW));
    KLD_TRY(const auto holes, holes_of(file, size, path));
    if (size > kLarge) {
        KLD_TRY(const auto digest, digest_of_large(file, size, path));
        return "sha256-of-data=" + digest + " holes=" + holes;
    }
    PlainSha256 digest;
    for (std::uint64_t at = 0; at < size; at += kMiB) {
        KLD_TRY(const auto bytes, file.read_at(kMiB, at));
        digest.add(bytes);
    }
    return "sha256=" + digest.finish() + " holes=" + holes;
}

Result<std::vector<std::string>> names_in(const std::string& path) {
    DIR* stream = ::opendir(path.c_str());
    if (stream == nullptr) return fail(errno_error("cannot open " + path, errno));
    std::vector<std::string> names;
    while (const dirent* found = ::readdir(stream))
        if (std::strcmp(found->d_name, ".") != 0 && std::strcmp(found->d_name, "..") != 0)
            names.emplace_back(found->d_name);
    ::closedir(stream);
    std::sort(names.begin(), names.end());
    return names;
}

Status describe(const std::string& real, const std::string& shown, std::string& out, std::uint64_t* directories) {
    struct stat status {};
    if (::lstat(real.c_str(), &status) != 0) return fail(errno_error("cannot read " + real, errno));
    KLD_TRY(const auto xattrs, xattrs_of(real));
    std::string line = escape(shown) + " type=" + type_of(status.st_mode);
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode & 07777));
    line += std::string(" mode=") + mode + " uid=" + std::to_string(status.st_uid) +
            " gid=" + std::to_string(status.st_gid);
    char nanoseconds[16];
    std::snprintf(nanoseconds, sizeof nanoseconds, "%09ld", status.st_mtim.tv_nsec);
    std::string rest = " mtime=" + std::to_string(status.st_mtim.tv_sec) + "." + nanoseconds;
    std::uint64_t links = status.st_nlink;
    std::string below;
    if (S_ISDIR(status.st_mode)) {
        KLD_TRY(const auto names, names_in(real));
        std::uint64_t subdirectories = 0;
        for (const auto& name : names)
            KLD_CHECK(describe(real + "/" + name, (shown == "/" ? "" : shown) + "/" + name, below, &subdirectories));
        links -= subdirectories;
        ++*directories;
    } else {
        rest = " size=" + std::to_string(status.st_size) + rest;
    }
    if (S_ISREG(status.st_mode)) {
        KLD_TRY(const auto content, content_of(real, static_cast<std::uint64_t>(status.st_size)));
        rest += " " + content;
    }
    if (S_ISBLK(status.st_mode) || S_ISCHR(status.st_mode))
        rest += " device=" + std::to_string(major(status.st_rdev)) + "," + std::to_string(minor(status.st_rdev));
    if (S_ISLNK(status.st_mode)) {
        std::string target(8192, '\0');
        const ssize_t length = ::readlink(real.c_str(), target.data(), target.size());
        if (length < 0) return fail(errno_error("cannot read the link " + real, errno));
        rest += " target=" + escape(std::string_view(target).substr(0, static_cast<std::size_t>(length)));
    }
    out += line + " links=" + std::to_string(links) + rest + (xattrs.empty() ? "" : " xattrs=" + xattrs) + "\n" + below;
    return {};
}

}  // namespace

Result<std::string> tree_manifest(const std::string& directory) {
    std::string out;
    std::uint64_t directories = 0;
    KLD_CHECK(describe(directory, "/", out, &directories));
    return out;
}

}  // namespace kld::test
