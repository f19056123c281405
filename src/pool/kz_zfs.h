/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenZFS's headers and the differences between its releases, for the shim's own files. */
#pragma once

#include <sys/zfs_context.h>

#include <sys/dmu.h>
#include <sys/dmu_objset.h>
#include <sys/dmu_tx.h>
#include <sys/dsl_dataset.h>
#include <sys/dsl_dir.h>
#include <sys/dsl_pool.h>
#include <sys/dsl_prop.h>
#include <sys/fs/zfs.h>
#include <sys/sa.h>
#include <sys/sa_impl.h>
#include <sys/spa.h>
#include <sys/spa_impl.h>
#include <sys/stat.h>
#include <sys/txg.h>
#include <sys/zap.h>
#include <sys/zfs_acl.h>
#include <sys/zfs_project.h>
#include <sys/zfs_sa.h>
#include <sys/zfs_znode.h>

#include "pool/kz.h"
#include "pool/kz_fs.h"

/* 2.1 says TXG_WAIT, 2.3 has DMU_TX_WAIT. */
#ifdef TXG_WAIT
#define KZ_WAIT TXG_WAIT
#define KZ_OLD_API 1
typedef char* kz_text; /* what nvlist_lookup_string gives */
#else
#define KZ_WAIT DMU_TX_WAIT
#define KZ_OLD_API 0
typedef const char* kz_text;
#endif

/* The values of casesensitivity; OpenZFS's names for them are in a header that the package leaves out. */
#define KZ_CASE_SENSITIVE 0
#define KZ_CASE_MIXED 2

struct kz_fs {
    objset_t* os;
    sa_attr_type_t* attributes; /* what sa_setup gave: ZPL_* to the number in this dataset */
    uint64_t root;
    int normalization;
    int case_sensitivity; /* KZ_CASE_* */
    int was_mounted;      /* who had it mounted may hold handles of objects: a number that is used again must differ */
    char name[ZFS_MAX_DATASET_NAME_LEN];
};

/* Enters a name. EEXIST also when the file system holds another name for the same one. */
int kz_enter(struct kz_fs* fs, uint64_t directory, const char* name, uint64_t entry, dmu_tx_t* tx);
/* Fills in what is known of fs->os. */
int kz_fs_prepare(struct kz_fs* fs);
/* Gives up an objset of dmu_objset_own. */
void kz_disown(objset_t* os, void* tag);
/* Makes `vdev` the only child of `root`. */
void kz_add_child(nvlist_t* root, nvlist_t* vdev);
uint64_t kz_image_size(void);
int kz_image_read(void* to, size_t length, uint64_t place);
/* A directory entry: the object and the type of what it is. */
static inline uint64_t kz_entry(uint64_t object, uint64_t mode) {
    return (mode & S_IFMT) << 48 | object;
}

/* Gives a ZAP that is still in one block a salt of its number. OpenZFS takes one from memory addresses, and the same
   tree would never give the same bytes twice. Salts spread names over leaves; they keep no secret. */
void kz_fix_salt(objset_t* os, uint64_t object, dmu_tx_t* tx);
/* Fills in the objects that make an empty objset a file system. */
void kz_fill_filesystem(objset_t* os, const struct kz_filesystem* how, dmu_tx_t* tx);
/* The callback by which OpenZFS learns whose an object is. */
int kz_owner_of(dmu_object_type_t bonustype, const void* data, zfs_file_info_t* info);
/* Gives a new object its attributes. */
int kz_set_attributes(struct kz_fs* fs, uint64_t object, const struct kz_attributes* attributes, uint64_t parent,
                      const char* symlink, const void* xattrs, size_t xattrs_length, dmu_tx_t* tx);
