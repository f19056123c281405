/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes pools, datasets and snapshots. */
#include "pool/kz_zfs.h"

#include <sys/metaslab.h>

static int list_of(const struct kz_setting* settings, size_t count, nvlist_t* list) {
    for (size_t i = 0; i < count; i++) {
        if (settings[i].text != NULL)
            fnvlist_add_string(list, settings[i].name, settings[i].text);
        else
            fnvlist_add_uint64(list, settings[i].name, settings[i].number);
    }
    return 0;
}

/* libzpool leaves the pool's root dataset empty: without this the kernel could never mount it. */
static int fill_root_dataset(const char* pool, const struct kz_filesystem* how) {
    objset_t* os = NULL;
    int error = dmu_objset_own(pool, DMU_OST_ZFS, B_FALSE, B_FALSE, FTAG, &os);
    if (error != 0) return error;
    dmu_tx_t* tx = dmu_tx_create(os);
    dmu_tx_hold_bonus(tx, DMU_NEW_OBJECT);
    dmu_tx_hold_zap(tx, DMU_NEW_OBJECT, B_TRUE, NULL);
    error = dmu_tx_assign(tx, KZ_WAIT);
    if (error == 0) {
        kz_fill_filesystem(os, how, tx);
        dmu_tx_commit(tx);
        txg_wait_synced(dmu_objset_pool(os), 0);
    } else {
        dmu_tx_abort(tx);
    }
    kz_disown(os, FTAG);
    return error;
}

void kz_add_child(nvlist_t* root, nvlist_t* vdev) {
#if KZ_OLD_API
    fnvlist_add_nvlist_array(root, ZPOOL_CONFIG_CHILDREN, &vdev, 1);
#else
    fnvlist_add_nvlist_array(root, ZPOOL_CONFIG_CHILDREN, (const nvlist_t* const*)&vdev, 1);
#endif
}

int kz_pool_create(const struct kz_new_pool* pool, const char** bad) {
    nvlist_t *disk = fnvlist_alloc(), *root = fnvlist_alloc(), *properties = fnvlist_alloc();
    fnvlist_add_string(disk, ZPOOL_CONFIG_TYPE, VDEV_TYPE_DISK);
    /* What the label says of the path is a hint that each import corrects. */
    char path[ZFS_MAX_DATASET_NAME_LEN + 32];
    (void)snprintf(path, sizeof path, "/dev/disk/by-partlabel/%s", pool->name);
    fnvlist_add_string(disk, ZPOOL_CONFIG_PATH, path);
    fnvlist_add_uint64(disk, ZPOOL_CONFIG_ASHIFT, pool->ashift);
    fnvlist_add_uint64(disk, ZPOOL_CONFIG_IS_LOG, 0);
    fnvlist_add_uint64(disk, ZPOOL_CONFIG_WHOLE_DISK, 0);
    fnvlist_add_string(root, ZPOOL_CONFIG_TYPE, VDEV_TYPE_ROOT);
    kz_add_child(root, disk);
    for (size_t i = 0; i < pool->feature_count; i++) {
        char property[128];
        (void)snprintf(property, sizeof property, "feature@%s", pool->features[i]);
        fnvlist_add_uint64(properties, property, 0);
    }
    list_of(pool->settings, pool->setting_count, properties);
    fnvlist_add_string(properties, "cachefile", "none");

    int error = spa_create(pool->name, root, properties, NULL, NULL);
    fnvlist_free(disk);
    fnvlist_free(root);
    fnvlist_free(properties);
    if (error == 0) error = kz_dataset_set(pool->name, pool->root_settings, pool->root_setting_count, bad);
    if (error == 0) error = fill_root_dataset(pool->name, &pool->root);
    return error;
}

static void fill_new(objset_t* os, void* how, cred_t* cr, dmu_tx_t* tx) {
    (void)cr;
    kz_fill_filesystem(os, how, tx);
}

int kz_dataset_create(const char* name, const struct kz_filesystem* how, const struct kz_setting* settings,
                      size_t count, const char** bad) {
    struct kz_filesystem copy = *how;
    const int error = dmu_objset_create(name, DMU_OST_ZFS, 0, NULL, fill_new, &copy);
    return error != 0 ? error : kz_dataset_set(name, settings, count, bad);
}

int kz_pool_set(const char* pool, const struct kz_setting* settings, size_t count) {
    spa_t* spa = NULL;
    int error = spa_open(pool, &spa, FTAG);
    if (error != 0) return error;
    /* Background work (autotrim) would start now and hold up the export for seconds. The export ends this, too. */
    spa_async_suspend(spa);
    nvlist_t* list = fnvlist_alloc();
    list_of(settings, count, list);
    error = spa_prop_set(spa, list);
    fnvlist_free(list);
    spa_close(spa, FTAG);
    return error;
}

int kz_snapshot(const char* const* names, size_t count) {
    nvlist_t *snapshots = fnvlist_alloc(), *errors = fnvlist_alloc();
    for (size_t i = 0; i < count; i++) fnvlist_add_boolean(snapshots, names[i]);
    const int error = dsl_dataset_snapshot(snapshots, NULL, errors);
    fnvlist_free(snapshots);
    fnvlist_free(errors);
    return error;
}

int kz_sync(const char* pool) {
    spa_t* spa = NULL;
    const int error = spa_open(pool, &spa, FTAG);
    if (error != 0) return error;
    txg_wait_synced(spa_get_dsl(spa), 0);
    spa_close(spa, FTAG);
    return 0;
}

int kz_pool_export(const char* pool) {
    return spa_export(pool, NULL, B_TRUE, B_FALSE);
}

int kz_pool_space(const char* pool, struct kz_space* space) {
    spa_t* spa = NULL;
    const int error = spa_open(pool, &spa, FTAG);
    if (error != 0) return error;
    space->allocated = metaslab_class_get_alloc(spa_normal_class(spa));
    space->capacity = metaslab_class_get_space(spa_normal_class(spa));
    space->reserved = spa_get_slop_space(spa);
    spa_close(spa, FTAG);
    return 0;
}
