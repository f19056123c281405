/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks all blocks of a pool and reads each copy. */
#include "pool/kz_check.h"

#include <pthread.h>

#include "pool/kz_zfs.h"

#include <sys/abd.h>
#include <sys/bpobj.h>
#include <sys/bptree.h>
#include <sys/dmu_traverse.h>
#include <sys/metaslab_impl.h>
#include <sys/spa_log_spacemap.h>
#include <sys/space_map.h>
#include <sys/vdev_impl.h>
#include <sys/zio.h>

enum { kInFlight = 32 << 20 };

struct walk {
    const struct kz_check* check;
    spa_t* spa;
    int cloned; /* blocks can have more than one reference */
    int ganged; /* blocks in pieces were found: their address does not tell where those lie */
    uint64_t all, done;
    pthread_mutex_t lock; /* of in_flight, and of what is told */
    pthread_cond_t less;
    uint64_t in_flight;
};

struct copy {
    struct walk* walk;
    blkptr_t bp;
    struct kz_place place;
    uint64_t offset, bytes;
    int number;
};

static void copy_done(zio_t* zio) {
    struct copy* copy = zio->io_private;
    struct walk* walk = copy->walk;
    (void)pthread_mutex_lock(&walk->lock);
    walk->in_flight -= copy->bytes;
    if (zio->io_error != 0)
        walk->check->bad(walk->check->context, &copy->place, copy->offset, copy->number, zio->io_error);
    (void)pthread_cond_signal(&walk->less);
    (void)pthread_mutex_unlock(&walk->lock);
    abd_free(zio->io_abd);
    free(copy);
}

/* A block pointer with one copy only. The third address of an encrypted block is no address, but part of its key. */
static blkptr_t only_copy(const blkptr_t* bp, int number) {
    blkptr_t one = *bp;
    one.blk_dva[0] = bp->blk_dva[number];
    memset(&one.blk_dva[1], 0, sizeof one.blk_dva[1]);
    if (!BP_IS_ENCRYPTED(bp)) memset(&one.blk_dva[2], 0, sizeof one.blk_dva[2]);
    return one;
}

static int read_copy(struct walk* walk, const blkptr_t* bp, const zbookmark_phys_t* zb, int number) {
    struct copy* copy = calloc(1, sizeof *copy);
    if (copy == NULL) return ENOMEM;
    copy->walk = walk;
    /* The header of a ganged block is checked by the first address: those are read as they are. */
    copy->bp = BP_IS_GANG(bp) ? *bp : only_copy(bp, number);
    copy->place = (struct kz_place){zb->zb_objset, zb->zb_object, zb->zb_blkid, zb->zb_level};
    copy->offset = DVA_GET_OFFSET(&bp->blk_dva[number]);
    copy->bytes = BP_GET_PSIZE(bp);
    copy->number = number;
    (void)pthread_mutex_lock(&walk->lock);
    while (walk->in_flight > kInFlight) (void)pthread_cond_wait(&walk->less, &walk->lock);
    walk->in_flight += copy->bytes;
    (void)pthread_mutex_unlock(&walk->lock);
    int flags = ZIO_FLAG_CANFAIL | ZIO_FLAG_SCRUB | ZIO_FLAG_RAW;
    if (zb->zb_level == ZB_ZIL_LEVEL) flags |= ZIO_FLAG_SPECULATIVE;
    zio_nowait(zio_read(NULL, walk->spa, &copy->bp, abd_alloc_linear(copy->bytes, B_FALSE), copy->bytes, copy_done,
                        copy, ZIO_PRIORITY_ASYNC_READ, flags, zb));
    return 0;
}

static void tell_found(struct walk* walk, const blkptr_t* bp, int number, int uncertain) {
    const int shared = BP_GET_DEDUP(bp) != 0 || walk->cloned;
    walk->check->found(walk->check->context, DVA_GET_OFFSET(&bp->blk_dva[number]), DVA_GET_ASIZE(&bp->blk_dva[number]),
                       shared, uncertain);
}

static int visit(spa_t* spa, zilog_t* zilog, const blkptr_t* bp, const zbookmark_phys_t* zb, const dnode_phys_t* dnp,
                 void* context) {
    (void)spa;
    (void)zilog;
    (void)dnp;
    struct walk* walk = context;
    if (zb->zb_level == ZB_DNODE_LEVEL || BP_IS_HOLE(bp) || BP_IS_EMBEDDED(bp) || BP_IS_REDACTED(bp)) return 0;
    const int copies = BP_GET_NDVAS(bp);
    if (BP_IS_GANG(bp)) walk->ganged = 1;
    int error = 0;
    for (int i = 0; i < copies && error == 0; i++) {
        (void)pthread_mutex_lock(&walk->lock);
        tell_found(walk, bp, i, zb->zb_level == ZB_ZIL_LEVEL);
        walk->done += DVA_GET_ASIZE(&bp->blk_dva[i]);
        (void)pthread_mutex_unlock(&walk->lock);
        if (i == 0 || !BP_IS_GANG(bp)) error = read_copy(walk, bp, zb, i);
    }
    walk->check->progress(walk->check->context, walk->done, walk->all);
    return error;
}

