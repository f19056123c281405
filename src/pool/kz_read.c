/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads files, attributes and xattrs of file systems. */
#include <stdlib.h>

#include "pool/kz_zfs.h"

/* Of an xattr: FreeBSD takes more than the 64 KiB of Linux. A damaged size must not become an allocation. */
enum { kMaxValue = 16 << 20 };

int kz_attributes_of(struct kz_fs* fs, uint64_t object, struct kz_attributes* to) {
    sa_handle_t* handle = NULL;
    memset(to, 0, sizeof *to);
    int error = sa_handle_get(fs->os, object, NULL, SA_HDL_PRIVATE, &handle);
    if (error != 0) return error;
    sa_bulk_attr_t list[10];
    int n = 0;
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_MODE], NULL, &to->mode, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_UID], NULL, &to->uid, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_GID], NULL, &to->gid, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_SIZE], NULL, &to->size, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_LINKS], NULL, &to->links, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_ATIME], NULL, to->atime, 16);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_MTIME], NULL, to->mtime, 16);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_CTIME], NULL, to->ctime, 16);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_CRTIME], NULL, to->btime, 16);
    error = sa_bulk_lookup(handle, list, n);
    if (error == 0 && (S_ISBLK(to->mode) || S_ISCHR(to->mode)))
        error = sa_lookup(handle, fs->attributes[ZPL_RDEV], &to->rdev, sizeof to->rdev);
    sa_handle_destroy(handle);
    return error;
}

int kz_symlink(struct kz_fs* fs, uint64_t object, char* target, size_t size) {
    sa_handle_t* handle = NULL;
    int error = sa_handle_get(fs->os, object, NULL, SA_HDL_PRIVATE, &handle);
    if (error != 0) return error;
    int length = 0;
    error = sa_size(handle, fs->attributes[ZPL_SYMLINK], &length);
    if (error == 0 && (size_t)length >= size) error = ENAMETOOLONG;
    if (error == 0) error = sa_lookup(handle, fs->attributes[ZPL_SYMLINK], target, (uint32_t)length);
    if (error == 0) target[length] = '\0';
    sa_handle_destroy(handle);
    return error;
}

static int tell_packed(sa_handle_t* handle, sa_attr_type_t attribute, kz_xattr_told told, void* context) {
    int length = 0;
    int error = sa_size(handle, attribute, &length);
    if (error != 0) return error == ENOENT ? 0 : error;
    char* packed = malloc((size_t)length);
    if (packed == NULL) return ENOMEM;
    nvlist_t* list = NULL;
    error = sa_lookup(handle, attribute, packed, (uint32_t)length);
    if (error == 0) error = nvlist_unpack(packed, (size_t)length, &list, 0);
    free(packed);
    if (error != 0) return error;
    for (nvpair_t* pair = nvlist_next_nvpair(list, NULL); pair != NULL && error == 0;
         pair = nvlist_next_nvpair(list, pair)) {
        uchar_t* value = NULL;
        uint_t count = 0;
        error = nvpair_value_byte_array(pair, &value, &count);
        const struct kz_xattr xattr = {nvpair_name(pair), value, count};
        if (error == 0) error = told(context, &xattr);
    }
    nvlist_free(list);
    return error;
}

struct hidden {
    struct kz_fs* fs;
    kz_xattr_told told;
    void* context;
};

static int tell_hidden(void* context, const char* name, uint64_t object, uint64_t mode) {
    (void)mode;
    const struct hidden* hidden = context;
    struct kz_attributes attributes;
    int error = kz_attributes_of(hidden->fs, object, &attributes);
    if (error != 0) return error;
    if (attributes.size > kMaxValue) return EFBIG;
    char* value = malloc(attributes.size + 1);
    if (value == NULL) return ENOMEM;
    error = attributes.size == 0 ? 0 : kz_read(hidden->fs, object, 0, value, attributes.size);
    const struct kz_xattr xattr = {name, value, attributes.size};
    if (error == 0) error = hidden->told(hidden->context, &xattr);
    free(value);
    return error;
}

int kz_xattrs(struct kz_fs* fs, uint64_t object, kz_xattr_told told, void* context) {
    sa_handle_t* handle = NULL;
    int error = sa_handle_get(fs->os, object, NULL, SA_HDL_PRIVATE, &handle);
    if (error != 0) return error;
    uint64_t directory = 0;
    error = tell_packed(handle, fs->attributes[ZPL_DXATTR], told, context);
    if (sa_lookup(handle, fs->attributes[ZPL_XATTR], &directory, sizeof directory) != 0) directory = 0;
    sa_handle_destroy(handle);
    if (error != 0 || directory == 0) return error;
    struct hidden hidden = {fs, told, context};
    return kz_list(fs, directory, tell_hidden, &hidden);
}

int kz_read(struct kz_fs* fs, uint64_t object, uint64_t offset, void* to, size_t length) {
    return dmu_read(fs->os, object, offset, length, to, DMU_READ_PREFETCH);
}

int kz_seek(struct kz_fs* fs, uint64_t object, int hole, uint64_t* offset) {
    const int error = dmu_offset_next(fs->os, object, hole != 0, offset);
    return error == ESRCH ? ENOENT : error;
}
