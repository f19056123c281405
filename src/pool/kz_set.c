/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets properties of datasets, any number in one transaction group: after a crash all of them hold, or none. */
#include "pool/kz_zfs.h"

#include <sys/dsl_synctask.h>
#include <sys/zio_compress.h>
#include <zfs_prop.h>

struct change {
    const char* dataset;
    const struct kz_setting* settings;
    size_t count;
    const char* bad;
};

/* The number that a property has after the change. */
static uint64_t after(const struct change* change, zfs_prop_t prop, uint64_t now) {
    for (size_t i = 0; i < change->count; i++)
        if (zfs_name_to_prop(change->settings[i].name) == prop) now = change->settings[i].number;
    return now;
}

/* What a reservation takes from others: that part of it which is not used yet. */
static uint64_t taken_by(uint64_t reservation, uint64_t used) {
    return reservation > used ? reservation - used : 0;
}

/* Quotas hold what is there and what is reserved; reservations find room. 0 stands for none. */
static int check_one(const struct change* change, const struct kz_setting* setting, dsl_dataset_t* ds) {
    dsl_dir_t* dd = ds->ds_dir;
    const uint64_t number = setting->number, used = dsl_dir_phys(dd)->dd_used_bytes;
    const uint64_t unique = dsl_dataset_phys(ds)->ds_unique_bytes;
    uint64_t more = 0, room = UINT64_MAX, limit = 0;
    switch (zfs_name_to_prop(setting->name)) {
        case ZFS_PROP_QUOTA:
            more = MAX(used, after(change, ZFS_PROP_RESERVATION, dsl_dir_phys(dd)->dd_reserved));
            return number != 0 && number < more ? ENOSPC : 0;
        case ZFS_PROP_REFQUOTA:
            more = MAX(dsl_dataset_phys(ds)->ds_referenced_bytes,
                       after(change, ZFS_PROP_REFRESERVATION, ds->ds_reserved));
            return number != 0 && number < more ? ENOSPC : 0;
        case ZFS_PROP_RESERVATION:
            limit = after(change, ZFS_PROP_QUOTA, dsl_dir_phys(dd)->dd_quota);
            more = taken_by(number, used) - MIN(taken_by(number, used), taken_by(dsl_dir_phys(dd)->dd_reserved, used));
            room = dd->dd_parent != NULL ? dsl_dir_space_available(dd->dd_parent, NULL, 0, B_FALSE)
                                         : dsl_pool_adjustedsize(dd->dd_pool, ZFS_SPACE_CHECK_NORMAL) - used;
            break;
        case ZFS_PROP_REFRESERVATION:
            if (!DS_UNIQUE_IS_ACCURATE(ds)) return ENOTSUP;
            limit = after(change, ZFS_PROP_REFQUOTA, ds->ds_quota);
            more = taken_by(number, unique) - MIN(taken_by(number, unique), taken_by(ds->ds_reserved, unique));
            room = dsl_dir_space_available(dd, NULL, 0, B_TRUE);
            break;
        default:
            return 0;
    }
    return more > room || (limit != 0 && number > limit) ? ENOSPC : 0;
}

static int change_check(void* argument, dmu_tx_t* tx) {
    struct change* change = argument;
    dsl_dataset_t* ds = NULL;
    int error = dsl_dataset_hold(dmu_tx_pool(tx), change->dataset, FTAG, &ds);
    if (error != 0) return error;
    for (size_t i = 0; i < change->count && error == 0; i++) {
        error = check_one(change, &change->settings[i], ds);
        if (error != 0) change->bad = change->settings[i].name;
    }
    dsl_dataset_rele(ds, FTAG);
    return error;
}

/* Some properties are more than a value: OpenZFS's own ioctl has the same cases. */
static void set_one(dsl_dataset_t* ds, const struct kz_setting* setting, dmu_tx_t* tx) {
    const uint64_t number = setting->number;
    dsl_dir_t* dd = ds->ds_dir;
    switch (zfs_name_to_prop(setting->name)) {
        case ZFS_PROP_NORMALIZE:
        case ZFS_PROP_UTF8ONLY:
        case ZFS_PROP_CASE:
            return; /* kept in the file system itself */
        case ZFS_PROP_REFRESERVATION:
            dsl_dataset_set_refreservation_sync_impl(ds, ZPROP_SRC_LOCAL, number, tx);
            return;
        case ZFS_PROP_QUOTA:
            dmu_buf_will_dirty(dd->dd_dbuf, tx);
            mutex_enter(&dd->dd_lock);
            dsl_dir_phys(dd)->dd_quota = number;
            mutex_exit(&dd->dd_lock);
            break;
        case ZFS_PROP_RESERVATION:
            dsl_dir_set_reservation_sync_impl(dd, number, tx);
            break;
        case ZFS_PROP_REFQUOTA:
            dmu_buf_will_dirty(ds->ds_dbuf, tx);
            ds->ds_quota = number;
            break;
        default:
            break;
    }
    if (setting->text != NULL)
        dsl_prop_set_sync_impl(ds, setting->name, ZPROP_SRC_LOCAL, 1, (int)strlen(setting->text) + 1, setting->text,
                               tx);
    else
        dsl_prop_set_sync_impl(ds, setting->name, ZPROP_SRC_LOCAL, sizeof number, 1, &number, tx);
}

static void change_sync(void* argument, dmu_tx_t* tx) {
    const struct change* change = argument;
    dsl_dataset_t* ds = NULL;
    VERIFY0(dsl_dataset_hold(dmu_tx_pool(tx), change->dataset, FTAG, &ds));
    for (size_t i = 0; i < change->count; i++) set_one(ds, &change->settings[i], tx);
    dsl_dataset_rele(ds, FTAG);
}

/* What must be there before a value can be: nobody sees that it was made. */
static int prepare(const char* dataset, const struct kz_setting* setting) {
    switch (zfs_name_to_prop(setting->name)) {
        case ZFS_PROP_FILESYSTEM_LIMIT:
        case ZFS_PROP_SNAPSHOT_LIMIT:
            return dsl_dir_activate_fs_ss_limit(dataset);
        case ZFS_PROP_COMPRESSION:
            if (ZIO_COMPRESS_ALGO(setting->number) != ZIO_COMPRESS_ZSTD) return 0;
            return dsl_dataset_set_compression(dataset, ZPROP_SRC_LOCAL, setting->number);
        default:
            return 0;
    }
}

int kz_dataset_set(const char* name, const struct kz_setting* settings, size_t count, const char** bad) {
    for (size_t i = 0; i < count; i++) {
        const int error = prepare(name, &settings[i]);
        if (error == 0) continue;
        *bad = settings[i].name;
        return error;
    }
    struct change change = {name, settings, count, NULL};
    const int error = count == 0 ? 0
                                 : dsl_sync_task(name, change_check, change_sync, &change, (int)(2 * count),
                                                 ZFS_SPACE_CHECK_RESERVED);
    if (change.bad != NULL) *bad = change.bad;
    return error;
}
