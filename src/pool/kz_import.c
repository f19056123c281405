/* SPDX-License-Identifier: BSD-3-Clause */
/* Opens the pool of the image, from its own labels. */
#include <stdlib.h>
#include <sys/vdev_impl.h>
#include <unistd.h>

#include "pool/kz_zfs.h"

/* The newest label that can be understood, or NULL. */
static nvlist_t* newest_label(void) {
    vdev_phys_t* phys = malloc(sizeof *phys);
    nvlist_t* best = NULL;
    uint64_t best_txg = 0;
    for (int label = 0; label < VDEV_LABELS && phys != NULL; label++) {
        const uint64_t place = vdev_label_offset(P2ALIGN(kz_image_size(), sizeof(vdev_label_t)), label,
                                                 offsetof(vdev_label_t, vl_vdev_phys));
        nvlist_t* config = NULL;
        uint64_t txg = 0;
        if (kz_image_read(phys, sizeof *phys, place) != 0) continue;
        if (nvlist_unpack(phys->vp_nvlist, sizeof phys->vp_nvlist, &config, 0) != 0) continue;
        if (nvlist_lookup_uint64(config, ZPOOL_CONFIG_POOL_TXG, &txg) == 0 && txg >= best_txg && txg != 0) {
            if (best != NULL) nvlist_free(best);
            best = config;
            best_txg = txg;
        } else {
            nvlist_free(config);
        }
    }
    free(phys);
    return best;
}

/* A label tells of its own vdev; an import wants the tree above it. */
static int config_of(nvlist_t* label, nvlist_t** out, struct kz_label* told, const char** problem) {
    nvlist_t* vdev = NULL;
    uint64_t guid = 0, version = 0, txg = 0, children = 0;
    kz_text text = NULL, type = NULL;
    if (nvlist_lookup_nvlist(label, ZPOOL_CONFIG_VDEV_TREE, &vdev) != 0 ||
        nvlist_lookup_uint64(label, ZPOOL_CONFIG_POOL_GUID, &guid) != 0 ||
        nvlist_lookup_uint64(label, ZPOOL_CONFIG_VERSION, &version) != 0 ||
        nvlist_lookup_uint64(label, ZPOOL_CONFIG_POOL_TXG, &txg) != 0 ||
        nvlist_lookup_string(label, ZPOOL_CONFIG_POOL_NAME, &text) != 0 ||
        nvlist_lookup_string(vdev, ZPOOL_CONFIG_TYPE, &type) != 0) {
        *problem = "its ZFS label is not complete";
        return EINVAL;
    }
    (void)nvlist_lookup_uint64(label, ZPOOL_CONFIG_VDEV_CHILDREN, &children);
    if (children > 1 || (strcmp(type, VDEV_TYPE_DISK) != 0 && strcmp(type, VDEV_TYPE_FILE) != 0)) {
        *problem = "its pool has more than one device, and only pools on a single one can be read";
        return ENOTSUP;
    }
    uint64_t needed = 0;
    if (nvlist_lookup_uint64(vdev, ZPOOL_CONFIG_ASIZE, &needed) == 0 &&
        (needed > kz_image_size() || kz_image_size() - needed < VDEV_LABEL_START_SIZE + VDEV_LABEL_END_SIZE)) {
        *problem = "its end is missing: the pool in it is larger than what is there";
        return EINVAL;
    }
    (void)snprintf(told->name, sizeof told->name, "%s", text);
    told->txg = txg;
    (void)nvlist_lookup_uint64(label, ZPOOL_CONFIG_HOSTID, &told->hostid);
    (void)nvlist_lookup_uint64(label, ZPOOL_CONFIG_POOL_STATE, &told->state);
    if (nvlist_lookup_string(label, ZPOOL_CONFIG_HOSTNAME, &text) == 0)
        (void)snprintf(told->hostname, sizeof told->hostname, "%s", text);
    nvlist_t *root = fnvlist_alloc(), *config = fnvlist_alloc();
    fnvlist_add_string(root, ZPOOL_CONFIG_TYPE, VDEV_TYPE_ROOT);
    fnvlist_add_uint64(root, ZPOOL_CONFIG_ID, 0);
    fnvlist_add_uint64(root, ZPOOL_CONFIG_GUID, guid);
    kz_add_child(root, vdev);
    fnvlist_add_string(config, ZPOOL_CONFIG_POOL_NAME, told->name);
    fnvlist_add_uint64(config, ZPOOL_CONFIG_POOL_GUID, guid);
    fnvlist_add_uint64(config, ZPOOL_CONFIG_VERSION, version);
    fnvlist_add_uint64(config, ZPOOL_CONFIG_POOL_TXG, txg);
    fnvlist_add_uint64(config, ZPOOL_CONFIG_POOL_STATE, POOL_STATE_EXPORTED);
    fnvlist_add_uint64(config, ZPOOL_CONFIG_VDEV_CHILDREN, 1);
    fnvlist_add_nvlist(config, ZPOOL_CONFIG_VDEV_TREE, root);
    static const char* const kept[] = {ZPOOL_CONFIG_COMMENT, ZPOOL_CONFIG_COMPATIBILITY};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (nvlist_lookup_string(label, kept[i], &text) == 0) fnvlist_add_string(config, kept[i], text);
    fnvlist_free(root);
    *out = config;
    return 0;
}

