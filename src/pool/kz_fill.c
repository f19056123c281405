/* SPDX-License-Identifier: BSD-3-Clause */
/* The objects that make an objset a file system, and the attributes of its files. */
#include "pool/kz_zfs.h"

#include <sys/acl.h>

enum { kMaxAces = 6, kMaxAttributes = 24 };

struct mode_acl {
    zfs_ace_hdr_t aces[kMaxAces];
    uint64_t count;
};

static uint32_t rights(unsigned bits, int is_directory) {
    uint32_t mask = 0;
    if (bits & 4) mask |= ACE_READ_DATA;
    if (bits & 2) mask |= ACE_WRITE_DATA | ACE_APPEND_DATA | (is_directory ? ACE_DELETE_CHILD : 0);
    if (bits & 1) mask |= ACE_EXECUTE;
    return mask;
}

static void add_ace(struct mode_acl* acl, uint16_t type, uint16_t who, uint32_t mask) {
    acl->aces[acl->count++] = (zfs_ace_hdr_t){.z_type = type, .z_flags = who, .z_access_mask = mask};
}

/* The NFSv4 ACL that says the same as the mode. A class that has less than a later one is denied the difference first,
   as everybody is also in the later classes. */
static struct mode_acl acl_of(uint64_t mode) {
    const uint32_t everybody = ACE_READ_ACL | ACE_READ_ATTRIBUTES | ACE_READ_NAMED_ATTRS | ACE_SYNCHRONIZE;
    const uint32_t owner_only = ACE_WRITE_ATTRIBUTES | ACE_WRITE_OWNER | ACE_WRITE_ACL | ACE_WRITE_NAMED_ATTRS;
    const uint16_t owning_group = ACE_GROUP | ACE_IDENTIFIER_GROUP;
    const unsigned owner = (mode >> 6) & 7, group = (mode >> 3) & 7, other = mode & 7;
    const int is_directory = S_ISDIR(mode);
    const unsigned allow_owner_first = owner & ~group & other;
    const unsigned deny_owner = ~owner & (group | other) & 7;
    const unsigned deny_group = ~group & other & 7;

    struct mode_acl acl = {.count = 0};
    if (allow_owner_first)
        add_ace(&acl, ACE_ACCESS_ALLOWED_ACE_TYPE, ACE_OWNER, rights(allow_owner_first, is_directory));
    if (deny_owner) add_ace(&acl, ACE_ACCESS_DENIED_ACE_TYPE, ACE_OWNER, rights(deny_owner, is_directory));
    if (deny_group) add_ace(&acl, ACE_ACCESS_DENIED_ACE_TYPE, owning_group, rights(deny_group, is_directory));
    add_ace(&acl, ACE_ACCESS_ALLOWED_ACE_TYPE, ACE_OWNER, everybody | owner_only | rights(owner, is_directory));
    add_ace(&acl, ACE_ACCESS_ALLOWED_ACE_TYPE, owning_group, everybody | rights(group, is_directory));
    add_ace(&acl, ACE_ACCESS_ALLOWED_ACE_TYPE, ACE_EVERYONE, everybody | rights(other, is_directory));
    return acl;
}

void kz_fix_salt(objset_t* os, uint64_t object, dmu_tx_t* tx) {
    enum { kBlockType, kSalt }; /* the first numbers of mzap_phys_t */
    dmu_buf_t* block = NULL;
    VERIFY0(dmu_buf_hold(os, object, 0, FTAG, &block, DMU_READ_NO_PREFETCH));
    dmu_buf_will_dirty(block, tx);
    /* Multiplied by 2^64 over the golden ratio: numbers that lie side by side end up far apart. */
    ((uint64_t*)block->db_data)[kSalt] = (object * 0x9e3779b97f4a7c15ULL) | 1;
    dmu_buf_rele(block, FTAG);
}

/* Takes the place of libzpool's own, for the tables of attributes that OpenZFS makes by itself. */
uint64_t zap_create_link(objset_t* os, dmu_object_type_t type, uint64_t parent, const char* name, dmu_tx_t* tx) {
    const uint64_t object = zap_create(os, type, DMU_OT_NONE, 0, tx);
    kz_fix_salt(os, object, tx);
    VERIFY0(zap_add(os, parent, name, 8, 1, &object, tx));
    return object;
}

