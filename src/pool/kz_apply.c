/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes a file system as a whole or not at all, as OpenZFS's own receive does it: the work is done in a clone, which
   takes its place in one transaction group. The clone is marked inconsistent, and the snapshot below it for a destroy
   that waits for the clone: an import for writing, by whomever, destroys the one and with it the other. */
#include <stdlib.h>

#include "pool/kz_zfs.h"

#include <sys/dsl_destroy.h>
#include <sys/dsl_synctask.h>

#define KZ_COPY "kldload-apply"

enum { kBlocks = 8 }; /* that the tasks below change, roughly */

struct apply {
    const char* dataset;
    char copy[ZFS_MAX_DATASET_NAME_LEN];
    dsl_dataset_t* clone;
    objset_t* os;
};

/* The owner of clones. */
static char tag[] = "kz_apply";

/* The credentials come with the process in some releases and alone in others; no limit on the number of snapshots is
   looked at without them. */
typedef int with_process(dsl_dataset_t*, const char*, dmu_tx_t*, boolean_t, uint64_t, cred_t*, proc_t*);
typedef int without_process(dsl_dataset_t*, const char*, dmu_tx_t*, boolean_t, uint64_t, cred_t*);

static inline int check_with(void (*check)(void), dsl_dataset_t* ds, dmu_tx_t* tx) {
    return ((with_process*)check)(ds, KZ_COPY, tx, B_FALSE, 0, NULL, NULL);
}

static inline int check_without(void (*check)(void), dsl_dataset_t* ds, dmu_tx_t* tx) {
    return ((without_process*)check)(ds, KZ_COPY, tx, B_FALSE, 0, NULL);
}

static int snapshot_check(dsl_dataset_t* ds, dmu_tx_t* tx) {
    void (*check)(void) = (void (*)(void))dsl_dataset_snapshot_check_impl;
    return _Generic(&dsl_dataset_snapshot_check_impl, with_process*: check_with, without_process*: check_without)(
        check, ds, tx);
}

static int begin_check(void* argument, dmu_tx_t* tx) {
    const struct apply* apply = argument;
    dsl_pool_t* dp = dmu_tx_pool(tx);
    dsl_dataset_t* ds = NULL;
    dsl_dir_t* dir = NULL;
    const char* rest = NULL;
    int error = dsl_dataset_hold(dp, apply->dataset, FTAG, &ds);
    if (error != 0) return error;
    error = ds->ds_is_snapshot ? EINVAL : snapshot_check(ds, tx);
    if (error == 0 && ds->ds_dir->dd_crypto_obj != 0) error = EACCES;
    if (error == 0) error = dsl_dir_hold(dp, apply->copy, FTAG, &dir, &rest);
    if (error == 0 && rest == NULL) error = EEXIST;
    if (dir != NULL) dsl_dir_rele(dir, FTAG);
    dsl_dataset_rele(ds, FTAG);
    return error;
}

static void begin_sync(void* argument, dmu_tx_t* tx) {
    struct apply* apply = argument;
    dsl_pool_t* dp = dmu_tx_pool(tx);
    dsl_dataset_t* ds = NULL;
    VERIFY0(dsl_dataset_hold(dp, apply->dataset, FTAG, &ds));
    dsl_dataset_snapshot_sync_impl(ds, KZ_COPY, tx);
    const char* name = strrchr(apply->copy, '/') + 1;
    const uint64_t object = dsl_dataset_create_sync(ds->ds_dir, name, ds->ds_prev, 0, CRED(), NULL, tx);
    VERIFY0(dsl_dataset_own_obj_force(dp, object, 0, tag, &apply->clone));
    dmu_buf_will_dirty(apply->clone->ds_dbuf, tx);
    dsl_dataset_phys(apply->clone)->ds_flags |= DS_FLAG_INCONSISTENT;
    /* Not a property: it holds for as long as the clone is open. */
    apply->clone->ds_quota = ds->ds_quota;
    VERIFY0(dmu_objset_from_ds(apply->clone, &apply->os));
    dsl_destroy_snapshot_sync_impl(ds->ds_prev, B_TRUE, tx);
    dsl_dataset_rele(ds, FTAG);
}

