/* SPDX-License-Identifier: BSD-3-Clause */
/* The one way to OpenZFS in user space (libzpool): plain C, no type of OpenZFS. Errors are errno values, 0 is success.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- The image ------------------------------------------------------------------------------------------------- */

/** The one vdev: `size` bytes at `offset` of `fd`. */
struct kz_image {
    int fd;
    uint64_t offset;
    uint64_t size;
    int writable;
    int in_place; /**< writable, and holds a pool already: every write goes to the file as it comes, flushes too */
};

/** Told from a thread of OpenZFS when the image cannot be read or written; must end the process. */
typedef void (*kz_failure)(const char* what, uint64_t offset, int number);

/** All pools of this process lie in this image. What is written to the first and last 512 KiB stays in memory, unless
    the image is changed in place. */
int kz_image_set(const struct kz_image* image, kz_failure failure);
/** Makes the data durable, then writes the first and last 512 KiB, then makes those durable. */
int kz_image_commit(void);

/* --- Start and stop -------------------------------------------------------------------------------------------- */

struct kz_limits {
    uint64_t cache_bytes; /**< ARC */
    uint64_t dirty_bytes; /**< data that waits to be written */
};

/** KZ_CHANGE is for pools that exist: their labels tell meanwhile that KZ_CHANGING has them open. */
enum kz_use { KZ_READ, KZ_MAKE, KZ_CHANGE };
#define KZ_CHANGING "kldload-pool"

int kz_start(enum kz_use use, const struct kz_limits* limits);
/** The text for an error of OpenZFS. */
const char* kz_error(int number);

/* --- Properties ------------------------------------------------------------------------------------------------ */

enum kz_kind { KZ_UNKNOWN, KZ_NUMBER, KZ_STRING, KZ_INDEX };

struct kz_property {
    enum kz_kind kind;
    const char* name; /**< the one name under which it is stored: OpenZFS knows properties by others, too */
    int settable;     /**< not computed by OpenZFS */
    int at_creation;  /**< can be set only when the dataset is made */
    int for_filesystem;
    uint64_t default_number;
    const char* values; /**< what it takes, as zfs(8) prints it */
};

struct kz_property kz_dataset_property(const char* name);
/** A word of an index property to its number; EINVAL when there is no such word. */
int kz_dataset_property_index(const char* name, const char* word, uint64_t* number);
/** The other way; NULL when the number has no word. */
const char* kz_dataset_property_word(const char* name, uint64_t number);
struct kz_property kz_pool_property(const char* name);
int kz_pool_property_index(const char* name, const char* word, uint64_t* number);
/** True when this library knows the pool feature (its short name, as in feature@NAME). */
int kz_feature_known(const char* name);
/** The i-th pool feature of this library; NULL after the last. */
const char* kz_feature_name(size_t i);

/** One property with its value: `text` when not NULL, else `number`. */
struct kz_setting {
    const char* name;
    const char* text;
    uint64_t number;
};

/* --- Pools that exist ------------------------------------------------------------------------------------------ */

/** What the newest label of the image says about the pool and who used it last. */
struct kz_label {
    char name[256];
    char hostname[256];
    uint64_t hostid; /**< 0 when the label has none */
    uint64_t state;  /**< pool_state_t: 0 active, 1 exported, 2 destroyed */
    uint64_t txg;
};

/** Reads the label alone.
    @param problem  out: what is wrong, when an error comes back; static text */
int kz_pool_label(struct kz_label* label, const char** problem);
/** Opens the pool of the image. After KZ_READ nothing of it is written; after KZ_CHANGE it is in use until
    kz_pool_export, and what an interrupted kz_apply_begin left is gone. */
int kz_pool_import(struct kz_label* label, const char** problem);
/** Told one property: its value as zfs(8) shows it, except that numbers are plain; `source` is "default", "-", "local",
   or the dataset that it is inherited from. */
typedef void (*kz_told)(void* context, const char* name, const char* value, const char* source);
/** Properties of the pool, then feature@NAME with disabled, enabled or active. */
int kz_pool_properties(const char* pool, kz_told told, void* context);
int kz_dataset_properties(const char* dataset, kz_told told, void* context);
/** Told each dataset and snapshot, parents before children. */
typedef int (*kz_dataset)(const char* name, void* context);
int kz_datasets(const char* pool, kz_dataset told, void* context);

/* --- Pools that exist: changes. Whenever the process ends, the pool is as before or as it should be. ------------- */

/** Blocks that the pool itself knows to be damaged. */
int kz_pool_errors(const char* pool, uint64_t* count);
/** Waits until what was destroyed is free. */
int kz_pool_settle(const char* pool);
/** Gives the pool another GUID. EEXIST when it has a checkpoint, ENXIO when its device is not healthy. */
int kz_pool_reguid(const char* pool, uint64_t* old_guid, uint64_t* new_guid);

/* --- Pools and datasets ---------------------------------------------------------------------------------------- */

/** What is fixed when a file system is made. */
struct kz_filesystem {
    uint64_t normalization, utf8only, casesensitivity; /**< OpenZFS's numbers */
};

struct kz_new_pool {
    const char* name;
    unsigned ashift;
    const char* const* features;
    size_t feature_count;
    const struct kz_setting* settings;
    size_t setting_count;
    const struct kz_setting* root_settings; /**< of the root dataset */
    size_t root_setting_count;
    struct kz_filesystem root;
};

/** @param bad  the property that was refused, when EINVAL comes back */
int kz_pool_create(const struct kz_new_pool* pool, const char** bad);
int kz_dataset_create(const char* name, const struct kz_filesystem* how, const struct kz_setting* settings,
                      size_t count, const char** bad);
/** Sets all of these properties of a dataset or snapshot, in one transaction group.
    @param bad  the property that was refused, or untouched; ENOSPC when it is less than what is used, or more than
    there is */
int kz_dataset_set(const char* name, const struct kz_setting* settings, size_t count, const char** bad);
/** Sets all of these properties of a pool. The last thing before the export: background work does not start any more.
 */
int kz_pool_set(const char* pool, const struct kz_setting* settings, size_t count);
/** Snapshots of "dataset@name", all in one transaction group. */
int kz_snapshot(const char* const* names, size_t count);
/** What a pool gives a snapshot by chance and by the clock. */
struct kz_identity {
    uint64_t guid;          /**< not 0 */
    uint64_t creation_time; /**< seconds since the epoch */
};
/** Sends "dataset@snapshot", whole or (with `from`) what changed since an earlier snapshot of it. Blocks are sent as
   they are stored: compressed ones compressed, large ones whole.
    @param identity  which the snapshot gets where it is received; NULL for its own */
int kz_send(const char* snapshot, const char* from, const struct kz_identity* identity, int fd);
/** Receives the stream of one snapshot into a dataset that does not exist yet.
    @param snapshot  out: the name of its snapshot, at least 256 bytes
    @returns EBADMSG when it is no stream, ENOTSUP when it is a package of several or no file system, EXDEV when it
   holds only changes, ENODATA when it is cut off or damaged */
int kz_receive(const char* dataset, int fd, char* snapshot, size_t size);
/** Waits until all that was written has left memory. */
int kz_sync(const char* pool);
int kz_pool_export(const char* pool);

struct kz_space {
    uint64_t allocated; /**< bytes taken by blocks */
    uint64_t capacity;  /**< bytes that blocks can take */
    uint64_t reserved;  /**< of those, what OpenZFS keeps for itself */
};
int kz_pool_space(const char* pool, struct kz_space* space);

#ifdef __cplusplus
}
#endif
