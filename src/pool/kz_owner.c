/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose an object is, for the space accounting by user, group and project that the kernel goes on with. */
#include "pool/kz_zfs.h"

static uint64_t number_at(const char* attributes, size_t offset, int swapped) {
    uint64_t number = 0;
    memcpy(&number, attributes + offset, sizeof number);
    return swapped ? BSWAP_64(number) : number;
}

/* In the layout that ZFS gives every file the first attributes are MODE, SIZE, GEN, UID, GID, PARENT, FLAGS, the times,
   LINKS and, when FLAGS says so, PROJID: zfs_sa.h has their offsets. */
int kz_owner_of(dmu_object_type_t bonustype, const void* data, zfs_file_info_t* info) {
    if (bonustype != DMU_OT_SA) return ENOENT;
    info->zfi_project = ZFS_DEFAULT_PROJID;
    if (data == NULL) return EEXIST;

    const sa_hdr_phys_t* header = data;
    info->zfi_user = info->zfi_group = info->zfi_generation = 0;
    if (header->sa_magic == 0) return 0; /* a new object without attributes yet */

    const int swapped = header->sa_magic != SA_MAGIC;
    const uint16_t layout = swapped ? BSWAP_16(header->sa_layout_info) : header->sa_layout_info;
    const char* attributes = (const char*)data + (BF32_GET_SB(layout, 10, 6, 3, 0));
    info->zfi_user = number_at(attributes, SA_UID_OFFSET, swapped);
    info->zfi_group = number_at(attributes, SA_GID_OFFSET, swapped);
    info->zfi_generation = number_at(attributes, SA_GEN_OFFSET, swapped);
    if (number_at(attributes, SA_FLAGS_OFFSET, swapped) & ZFS_PROJID)
        info->zfi_project = number_at(attributes, SA_PROJID_OFFSET, swapped);
    return 0;
}
