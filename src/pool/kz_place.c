/* SPDX-License-Identifier: BSD-3-Clause */
/* Names the dataset and path that a block belongs to. */
#include "pool/kz_check.h"
#include "pool/kz_zfs.h"

static int dataset_name(const char* pool, uint64_t number, char* name, size_t size) {
    char full[ZFS_MAX_DATASET_NAME_LEN];
    spa_t* spa = NULL;
    int error = spa_open(pool, &spa, FTAG);
    if (error != 0) return error;
    dsl_pool_t* dp = spa_get_dsl(spa);
    dsl_dataset_t* dataset = NULL;
    dsl_pool_config_enter(dp, FTAG);
    error = dsl_dataset_hold_obj(dp, number, FTAG, &dataset);
    if (error == 0) {
        dsl_dataset_name(dataset, full);
        (void)snprintf(name, size, "%s", full);
        dsl_dataset_rele(dataset, FTAG);
    }
    dsl_pool_config_exit(dp, FTAG);
    spa_close(spa, FTAG);
    return error;
}

/* The name of an object in its parent. */
static int step_up(struct kz_fs* fs, uint64_t object, uint64_t* parent, char* name, size_t size) {
    sa_handle_t* handle = NULL;
    int error = sa_handle_get(fs->os, object, NULL, SA_HDL_PRIVATE, &handle);
    if (error != 0) return error;
    error = sa_lookup(handle, fs->attributes[ZPL_PARENT], parent, sizeof *parent);
    sa_handle_destroy(handle);
    if (error != 0) return error;
#if KZ_OLD_API
    (void)size;
    return zap_value_search(fs->os, *parent, object, ZFS_DIRENT_OBJ(-1ULL), name);
#else
    return zap_value_search(fs->os, *parent, object, ZFS_DIRENT_OBJ(-1ULL), name, size);
#endif
}

static void object_path(struct kz_fs* fs, uint64_t object, char* path, size_t size) {
    char parts[4096] = "", name[MAXNAMELEN * 4];
    for (int depth = 0; object != fs->root && depth < 64; depth++) {
        uint64_t parent = 0;
        if (step_up(fs, object, &parent, name, sizeof name) != 0) break;
        char longer[sizeof parts];
        if ((size_t)snprintf(longer, sizeof longer, "/%s%s", name, parts) >= sizeof longer) break;
        memcpy(parts, longer, sizeof parts);
        object = parent;
    }
    (void)snprintf(path, size, "%s", object == fs->root && parts[0] == '\0' ? "/" : parts);
}

int kz_place_name(const char* pool, const struct kz_place* place, char* dataset, size_t dataset_size, char* path,
                  size_t path_size) {
    path[0] = '\0';
    int error = dataset_name(pool, place->dataset, dataset, dataset_size);
    if (error != 0) return error;
    struct kz_fs* fs = NULL;
    if (kz_fs_open(dataset, 0, &fs) != 0) return 0;
    object_path(fs, place->object, path, path_size);
    kz_fs_close(fs);
    return 0;
}