/* What is in the log would be replayed over the new content. */
static int refuse(const char* dataset) {
    objset_t* os = NULL;
    uint64_t version = 0;
    int error = dmu_objset_hold(dataset, FTAG, &os);
    if (error != 0) return error;
    if (dmu_objset_type(os) != DMU_OST_ZFS) error = ENOTSUP;
    if (error == 0) error = zap_lookup(os, MASTER_NODE_OBJ, ZPL_VERSION_STR, 8, 1, &version);
    if (error == 0 && version < ZPL_VERSION_SA) error = ENOTSUP;
    if (error == 0 && !BP_IS_HOLE(&os->os_zil_header.zh_log)) error = EBUSY;
    dmu_objset_rele(os, FTAG);
    return error;
}

int kz_apply_begin(const char* dataset, struct kz_fs** out) {
    struct apply apply = {.dataset = dataset};
    /* Names with a % are OpenZFS's own: nobody is shown them. */
    const int length = snprintf(apply.copy, sizeof apply.copy, "%s/%%" KZ_COPY, dataset);
    if (length >= (int)sizeof apply.copy) return ENAMETOOLONG;
    int error = refuse(dataset);
    if (error != 0) return error;
    struct kz_fs* fs = calloc(1, sizeof *fs);
    if (fs == NULL) return ENOMEM;
    error = dsl_sync_task(dataset, begin_check, begin_sync, &apply, kBlocks, ZFS_SPACE_CHECK_NORMAL);
    if (error != 0) {
        free(fs);
        return error;
    }
    (void)snprintf(fs->name, sizeof fs->name, "%s", dataset);
    fs->os = apply.os;
    fs->was_mounted = 1;
    error = kz_fs_prepare(fs);
    if (error == 0)
        *out = fs;
    else
        (void)kz_apply_abandon(fs);
    return error;
}

static int end_check(void* argument, dmu_tx_t* tx) {
    const struct apply* apply = argument;
    dsl_dataset_t* ds = NULL;
    int error = dsl_dataset_hold(dmu_tx_pool(tx), apply->dataset, FTAG, &ds);
    if (error != 0) return error;
    error = dsl_dataset_clone_swap_check_impl(apply->clone, ds, B_FALSE, NULL, tx);
    dsl_dataset_rele(ds, FTAG);
    const int holds = 1; /* our own */
    return error != 0 ? error : dsl_destroy_head_check_impl(apply->clone, holds);
}

static void end_sync(void* argument, dmu_tx_t* tx) {
    const struct apply* apply = argument;
    dsl_dataset_t* ds = NULL;
    VERIFY0(dsl_dataset_hold(dmu_tx_pool(tx), apply->dataset, FTAG, &ds));
    dsl_dataset_clone_swap_sync_impl(apply->clone, ds, tx);
    dsl_dataset_rele(ds, FTAG);
    dsl_destroy_head_sync_impl(apply->clone, tx);
    dsl_dataset_disown(apply->clone, 0, tag);
}

int kz_apply_end(struct kz_fs* fs) {
    struct apply apply = {.dataset = fs->name, .clone = dmu_objset_ds(fs->os)};
    txg_wait_synced(dmu_objset_pool(fs->os), 0);
    const int error = dsl_sync_task(fs->name, end_check, end_sync, &apply, kBlocks, ZFS_SPACE_CHECK_NORMAL);
    if (error == 0) free(fs);
    return error;
}

int kz_apply_abandon(struct kz_fs* fs) {
    char name[ZFS_MAX_DATASET_NAME_LEN];
    dsl_dataset_t* clone = dmu_objset_ds(fs->os);
    dsl_dataset_name(clone, name);
    txg_wait_synced(dmu_objset_pool(fs->os), 0);
    dsl_dataset_disown(clone, 0, tag);
    free(fs);
    return dsl_destroy_head(name);
}
