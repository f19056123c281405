/* SPDX-License-Identifier: BSD-3-Clause */
/* The file systems of a pool, as plain C over libzpool: what kz.h is to pools. Errors are errno values, 0 is success.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "pool/kz.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- File systems: writing ------------------------------------------------------------------------------------- */

struct kz_fs;

int kz_fs_open(const char* name, int writable, struct kz_fs** fs);
void kz_fs_close(struct kz_fs* fs);
/** What was fixed when the file system was made. */
struct kz_filesystem kz_fs_how(const struct kz_fs* fs);
/** The object of the root directory. */
uint64_t kz_fs_root(const struct kz_fs* fs);

struct kz_attributes {
    uint64_t mode; /**< type and permissions, as in struct stat */
    uint64_t uid, gid, rdev, size, links;
    uint64_t atime[2], mtime[2], ctime[2], btime[2]; /**< seconds, nanoseconds */
    int hidden;                                      /**< part of a hidden xattr directory */
};

struct kz_piece {
    uint64_t offset;
    const void* data;
    size_t length;
};

/** A new file, directory or other thing, and where it is entered. */
struct kz_new {
    uint64_t directory;          /**< its parent's object, or 0 when `parent` says it */
    const struct kz_new* parent; /**< an earlier one of the same call */
    const char* name;
    struct kz_attributes attributes;
    const char* symlink; /**< target of a symbolic link */
    const void* xattrs;  /**< from kz_pack_xattrs, or NULL */
    size_t xattrs_length;
    uint64_t block_size;           /**< of a regular file; 0 for the smallest */
    const struct kz_piece* pieces; /**< ascending, within the first 16 MiB */
    size_t piece_count;
    uint64_t object; /**< out */
};

/** Makes all of them in one transaction. The names must be free.
    @param failed  out: which of them was refused, or `count` when the transaction as a whole was */
int kz_create_many(struct kz_fs* fs, struct kz_new* things, size_t count, size_t* failed);
int kz_write(struct kz_fs* fs, uint64_t object, const struct kz_piece* pieces, size_t count);

/** What is known of a directory or hard link only at the end. */
struct kz_counts {
    uint64_t object, links;
    uint64_t size; /**< UINT64_MAX leaves it */
};
int kz_set_counts(struct kz_fs* fs, const struct kz_counts* counts, size_t count);
/** Replaces attributes and xattrs of an existing object. */
int kz_replace_attributes(struct kz_fs* fs, uint64_t object, const struct kz_attributes* attributes, const void* xattrs,
                          size_t xattrs_length);
/** Enters an existing object under one more name. */
int kz_link(struct kz_fs* fs, uint64_t directory, const char* name, uint64_t object, uint64_t mode);
/** Takes a name out of a directory; the object stays. */
int kz_unlink(struct kz_fs* fs, uint64_t directory, const char* name);
/** Frees an object and all its blocks, its hidden xattr directory included. */
int kz_free(struct kz_fs* fs, uint64_t object);
/** Makes a hidden directory with one file for each xattr, for those that do not fit beside the attributes. */
struct kz_xattr {
    const char* name;
    const void* value;
    size_t length;
};
int kz_set_xattr_directory(struct kz_fs* fs, uint64_t object, const struct kz_xattr* xattrs, size_t count);
/** As zfs stores xattrs beside the attributes (xattr=sa). The caller frees *packed. */
int kz_pack_xattrs(const struct kz_xattr* xattrs, size_t count, void** packed, size_t* length);

/* --- File systems: changing one that is in use as a whole ------------------------------------------------------- */

/** Opens a copy of a file system, in which kz_create_many and all the others work. Nobody sees it; an import that finds
    it, this library's or the kernel's, destroys it.
    @returns EACCES when it is encrypted, EBUSY when its intent log holds what was not written yet, ENOTSUP when it is
   of an old version, EEXIST when there is a snapshot of the copy's name */
int kz_apply_begin(const char* dataset, struct kz_fs** fs);
/** Puts the copy in the place of the file system, in one transaction group. After an error it is still there. */
int kz_apply_end(struct kz_fs* fs);
/** Destroys the copy. */
int kz_apply_abandon(struct kz_fs* fs);

/* --- File systems: reading ------------------------------------------------------------------------------------- */

/** @param mode  out: the type bits of the directory entry */
int kz_lookup(struct kz_fs* fs, uint64_t directory, const char* name, uint64_t* object, uint64_t* mode);
/** Told each name of a directory, in no order; a result other than 0 ends the listing and is returned. */
typedef int (*kz_name)(void* context, const char* name, uint64_t object, uint64_t mode);
int kz_list(struct kz_fs* fs, uint64_t directory, kz_name told, void* context);

/** What an object is, apart from its xattrs. */
int kz_attributes_of(struct kz_fs* fs, uint64_t object, struct kz_attributes* attributes);
/** @param target  out, at least size + 1 bytes of the link, ended by a zero */
int kz_symlink(struct kz_fs* fs, uint64_t object, char* target, size_t size);
/** Told each xattr of an object, wherever it is stored. */
typedef int (*kz_xattr_told)(void* context, const struct kz_xattr* xattr);
int kz_xattrs(struct kz_fs* fs, uint64_t object, kz_xattr_told told, void* context);
int kz_read(struct kz_fs* fs, uint64_t object, uint64_t offset, void* to, size_t length);
/** Moves *offset to the next data, or with `hole` to the next hole. @returns ENOENT when there is none up to the end */
int kz_seek(struct kz_fs* fs, uint64_t object, int hole, uint64_t* offset);

#ifdef __cplusplus
}
#endif
