/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells what a pool and its datasets are: names and properties. */
#include <stdlib.h>

#include "pool/kz_zfs.h"

#include <zfeature_common.h>
#include <zfs_prop.h>

static void tell_number(kz_told told, void* context, const char* name, uint64_t number, const char* source) {
    char text[32];
    (void)snprintf(text, sizeof text, "%llu", (u_longlong_t)number);
    told(context, name, text, source);
}

/* Each property is a list with its value and, if it is not computed, where the value comes from. */
static void tell_list(nvlist_t* list, const char* own_name, int is_pool, kz_told told, void* context) {
    for (nvpair_t* pair = nvlist_next_nvpair(list, NULL); pair != NULL; pair = nvlist_next_nvpair(list, pair)) {
        nvlist_t* property = NULL;
        kz_text text = NULL, from = NULL;
        uint64_t number = 0;
        const char *name = nvpair_name(pair), *source = "-", *word = NULL;
        if (nvpair_value_nvlist(pair, &property) != 0) continue;
        if (nvlist_lookup_string(property, ZPROP_SOURCE, &from) == 0 && from[0] != '\0')
            source = strcmp(from, own_name) == 0 ? "local" : from;
        if (nvlist_lookup_string(property, ZPROP_VALUE, &text) == 0) {
            told(context, name, text, source);
            continue;
        }
        if (nvlist_lookup_uint64(property, ZPROP_VALUE, &number) != 0) continue;
        if (is_pool) {
            const zpool_prop_t prop = zpool_name_to_prop(name);
            if (prop != ZPOOL_PROP_INVAL && zpool_prop_get_type(prop) == PROP_TYPE_INDEX)
                (void)zpool_prop_index_to_string(prop, number, &word);
        } else {
            const zfs_prop_t prop = zfs_name_to_prop(name);
            if (prop != ZPROP_INVAL && zfs_prop_get_type(prop) == PROP_TYPE_INDEX)
                (void)zfs_prop_index_to_string(prop, number, &word);
        }
        if (word != NULL)
            told(context, name, word, source);
        else
            tell_number(told, context, name, number, source);
    }
}

int kz_dataset_properties(const char* dataset, kz_told told, void* context) {
    objset_t* os = NULL;
    int error = dmu_objset_hold(dataset, FTAG, &os);
    if (error != 0) return error;
    nvlist_t* list = NULL;
    error = dsl_prop_get_all(os, &list);
    if (error == 0) {
        dmu_objset_stats(os, list);
        tell_list(list, dataset, 0, told, context);
        nvlist_free(list);
    }
    static const char* const types[] = {"none", "meta", "filesystem", "volume", "other", "any"};
    told(context, "type", strchr(dataset, '@') != NULL ? "snapshot" : types[MIN(dmu_objset_type(os), 5)], "-");
    for (size_t i = 0; error == 0 && i < 3; i++) {
        static const char* const kept[] = {"normalization", "utf8only", "casesensitivity"};
        uint64_t number = 0;
        if (dmu_objset_type(os) != DMU_OST_ZFS || zap_lookup(os, MASTER_NODE_OBJ, kept[i], 8, 1, &number) != 0)
            continue;
        const char* word = kz_dataset_property_word(kept[i], number);
        if (word != NULL) told(context, kept[i], word, "-");
    }
    dmu_objset_rele(os, FTAG);
    return error;
}

int kz_pool_properties(const char* pool, kz_told told, void* context) {
    spa_t* spa = NULL;
    int error = spa_open(pool, &spa, FTAG);
    if (error != 0) return error;
#if KZ_OLD_API
    nvlist_t* list = NULL;
    error = spa_prop_get(spa, &list);
#else
    nvlist_t* list = fnvlist_alloc();
    error = spa_prop_get(spa, list);
#endif
    if (error == 0) tell_list(list, pool, 1, told, context);
    nvlist_free(list);
    for (int i = 0; i < SPA_FEATURES && error == 0; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "feature@%s", spa_feature_table[i].fi_uname);
        const int enabled = spa_feature_is_enabled(spa, i), active = spa_feature_is_active(spa, i);
        told(context, name, active ? "active" : enabled ? "enabled" : "disabled", "-");
    }
    spa_close(spa, FTAG);
    return error;
}

struct names {
    char** list;
    size_t count;
};

static int collect(const char* name, void* context) {
    struct names* names = context;
    if (strchr(name, '%') != NULL) return 0; /* OpenZFS's own: zfs(8) hides them, too */
    char** longer = realloc(names->list, (names->count + 1) * sizeof *longer);
    if (longer == NULL) return ENOMEM;
    names->list = longer;
    names->list[names->count] = strdup(name);
    return names->list[names->count++] == NULL ? ENOMEM : 0;
}

/* OpenZFS holds a lock while it lists: who is told must be free to open what he is told of. */
int kz_datasets(const char* pool, kz_dataset told, void* context) {
    struct names names = {NULL, 0};
    int error = dmu_objset_find(pool, collect, &names, DS_FIND_CHILDREN | DS_FIND_SNAPSHOTS);
    for (size_t i = 0; i < names.count; i++) {
        if (error == 0) error = told(names.list[i], context);
        free(names.list[i]);
    }
    free(names.list);
    return error;
}
