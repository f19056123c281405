/* SPDX-License-Identifier: BSD-3-Clause */
/* What OpenZFS knows of its properties and features. */
#include "pool/kz_zfs.h"

#include <zfeature_common.h>
#include <zfs_prop.h>

static enum kz_kind kind_of(zprop_type_t type) {
    return type == PROP_TYPE_NUMBER ? KZ_NUMBER : type == PROP_TYPE_STRING ? KZ_STRING : KZ_INDEX;
}

struct kz_property kz_dataset_property(const char* name) {
    struct kz_property property = {0};
    const zfs_prop_t prop = zfs_name_to_prop(name);
    if (prop == ZPROP_INVAL) return property;
    property.kind = kind_of(zfs_prop_get_type(prop));
    property.name = zfs_prop_to_name(prop);
    property.settable = !zfs_prop_readonly(prop) || zfs_prop_setonce(prop);
    property.at_creation = zfs_prop_setonce(prop);
    property.for_filesystem = zfs_prop_valid_for_type(prop, ZFS_TYPE_FILESYSTEM, B_FALSE);
    property.default_number = property.kind == KZ_STRING ? 0 : zfs_prop_default_numeric(prop);
    property.values = zprop_values(prop, ZFS_TYPE_DATASET);
    return property;
}

int kz_dataset_property_index(const char* name, const char* word, uint64_t* number) {
    return zfs_prop_string_to_index(zfs_name_to_prop(name), word, number) == 0 ? 0 : EINVAL;
}

const char* kz_dataset_property_word(const char* name, uint64_t number) {
    const char* word = NULL;
    return zfs_prop_index_to_string(zfs_name_to_prop(name), number, &word) == 0 ? word : NULL;
}

struct kz_property kz_pool_property(const char* name) {
    struct kz_property property = {0};
    const zpool_prop_t prop = zpool_name_to_prop(name);
    if (prop == ZPOOL_PROP_INVAL) return property;
    property.kind = kind_of(zpool_prop_get_type(prop));
    property.name = zpool_prop_to_name(prop);
    property.settable = !zpool_prop_readonly(prop);
    property.values = zprop_values(prop, ZFS_TYPE_POOL);
    return property;
}

int kz_pool_property_index(const char* name, const char* word, uint64_t* number) {
    return zpool_prop_string_to_index(zpool_name_to_prop(name), word, number) == 0 ? 0 : EINVAL;
}

int kz_feature_known(const char* name) {
    spa_feature_t feature;
    return zfeature_lookup_name(name, &feature) == 0;
}

const char* kz_feature_name(size_t i) {
    return i < SPA_FEATURES ? spa_feature_table[i].fi_uname : NULL;
}