static int read_label(nvlist_t** config, struct kz_label* told, const char** problem) {
    nvlist_t* label = newest_label();
    if (label == NULL) {
        *problem = "no ZFS label is there";
        return ENOENT;
    }
    memset(told, 0, sizeof *told);
    const int error = config_of(label, config, told, problem);
    nvlist_free(label);
    return error;
}

int kz_pool_label(struct kz_label* told, const char** problem) {
    nvlist_t* config = NULL;
    const int error = read_label(&config, told, problem);
    if (error == 0) nvlist_free(config);
    return error;
}

/* Which features keep this OpenZFS from opening the pool: spa_tryimport says so, spa_import only that there are some. */
static const char* with_unknown_features(nvlist_t* config) {
    static char text[512];
    nvlist_t *tried = spa_tryimport(config), *info = NULL, *unknown = NULL;
    if (tried == NULL) return "the pool cannot be opened by this OpenZFS";
    size_t length = (size_t)snprintf(text, sizeof text, "the pool has features that this OpenZFS does not know:");
    if (nvlist_lookup_nvlist(tried, ZPOOL_CONFIG_LOAD_INFO, &info) == 0 &&
        nvlist_lookup_nvlist(info, ZPOOL_CONFIG_UNSUP_FEAT, &unknown) == 0)
        for (nvpair_t* one = nvlist_next_nvpair(unknown, NULL); one != NULL && length < sizeof text;
             one = nvlist_next_nvpair(unknown, one))
            length += (size_t)snprintf(text + length, sizeof text - length, " %s", nvpair_name(one));
    nvlist_free(tried);
    return unknown == NULL ? "the pool cannot be opened by this OpenZFS" : text;
}

int kz_pool_import(struct kz_label* told, const char** problem) {
    nvlist_t* config = NULL;
    int error = read_label(&config, told, problem);
    if (error != 0) return error;
    *problem = "the pool cannot be opened";
    const int writable = (spa_mode_global & SPA_MODE_WRITE) != 0;
    nvlist_t* properties = fnvlist_alloc();
    fnvlist_add_string(properties, "cachefile", "none");
    error = spa_import(told->name, config, properties,
                       writable ? ZFS_IMPORT_NORMAL : ZFS_IMPORT_MISSING_LOG | ZFS_IMPORT_SKIP_MMP);
    if (error == ENOTSUP) *problem = with_unknown_features(config);
    fnvlist_free(properties);
    fnvlist_free(config);
    return error;
}