/* Blocks that were freed and wait to be given back. */
static int count_freed(void* context, const blkptr_t* bp, dmu_tx_t* tx) {
    (void)tx;
    if (BP_IS_HOLE(bp) || BP_IS_EMBEDDED(bp)) return 0;
    if (BP_IS_GANG(bp)) ((struct walk*)context)->ganged = 1;
    for (int i = 0; i < BP_GET_NDVAS(bp); i++) tell_found(context, bp, i, 0);
    return 0;
}

static int count_freed_object(void* context, const blkptr_t* bp, boolean_t freed, dmu_tx_t* tx) {
    (void)freed;
    return count_freed(context, bp, tx);
}

struct map {
    const struct walk* walk;
    spa_t* spa;
    uint64_t txg; /* of a log, else 0 */
};

static int tell_space(space_map_entry_t* entry, void* context) {
    const struct map* map = context;
    if (map->txg != 0) {
        /* Entries of the log count only for what has not been written to the map of its metaslab since. */
        const vdev_t* vdev = vdev_lookup_top(map->spa, entry->sme_vdev);
        if (map->txg < metaslab_unflushed_txg(vdev->vdev_ms[entry->sme_offset >> vdev->vdev_ms_shift])) return 0;
    }
    map->walk->check->space(map->walk->check->context, entry->sme_offset, entry->sme_run, entry->sme_type == SM_ALLOC);
    return 0;
}

static int tell_space_maps(struct walk* walk) {
    struct map map = {walk, walk->spa, 0};
    const vdev_t* vdev = walk->spa->spa_root_vdev->vdev_child[0];
    int error = 0;
    for (uint64_t i = 0; i < vdev->vdev_ms_count && error == 0; i++) {
        space_map_t* space = vdev->vdev_ms[i]->ms_sm;
        if (space != NULL) error = space_map_iterate(space, space_map_length(space), tell_space, &map);
    }
    if (!spa_feature_is_active(walk->spa, SPA_FEATURE_LOG_SPACEMAP)) return error;
    spa_config_enter(walk->spa, SCL_CONFIG, FTAG, RW_READER);
    for (spa_log_sm_t* log = avl_first(&walk->spa->spa_sm_logs_by_txg); log != NULL && error == 0;
         log = AVL_NEXT(&walk->spa->spa_sm_logs_by_txg, log)) {
        space_map_t* space = NULL;
        error = space_map_open(&space, spa_meta_objset(walk->spa), log->sls_sm_obj, 0, UINT64_MAX, SPA_MINBLOCKSHIFT);
        if (error != 0) break;
        map.txg = log->sls_txg;
        error = space_map_iterate(space, space_map_length(space), tell_space, &map);
        space_map_close(space);
    }
    spa_config_exit(walk->spa, SCL_CONFIG, FTAG);
    return error;
}

static const char* cannot_compare(spa_t* spa) {
    if (spa->spa_uberblock.ub_checkpoint_txg != 0 || spa->spa_checkpoint_txg != 0) return "the pool has a checkpoint";
    if (spa->spa_root_vdev->vdev_children != 1) return "a device was removed from the pool";
    if (spa_feature_is_active(spa, SPA_FEATURE_LIVELIST)) return "clones are being destroyed in the background";
    return NULL;
}

static void wait_for_reads(struct walk* walk) {
    (void)pthread_mutex_lock(&walk->lock);
    while (walk->in_flight != 0) (void)pthread_cond_wait(&walk->less, &walk->lock);
    (void)pthread_mutex_unlock(&walk->lock);
}

int kz_check_pool(const char* pool, const struct kz_check* check, const char** unsure) {
    spa_t* spa = NULL;
    int error = spa_open(pool, &spa, FTAG);
    if (error != 0) return error;
    struct walk walk = {
        .check = check, .spa = spa, .lock = PTHREAD_MUTEX_INITIALIZER, .less = PTHREAD_COND_INITIALIZER};
#if !KZ_OLD_API
    walk.cloned = spa_feature_is_active(spa, SPA_FEATURE_BLOCK_CLONING);
#endif
    walk.all = metaslab_class_get_alloc(spa_normal_class(spa));
    *unsure = cannot_compare(spa);
    if (*unsure == NULL) error = tell_space_maps(&walk);
    if (error == 0) error = bpobj_iterate_nofree(&spa->spa_deferred_bpobj, count_freed_object, &walk, NULL);
    if (error == 0 && bpobj_is_open(&spa->spa_dsl_pool->dp_free_bpobj))
        error = bpobj_iterate_nofree(&spa->spa_dsl_pool->dp_free_bpobj, count_freed_object, &walk, NULL);
    if (error == 0 && spa_feature_is_active(spa, SPA_FEATURE_ASYNC_DESTROY))
        error =
            bptree_iterate(spa->spa_meta_objset, spa->spa_dsl_pool->dp_bptree_obj, B_FALSE, count_freed, &walk, NULL);
    if (error == 0)
        error = traverse_pool(spa, 0, TRAVERSE_PRE | TRAVERSE_PREFETCH_METADATA | TRAVERSE_NO_DECRYPT | TRAVERSE_HARD,
                              visit, &walk);
    wait_for_reads(&walk);
    if (*unsure == NULL && walk.ganged) *unsure = "the pool has ganged blocks";
    spa_close(spa, FTAG);
    return error;
}
