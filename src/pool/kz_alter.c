/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes a pool that exists as a whole: its GUID, its properties. */
#include "pool/kz_zfs.h"

/* Long enough for the blocks of any dataset; what is left then is freed by who opens the pool next. */
enum { kSettleGroups = 500 };

int kz_pool_errors(const char* pool, uint64_t* count) {
    spa_t* spa = NULL;
    const int error = spa_open(pool, &spa, FTAG);
    if (error != 0) return error;
#if KZ_OLD_API
    *count = spa_get_errlog_size(spa);
#else
    *count = spa_approx_errlog_size(spa);
#endif
    spa_close(spa, FTAG);
    return 0;
}

int kz_pool_settle(const char* pool) {
    spa_t* spa = NULL;
    const int error = spa_open(pool, &spa, FTAG);
    if (error != 0) return error;
    dsl_pool_t* dp = spa_get_dsl(spa);
    for (int i = 0; i < kSettleGroups; i++) {
        txg_wait_synced(dp, 0);
        const int is_free = dp->dp_free_dir == NULL || dsl_dir_phys(dp->dp_free_dir)->dd_used_bytes == 0;
        if (is_free && spa->spa_livelists_to_delete == 0) break;
    }
    spa_close(spa, FTAG);
    return 0;
}

int kz_pool_reguid(const char* pool, uint64_t* old_guid, uint64_t* new_guid) {
    spa_t* spa = NULL;
    int error = spa_open(pool, &spa, FTAG);
    if (error != 0) return error;
    *old_guid = spa_guid(spa);
#if KZ_OLD_API
    error = spa_change_guid(spa);
#else
    error = spa_change_guid(spa, NULL);
#endif
    if (error == ZFS_ERR_CHECKPOINT_EXISTS || error == ZFS_ERR_DISCARDING_CHECKPOINT) error = EEXIST;
    *new_guid = spa_guid(spa);
    spa_close(spa, FTAG);
    return error;
}