int kz_set_attributes(struct kz_fs* fs, uint64_t object, const struct kz_attributes* attributes, uint64_t parent,
                      const char* symlink, const void* xattrs, size_t xattrs_length, dmu_tx_t* tx) {
    struct kz_attributes a = *attributes;
    struct mode_acl acl = acl_of(a.mode);
    /* Before it was mounted nobody can hold a handle of an object that is no more: one number serves all. */
    uint64_t generation = TXG_INITIAL, project = ZFS_DEFAULT_PROJID;
    uint64_t flags = ZFS_ARCHIVE | ZFS_AV_MODIFIED | ZFS_ACL_TRIVIAL;
    if (a.hidden) flags |= ZFS_XATTR;
    if ((a.mode & 0111) == 0111) flags |= ZFS_NO_EXECS_DENIED;
    const int has_project = (S_ISREG(a.mode) || S_ISDIR(a.mode)) && dmu_objset_projectquota_enabled(fs->os);
    if (has_project) flags |= ZFS_PROJID;

    /* In this order: kz_owner_of and the kernel find the first ones by their offset. */
    sa_bulk_attr_t list[kMaxAttributes];
    int n = 0;
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_MODE], NULL, &a.mode, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_SIZE], NULL, &a.size, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_GEN], NULL, &generation, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_UID], NULL, &a.uid, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_GID], NULL, &a.gid, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_PARENT], NULL, &parent, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_FLAGS], NULL, &flags, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_ATIME], NULL, a.atime, 16);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_MTIME], NULL, a.mtime, 16);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_CTIME], NULL, a.ctime, 16);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_CRTIME], NULL, a.btime, 16);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_LINKS], NULL, &a.links, 8);
    if (has_project) SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_PROJID], NULL, &project, 8);
    if (S_ISBLK(a.mode) || S_ISCHR(a.mode)) SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_RDEV], NULL, &a.rdev, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_DACL_COUNT], NULL, &acl.count, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_DACL_ACES], NULL, acl.aces, acl.count * sizeof acl.aces[0]);
    if (symlink != NULL)
        SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_SYMLINK], NULL, (void*)(uintptr_t)symlink, a.size);
    if (xattrs_length != 0)
        SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_DXATTR], NULL, (void*)(uintptr_t)xattrs, xattrs_length);

    sa_handle_t* handle = NULL;
    int error = sa_handle_get(fs->os, object, NULL, SA_HDL_PRIVATE, &handle);
    if (error != 0) return error;
    if (fs->was_mounted && sa_lookup(handle, fs->attributes[ZPL_GEN], &generation, sizeof generation) != 0)
        generation = dmu_tx_get_txg(tx);
    /* Attributes that an old object has in a block of their own: only when it was looked at, that block is freed. */
    int length = 0;
    (void)sa_size(handle, fs->attributes[ZPL_DXATTR], &length);
    error = sa_replace_all_by_template(handle, list, n, tx);
    sa_handle_destroy(handle);
    return error;
}

static uint64_t add_object(objset_t* os, dmu_object_type_t type, const char* name, dmu_tx_t* tx) {
    const uint64_t object = zap_create(os, type, DMU_OT_NONE, 0, tx);
    kz_fix_salt(os, object, tx);
    VERIFY0(zap_add(os, MASTER_NODE_OBJ, name, 8, 1, &object, tx));
    return object;
}

void kz_fill_filesystem(objset_t* os, const struct kz_filesystem* how, dmu_tx_t* tx) {
    const uint64_t version = ZPL_VERSION;
    VERIFY0(zap_create_claim(os, MASTER_NODE_OBJ, DMU_OT_MASTER_NODE, DMU_OT_NONE, 0, tx));
    kz_fix_salt(os, MASTER_NODE_OBJ, tx);
    VERIFY0(zap_add(os, MASTER_NODE_OBJ, "normalization", 8, 1, &how->normalization, tx));
    VERIFY0(zap_add(os, MASTER_NODE_OBJ, "utf8only", 8, 1, &how->utf8only, tx));
    VERIFY0(zap_add(os, MASTER_NODE_OBJ, "casesensitivity", 8, 1, &how->casesensitivity, tx));
    VERIFY0(zap_add(os, MASTER_NODE_OBJ, ZPL_VERSION_STR, 8, 1, &version, tx));
    const uint64_t sa_object = add_object(os, DMU_OT_SA_MASTER_NODE, ZFS_SA_ATTRS, tx);
    (void)add_object(os, DMU_OT_UNLINKED_SET, ZFS_UNLINKED_SET, tx);

    struct kz_fs fs = {.os = os};
    VERIFY0(sa_setup(os, sa_object, zfs_attr_table, ZPL_END, &fs.attributes));
    int normalization = (int)how->normalization;
    if (how->casesensitivity != KZ_CASE_SENSITIVE) normalization |= U8_TEXTPREP_TOUPPER;
    const uint64_t root = zap_create_norm_dnsize(os, normalization, DMU_OT_DIRECTORY_CONTENTS, DMU_OT_SA,
                                                 DN_BONUS_SIZE(DNODE_MIN_SIZE), DNODE_MIN_SIZE, tx);
    kz_fix_salt(os, root, tx);
    const struct kz_attributes attributes = {.mode = S_IFDIR | 0755, .links = 2, .size = 2};
    VERIFY0(kz_set_attributes(&fs, root, &attributes, root, NULL, NULL, 0, tx));
    VERIFY0(zap_add(os, MASTER_NODE_OBJ, ZFS_ROOT_OBJ, 8, 1, &root, tx));
}
