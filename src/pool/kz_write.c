/* SPDX-License-Identifier: BSD-3-Clause */
/* Fills file systems, many files to a transaction. */
#include "pool/kz_zfs.h"

int kz_fs_prepare(struct kz_fs* fs) {
    uint64_t sa_object = 0, normalization = 0, sensitivity = KZ_CASE_SENSITIVE;
    int error = zap_lookup(fs->os, MASTER_NODE_OBJ, ZFS_ROOT_OBJ, 8, 1, &fs->root);
    if (error == 0) {
        (void)zap_lookup(fs->os, MASTER_NODE_OBJ, ZFS_SA_ATTRS, 8, 1, &sa_object);
        (void)zap_lookup(fs->os, MASTER_NODE_OBJ, "normalization", 8, 1, &normalization);
        (void)zap_lookup(fs->os, MASTER_NODE_OBJ, "casesensitivity", 8, 1, &sensitivity);
        error = sa_setup(fs->os, sa_object, zfs_attr_table, ZPL_END, &fs->attributes);
    }
    fs->normalization = (int)normalization;
    fs->case_sensitivity = (int)sensitivity;
    if (sensitivity != KZ_CASE_SENSITIVE) fs->normalization |= U8_TEXTPREP_TOUPPER;
    return error;
}

int kz_fs_open(const char* name, int writable, struct kz_fs** out) {
    struct kz_fs* fs = calloc(1, sizeof *fs);
    if (fs == NULL) return ENOMEM;
    (void)snprintf(fs->name, sizeof fs->name, "%s", name);
    /* A mere hold would keep the pool's configuration locked. */
    int error = dmu_objset_own(name, DMU_OST_ZFS, writable ? B_FALSE : B_TRUE, B_FALSE, fs, &fs->os);
    if (error != 0) {
        free(fs);
        return error;
    }
    error = kz_fs_prepare(fs);
    if (error != 0) {
        kz_fs_close(fs);
        return error;
    }
    *out = fs;
    return 0;
}

/* Owning an objset may have started to upgrade its accounting in the background, and libzpool cannot cancel that. */
void kz_disown(objset_t* os, void* tag) {
    taskq_t* upgrades = dmu_objset_spa(os)->spa_upgrade_taskq;
    if (upgrades != NULL) taskq_wait(upgrades);
    dmu_objset_disown(os, B_FALSE, tag);
}

void kz_fs_close(struct kz_fs* fs) {
    kz_disown(fs->os, fs);
    free(fs);
}

struct kz_filesystem kz_fs_how(const struct kz_fs* fs) {
    struct kz_filesystem how = {0, 0, 0};
    (void)zap_lookup(fs->os, MASTER_NODE_OBJ, "normalization", 8, 1, &how.normalization);
    (void)zap_lookup(fs->os, MASTER_NODE_OBJ, "utf8only", 8, 1, &how.utf8only);
    (void)zap_lookup(fs->os, MASTER_NODE_OBJ, "casesensitivity", 8, 1, &how.casesensitivity);
    return how;
}

uint64_t kz_fs_root(const struct kz_fs* fs) {
    return fs->root;
}

static size_t bytes_of(const struct kz_piece* pieces, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) bytes += pieces[i].length;
    return bytes;
}

static uint64_t end_of(const struct kz_piece* pieces, size_t count) {
    return count == 0 ? 0 : pieces[count - 1].offset + pieces[count - 1].length;
}

static void write_pieces(struct kz_fs* fs, uint64_t object, const struct kz_piece* pieces, size_t count, dmu_tx_t* tx) {
    for (size_t i = 0; i < count; i++)
        dmu_write(fs->os, object, pieces[i].offset, pieces[i].length, pieces[i].data, tx);
}

