// SPDX-License-Identifier: BSD-3-Clause
#include "pool/xattrs.h"

#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>

#include "pool/kz_fs.h"

namespace kld::pool {

namespace {

constexpr std::size_t kMaxValue = 32768;
constexpr std::size_t kMaxPacked = 65528;

bool can_be_stored(std::string_view name) {
    return name.starts_with("security.") || name.starts_with("user.") || name.starts_with("trusted.") ||
           name == "system.posix_acl_access" || name == "system.posix_acl_default";
}

using Lister = std::function<ssize_t(char*, std::size_t)>;
using Getter = std::function<ssize_t(const char*, char*, std::size_t)>;

Result<std::vector<Xattr>> read_all(const Lister& lister, const Getter& getter, const std::string& shown) {
    // Almost every file has few or none: one system call then.
    char small[256];
    std::string names;
    ssize_t length = lister(small, sizeof small);
    if (length == 0 || (length < 0 && (errno == ENOTSUP || errno == EPERM))) return std::vector<Xattr>{};
    if (length > 0) {
        names.assign(small, static_cast<std::size_t>(length));
    } else {
        if (errno != ERANGE) return fail(errno_error("cannot list the extended attributes of " + shown, errno));
        names.resize(XATTR_LIST_MAX);
        length = lister(names.data(), names.size());
        if (length < 0) return fail(errno_error("cannot list the extended attributes of " + shown, errno));
        names.resize(static_cast<std::size_t>(length));
    }
    std::vector<Xattr> xattrs;
    for (std::size_t at = 0; at < names.size(); at += std::string_view(names.data() + at).size() + 1) {
        Xattr xattr{names.c_str() + at, std::string(1024, '\0')};
        if (!can_be_stored(xattr.name)) continue;
        ssize_t got = getter(xattr.name.c_str(), xattr.value.data(), xattr.value.size());
        if (got < 0 && errno == ERANGE) {
            xattr.value.resize(XATTR_SIZE_MAX);
            got = getter(xattr.name.c_str(), xattr.value.data(), xattr.value.size());
        }
        if (got < 0)
            return fail(errno_error("cannot read the extended attribute " + xattr.name + " of " + shown, errno));
        xattr.value.resize(static_cast<std::size_t>(got));
        xattrs.push_back(std::move(xattr));
    }
    std::sort(xattrs.begin(), xattrs.end(), [](const Xattr& a, const Xattr& b) { return a.name < b.name; });
    return xattrs;
}

Result<std::string> pack(const std::vector<Xattr>& xattrs) {
    std::vector<kz_xattr> list;
    list.reserve(xattrs.size());
    for (const auto& xattr : xattrs) list.push_back({xattr.name.c_str(), xattr.value.data(), xattr.value.size()});
    void* packed = nullptr;
    std::size_t length = 0;
    if (const int error = kz_pack_xattrs(list.data(), list.size(), &packed, &length); error != 0)
        return fail(errno_error("cannot pack extended attributes", error));
    std::string bytes(static_cast<const char*>(packed), length);
    std::free(packed);
    return bytes;
}

}  // namespace

Result<std::vector<Xattr>> read_xattrs(int fd, const std::string& shown) {
    return read_all([fd](char* to, std::size_t size) { return ::flistxattr(fd, to, size); },
                    [fd](const char* name, char* to, std::size_t size) { return ::fgetxattr(fd, name, to, size); },
                    shown);
}

Result<std::vector<Xattr>> read_xattrs_at(int directory, const std::string& name, const std::string& shown) {
    const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
    return read_all(
        [&path](char* to, std::size_t size) { return ::llistxattr(path.c_str(), to, size); },
        [&path](const char* xattr, char* to, std::size_t size) { return ::lgetxattr(path.c_str(), xattr, to, size); },
        shown);
}

Result<SplitXattrs> split_xattrs(std::vector<Xattr> xattrs, bool beside_attributes) {
    SplitXattrs split;
    std::vector<Xattr> beside;
    for (auto& xattr : xattrs) {
        if (!beside_attributes || xattr.value.size() > kMaxValue) {
            split.in_directory.push_back(std::move(xattr));
            continue;
        }
        beside.push_back(std::move(xattr));
        KLD_TRY(auto packed, pack(beside));
        if (packed.size() <= kMaxPacked) {
            split.packed = std::move(packed);
            continue;
        }
        split.in_directory.push_back(std::move(beside.back()));
        beside.pop_back();
    }
    return split;
}

}  // namespace kld::pool
