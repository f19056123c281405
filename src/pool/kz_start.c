/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts OpenZFS in this process, which ends with it: taking it down would only free memory. */
#include <string.h>
#include <sys/utsname.h>

#include "pool/kz_zfs.h"

#include <sys/abd.h>
#include <sys/arc_impl.h>
#include <sys/spa_impl.h>
#include <sys/zfs_debug.h>

/* In no header: OpenZFS's own zdb declares it so, too. */
extern boolean_t spa_mode_readable_spacemaps;

/* Not in every release; where it is, its 80 per cent of two processors make one thread that compresses. */
extern uint_t zio_taskq_batch_pct __attribute__((weak));

/* Both take the place of libzpool's own, which play a shortage of memory at random to test OpenZFS, and read
   /dev/urandom for it with each buffer. The limits given to kz_start hold all the same. */
int64_t arc_available_memory(void) {
    return INT64_MAX;
}

uint64_t arc_free_memory(void) {
    return arc_all_memory();
}

static utsname_t nobody = {
    .sysname = "Linux", .nodename = "localhost", .release = "", .version = "", .machine = ""};

/* Both take the place of libzpool's own: a label must not tell on which machine the image was built. */
uint32_t zone_get_hostid(void* zone) {
    (void)zone;
    return 0;
}

utsname_t* utsname(void) {
    return &nobody;
}

int kz_start(enum kz_use use, const struct kz_limits* limits) {
    /* The checks of a debugging build cost most of the time; assertions stay. */
    zfs_flags = 0;
    /* Whole buffers, so that nothing is copied to be compressed or written. */
    zfs_abd_scatter_enabled = B_FALSE;
    if (&zio_taskq_batch_pct != NULL) zio_taskq_batch_pct = 100;
    zfs_arc_min = limits->cache_bytes / 2;
    zfs_arc_max = limits->cache_bytes;
    zfs_dirty_data_max = limits->dirty_bytes;
    /* Else a pool that is only read would come without its space maps, and the check needs them. */
    spa_mode_readable_spacemaps = B_TRUE;
    /* The host's own pools are no business of ours. OpenZFS would take up those of its cache file, so that another of
       the same name could not be opened, and write that file anew or remove it. No file has this name. */
    spa_config_path = "";
    if (use == KZ_CHANGE) (void)snprintf(nobody.nodename, sizeof nobody.nodename, "%s", KZ_CHANGING);
    kernel_init(use == KZ_READ ? SPA_MODE_READ : SPA_MODE_READ | SPA_MODE_WRITE);
    dmu_objset_register_type(DMU_OST_ZFS, kz_owner_of);
    return 0;
}

const char* kz_error(int number) {
    switch (number) {
        case ECKSUM:
            return "checksum error";
        case EFRAGS:
            return "out of unfragmented space";
        case EDQUOT:
            return "the dataset's quota is too small";
        default:
            return strerror(number);
    }
}