static int create_one(struct kz_fs* fs, struct kz_new* thing, dmu_tx_t* tx) {
    int dnode_size = dmu_objset_dnodesize(fs->os);
    if (dnode_size == 0) dnode_size = DNODE_MIN_SIZE;
    const int bonus = DN_BONUS_SIZE(dnode_size);
    if (S_ISDIR(thing->attributes.mode))
        thing->object = zap_create_norm_dnsize(fs->os, fs->normalization, DMU_OT_DIRECTORY_CONTENTS, DMU_OT_SA, bonus,
                                               dnode_size, tx);
    else
        thing->object = dmu_object_alloc_dnsize(fs->os, DMU_OT_PLAIN_FILE_CONTENTS, (int)thing->block_size, DMU_OT_SA,
                                                bonus, dnode_size, tx);
    if (S_ISDIR(thing->attributes.mode)) kz_fix_salt(fs->os, thing->object, tx);
    const uint64_t parent = thing->parent != NULL ? thing->parent->object : thing->directory;
    int error = kz_set_attributes(fs, thing->object, &thing->attributes, parent, thing->symlink, thing->xattrs,
                                  thing->xattrs_length, tx);
    if (error != 0) return error;
    write_pieces(fs, thing->object, thing->pieces, thing->piece_count, tx);
    return kz_enter(fs, parent, thing->name, kz_entry(thing->object, thing->attributes.mode), tx);
}

int kz_create_many(struct kz_fs* fs, struct kz_new* things, size_t count, size_t* failed) {
    *failed = count;
    dmu_tx_t* tx = dmu_tx_create(fs->os);
    size_t bytes = 0, attributes = 0, new_directories = 0;
    uint64_t end = 0, last_directory = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t symlink = things[i].symlink != NULL ? things[i].attributes.size : 0;
        attributes = MAX(attributes, things[i].xattrs_length + symlink);
        bytes += bytes_of(things[i].pieces, things[i].piece_count);
        end = MAX(end, end_of(things[i].pieces, things[i].piece_count));
        new_directories += S_ISDIR(things[i].attributes.mode) ? 1 : 0;
        if (things[i].parent == NULL && things[i].directory != last_directory) {
            last_directory = things[i].directory;
            dmu_tx_hold_zap(tx, last_directory, B_TRUE, NULL);
        }
    }
    /* One hold of a kind covers all the new objects; the room that the pool keeps back makes up for their dnodes. */
    dmu_tx_hold_sa_create(tx, (int)(attributes + 512));
    if (end != 0) dmu_tx_hold_write(tx, DMU_NEW_OBJECT, 0, (int)MAX(bytes, end));
    if (new_directories != 0) dmu_tx_hold_zap(tx, DMU_NEW_OBJECT, B_TRUE, NULL);
    int error = dmu_tx_assign(tx, KZ_WAIT);
    if (error != 0) {
        dmu_tx_abort(tx);
        return error;
    }
    for (size_t i = 0; i < count && error == 0; i++) {
        error = create_one(fs, &things[i], tx);
        if (error != 0) *failed = i;
    }
    dmu_tx_commit(tx);
    return error;
}

int kz_write(struct kz_fs* fs, uint64_t object, const struct kz_piece* pieces, size_t count) {
    dmu_tx_t* tx = dmu_tx_create(fs->os);
    for (size_t i = 0; i < count; i++) dmu_tx_hold_write(tx, object, pieces[i].offset, (int)pieces[i].length);
    const int error = dmu_tx_assign(tx, KZ_WAIT);
    if (error != 0) {
        dmu_tx_abort(tx);
        return error;
    }
    write_pieces(fs, object, pieces, count, tx);
    dmu_tx_commit(tx);
    return 0;
}

int kz_set_counts(struct kz_fs* fs, const struct kz_counts* counts, size_t count) {
    dmu_tx_t* tx = dmu_tx_create(fs->os);
    for (size_t i = 0; i < count; i++) dmu_tx_hold_bonus(tx, counts[i].object);
    int error = dmu_tx_assign(tx, KZ_WAIT);
    if (error != 0) {
        dmu_tx_abort(tx);
        return error;
    }
    for (size_t i = 0; i < count && error == 0; i++) {
        struct kz_counts now = counts[i];
        sa_handle_t* handle = NULL;
        error = sa_handle_get(fs->os, now.object, NULL, SA_HDL_PRIVATE, &handle);
        if (error != 0) break;
        sa_bulk_attr_t list[2];
        int n = 0;
        SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_LINKS], NULL, &now.links, 8);
        if (now.size != UINT64_MAX) SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_SIZE], NULL, &now.size, 8);
        error = sa_bulk_update(handle, list, n, tx);
        sa_handle_destroy(handle);
    }
    dmu_tx_commit(tx);
    return error;
}
