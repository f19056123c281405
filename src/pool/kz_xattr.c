/* SPDX-License-Identifier: BSD-3-Clause */
/* Extended attributes: beside the attributes of a file, or in its hidden directory. */
#include "pool/kz_zfs.h"

int kz_pack_xattrs(const struct kz_xattr* xattrs, size_t count, void** packed, size_t* length) {
    nvlist_t* list = fnvlist_alloc();
    for (size_t i = 0; i < count; i++)
        fnvlist_add_byte_array(list, xattrs[i].name, (uchar_t*)(uintptr_t)xattrs[i].value, (uint_t)xattrs[i].length);
    char* bytes = NULL;
    *length = 0;
    const int error = nvlist_pack(list, &bytes, length, NV_ENCODE_XDR, KM_SLEEP);
    *packed = bytes;
    fnvlist_free(list);
    return error;
}

/* What hidden things have in common with the file they belong to. */
static int owner_attributes(struct kz_fs* fs, uint64_t object, struct kz_attributes* to) {
    sa_handle_t* handle = NULL;
    int error = sa_handle_get(fs->os, object, NULL, SA_HDL_PRIVATE, &handle);
    if (error != 0) return error;
    sa_bulk_attr_t list[8];
    int n = 0;
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_UID], NULL, &to->uid, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_GID], NULL, &to->gid, 8);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_ATIME], NULL, to->atime, 16);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_MTIME], NULL, to->mtime, 16);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_CTIME], NULL, to->ctime, 16);
    SA_ADD_BULK_ATTR(list, n, fs->attributes[ZPL_CRTIME], NULL, to->btime, 16);
    error = sa_bulk_lookup(handle, list, n);
    sa_handle_destroy(handle);
    return error;
}

static int make_hidden_directory(struct kz_fs* fs, uint64_t owner, const struct kz_attributes* attributes,
                                 uint64_t* hidden) {
    dmu_tx_t* tx = dmu_tx_create(fs->os);
    dmu_tx_hold_sa_create(tx, 512);
    dmu_tx_hold_zap(tx, DMU_NEW_OBJECT, B_TRUE, NULL);
    dmu_tx_hold_bonus(tx, owner);
    dmu_tx_hold_spill(tx, owner);
    int error = dmu_tx_assign(tx, KZ_WAIT);
    if (error != 0) {
        dmu_tx_abort(tx);
        return error;
    }
    *hidden = zap_create_norm_dnsize(fs->os, fs->normalization, DMU_OT_DIRECTORY_CONTENTS, DMU_OT_SA,
                                     DN_BONUS_SIZE(DNODE_MIN_SIZE), DNODE_MIN_SIZE, tx);
    kz_fix_salt(fs->os, *hidden, tx);
    error = kz_set_attributes(fs, *hidden, attributes, owner, NULL, NULL, 0, tx);
    sa_handle_t* handle = NULL;
    if (error == 0) error = sa_handle_get(fs->os, owner, NULL, SA_HDL_PRIVATE, &handle);
    if (error == 0) {
        error = sa_update(handle, fs->attributes[ZPL_XATTR], hidden, sizeof *hidden, tx);
        sa_handle_destroy(handle);
    }
    dmu_tx_commit(tx);
    return error;
}

int kz_set_xattr_directory(struct kz_fs* fs, uint64_t object, const struct kz_xattr* xattrs, size_t count) {
    struct kz_attributes attributes = {.hidden = 1};
    int error = owner_attributes(fs, object, &attributes);
    if (error != 0) return error;
    attributes.mode = S_IFDIR | S_ISVTX | 0777;
    attributes.links = 2;
    attributes.size = count + 2;
    uint64_t hidden = 0;
    size_t failed = 0;
    error = make_hidden_directory(fs, object, &attributes, &hidden);
    for (size_t i = 0; i < count && error == 0; i++) {
        const struct kz_piece piece = {0, xattrs[i].value, xattrs[i].length};
        struct kz_new file = {.directory = hidden, .name = xattrs[i].name, .attributes = attributes, .pieces = &piece};
        file.attributes.mode = S_IFREG | 0644;
        file.attributes.links = 1;
        file.attributes.size = xattrs[i].length;
        file.block_size = MIN(P2ROUNDUP(xattrs[i].length, SPA_MINBLOCKSIZE), SPA_OLD_MAXBLOCKSIZE);
        file.piece_count = xattrs[i].length == 0 ? 0 : 1;
        error = kz_create_many(fs, &file, 1, &failed);
    }
    return error;
}
