// SPDX-License-Identifier: BSD-3-Clause
#include "pool/posix_acl.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cstring>
#include <tuple>

namespace kld::pool {

namespace {

// The kernel's form (linux/posix_acl_xattr.h), little endian: a version, then tag, permissions and id of each entry.
constexpr std::uint32_t kVersion = 2;
constexpr std::uint32_t kNoId = 0xffffffffU;
constexpr std::uint16_t kUserObj = 1, kUser = 2, kGroupObj = 4, kGroup = 8, kMask = 16, kOther = 32;

struct AclEntry {
    std::uint16_t tag = 0;
    std::uint16_t permissions = 0;
    std::uint32_t id = kNoId;
    auto operator<=>(const AclEntry&) const = default;
};

std::uint16_t tag_of(int archive_tag) {
    switch (archive_tag) {
        case ARCHIVE_ENTRY_ACL_USER_OBJ:
            return kUserObj;
        case ARCHIVE_ENTRY_ACL_USER:
            return kUser;
        case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
            return kGroupObj;
        case ARCHIVE_ENTRY_ACL_GROUP:
            return kGroup;
        case ARCHIVE_ENTRY_ACL_MASK:
            return kMask;
        default:
            return kOther;
    }
}

template <typename T>
void append(std::string& bytes, T number) {
    for (std::size_t i = 0; i < sizeof number; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
}

template <typename T>
T number_at(std::string_view bytes, std::size_t at) {
    T number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
        number = static_cast<T>(number | static_cast<T>(static_cast<unsigned char>(bytes[at + i])) << (8 * i));
    return number;
}

std::string encode(std::vector<AclEntry> acl) {
    std::sort(acl.begin(), acl.end(),
              [](const AclEntry& a, const AclEntry& b) { return std::tie(a.tag, a.id) < std::tie(b.tag, b.id); });
    std::string bytes;
    append(bytes, kVersion);
    for (const auto& entry : acl) {
        append(bytes, entry.tag);
        append(bytes, entry.permissions);
        append(bytes, entry.id);
    }
    return bytes;
}

Result<std::vector<AclEntry>> entries_of(archive_entry* from, int type, const std::string& shown,
                                         const AccountNames& names, const Entry& entry) {
    std::vector<AclEntry> acl;
    archive_entry_acl_reset(from, type);
    int found_type = 0, permissions = 0, tag = 0, id = 0;
    const char* name = nullptr;
    while (archive_entry_acl_next(from, type, &found_type, &permissions, &tag, &id, &name) == ARCHIVE_OK) {
        AclEntry one{tag_of(tag), static_cast<std::uint16_t>(permissions & 7), kNoId};
        if (one.tag == kUser || one.tag == kGroup) {
            const std::string who = name == nullptr ? "" : name;
            const auto known = id >= 0            ? std::optional(static_cast<std::uint32_t>(id))
                               : one.tag == kUser ? names.user(who)
                                                  : names.group(who);
            if (!known)
                return fail(shown + ": the ACL of " + entry.path + " names \"" + who + "\" without a number",
                            "put etc/passwd and etc/group first into the stream, or pack with numbers");
            one.id = *known;
        }
        acl.push_back(one);
    }
    return acl;
}

bool has(const Entry& entry, const char* name) {
    return std::any_of(entry.xattrs.begin(), entry.xattrs.end(), [name](const Xattr& x) { return x.name == name; });
}

}  // namespace

Status take_acls(archive_entry* from, const std::string& shown, const AccountNames& names, Entry& entry) {
    const int types = archive_entry_acl_types(from);
    if ((types & ARCHIVE_ENTRY_ACL_TYPE_NFS4) != 0)
        return fail(shown + ": " + entry.path + " has an NFSv4 ACL", "only POSIX ACLs can be stored");
    if ((types & ARCHIVE_ENTRY_ACL_TYPE_ACCESS) != 0) {
        KLD_TRY(const auto acl, entries_of(from, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, shown, names, entry));
        const auto mask = std::find_if(acl.begin(), acl.end(), [](const AclEntry& e) { return e.tag == kMask; });
        if (mask != acl.end()) {
            entry.mode = (entry.mode & ~070ULL) | static_cast<std::uint64_t>(mask->permissions) << 3;
            if (!has(entry, "system.posix_acl_access"))
                entry.xattrs.push_back({"system.posix_acl_access", encode(acl)});
        }
    }
    if ((types & ARCHIVE_ENTRY_ACL_TYPE_DEFAULT) != 0 && !has(entry, "system.posix_acl_default")) {
        KLD_TRY(auto acl, entries_of(from, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, shown, names, entry));
        entry.xattrs.push_back({"system.posix_acl_default", encode(std::move(acl))});
    }
    return {};
}

Status give_acls(const Entry& entry, archive_entry* to) {
    for (const auto& xattr : entry.xattrs) {
        const bool access = xattr.name == "system.posix_acl_access";
        if (!access && xattr.name != "system.posix_acl_default") continue;
        if (xattr.value.size() < 4 || xattr.value.size() % 8 != 4 ||
            number_at<std::uint32_t>(xattr.value, 0) != kVersion)
            return fail(entry.path + ": the ACL in " + xattr.name + " cannot be understood");
        const int type = access ? ARCHIVE_ENTRY_ACL_TYPE_ACCESS : ARCHIVE_ENTRY_ACL_TYPE_DEFAULT;
        for (std::size_t at = 4; at < xattr.value.size(); at += 8) {
            const auto tag = number_at<std::uint16_t>(xattr.value, at);
            const auto permissions = number_at<std::uint16_t>(xattr.value, at + 2);
            const auto id = static_cast<int>(number_at<std::uint32_t>(xattr.value, at + 4));
            const int archive_tag = tag == kUserObj    ? ARCHIVE_ENTRY_ACL_USER_OBJ
                                    : tag == kUser     ? ARCHIVE_ENTRY_ACL_USER
                                    : tag == kGroupObj ? ARCHIVE_ENTRY_ACL_GROUP_OBJ
                                    : tag == kGroup    ? ARCHIVE_ENTRY_ACL_GROUP
                                    : tag == kMask     ? ARCHIVE_ENTRY_ACL_MASK
                                                       : ARCHIVE_ENTRY_ACL_OTHER;
            archive_entry_acl_add_entry(to, type, permissions, archive_tag, id, nullptr);
        }
    }
    return {};
}

}  // namespace kld::pool
