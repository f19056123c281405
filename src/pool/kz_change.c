/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes what is in a file system already: names, attributes, whole objects. */
#include "pool/kz_zfs.h"

int kz_lookup(struct kz_fs* fs, uint64_t directory, const char* name, uint64_t* object, uint64_t* mode) {
    uint64_t entry = 0;
    const int error = zap_lookup(fs->os, directory, name, 8, 1, &entry);
    *object = ZFS_DIRENT_OBJ(entry);
    *mode = DTTOIF(ZFS_DIRENT_TYPE(entry));
    return error;
}

int kz_enter(struct kz_fs* fs, uint64_t directory, const char* name, uint64_t entry, dmu_tx_t* tx) {
    if (fs->normalization != 0) {
        /* As the kernel compares: with casesensitivity=mixed it is exact about case unless it is asked not to be. */
        const matchtype_t match = MT_NORMALIZE | (fs->case_sensitivity == KZ_CASE_MIXED ? MT_MATCH_CASE : 0);
        uint64_t other = 0;
        const int error = zap_lookup_norm(fs->os, directory, name, 8, 1, &other, match, NULL, 0, NULL);
        if (error != ENOENT) return error == 0 ? EEXIST : error;
    }
    return zap_add(fs->os, directory, name, 8, 1, &entry, tx);
}

int kz_link(struct kz_fs* fs, uint64_t directory, const char* name, uint64_t object, uint64_t mode) {
    dmu_tx_t* tx = dmu_tx_create(fs->os);
    dmu_tx_hold_zap(tx, directory, B_TRUE, name);
    int error = dmu_tx_assign(tx, KZ_WAIT);
    if (error != 0) {
        dmu_tx_abort(tx);
        return error;
    }
    error = kz_enter(fs, directory, name, kz_entry(object, mode), tx);
    dmu_tx_commit(tx);
    return error;
}

int kz_unlink(struct kz_fs* fs, uint64_t directory, const char* name) {
    dmu_tx_t* tx = dmu_tx_create(fs->os);
    dmu_tx_hold_zap(tx, directory, B_FALSE, name);
    int error = dmu_tx_assign(tx, KZ_WAIT);
    if (error != 0) {
        dmu_tx_abort(tx);
        return error;
    }
    error = zap_remove(fs->os, directory, name, tx);
    dmu_tx_commit(tx);
    return error;
}

static int free_one(void* context, const char* name, uint64_t object, uint64_t mode) {
    (void)name;
    (void)mode;
    struct kz_fs* fs = context;
    return dmu_free_long_object(fs->os, object);
}

/* The hidden directory of an object, 0 when it has none. */
static int hidden_of(struct kz_fs* fs, uint64_t object, uint64_t* parent, uint64_t* hidden) {
    sa_handle_t* handle = NULL;
    *hidden = 0;
    int error = sa_handle_get(fs->os, object, NULL, SA_HDL_PRIVATE, &handle);
    if (error != 0) return error;
    error = sa_lookup(handle, fs->attributes[ZPL_PARENT], parent, sizeof *parent);
    if (error == 0 && sa_lookup(handle, fs->attributes[ZPL_XATTR], hidden, sizeof *hidden) != 0) *hidden = 0;
    sa_handle_destroy(handle);
    return error;
}

static int free_hidden(struct kz_fs* fs, uint64_t hidden) {
    if (hidden == 0) return 0;
    const int error = kz_list(fs, hidden, free_one, fs);
    return error != 0 ? error : dmu_free_long_object(fs->os, hidden);
}

int kz_free(struct kz_fs* fs, uint64_t object) {
    uint64_t parent = 0, hidden = 0;
    int error = hidden_of(fs, object, &parent, &hidden);
    if (error == 0) error = free_hidden(fs, hidden);
    return error != 0 ? error : dmu_free_long_object(fs->os, object);
}

int kz_replace_attributes(struct kz_fs* fs, uint64_t object, const struct kz_attributes* attributes, const void* xattrs,
                          size_t xattrs_length) {
    uint64_t parent = 0, hidden = 0;
    int error = hidden_of(fs, object, &parent, &hidden);
    if (error == 0) error = free_hidden(fs, hidden);
    if (error != 0) return error;
    dmu_tx_t* tx = dmu_tx_create(fs->os);
    dmu_tx_hold_bonus(tx, object);
    dmu_tx_hold_sa_create(tx, (int)(xattrs_length + 512));
    dmu_tx_hold_spill(tx, object);
    error = dmu_tx_assign(tx, KZ_WAIT);
    if (error != 0) {
        dmu_tx_abort(tx);
        return error;
    }
    error = kz_set_attributes(fs, object, attributes, parent, NULL, xattrs, xattrs_length, tx);
    dmu_tx_commit(tx);
    return error;
}

int kz_list(struct kz_fs* fs, uint64_t directory, kz_name told, void* context) {
    zap_cursor_t cursor;
    int error = 0, result = 0;
#if KZ_OLD_API
    zap_attribute_t memory, *attribute = &memory;
#else
    zap_attribute_t* attribute = zap_attribute_alloc();
#endif
    zap_cursor_init(&cursor, fs->os, directory);
    while (result == 0 && (error = zap_cursor_retrieve(&cursor, attribute)) == 0) {
        const uint64_t entry = attribute->za_first_integer;
        result = told(context, attribute->za_name, ZFS_DIRENT_OBJ(entry), DTTOIF(ZFS_DIRENT_TYPE(entry)));
        zap_cursor_advance(&cursor);
    }
    zap_cursor_fini(&cursor);
#if !KZ_OLD_API
    zap_attribute_free(attribute);
#endif
    return result != 0 ? result : error == ENOENT ? 0 : error;
}
