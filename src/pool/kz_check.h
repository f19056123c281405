/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads every block of an opened pool, as plain C over libzpool. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where a block belongs: a dataset's number (0 is the pool itself), an object in it, and the block in that. */
struct kz_place {
    uint64_t dataset, object, block;
    int64_t level;
};

struct kz_check {
    void* context;
    /** Each copy of each block that something refers to: bytes on the vdev. `shared` when others may refer to it as
       well (deduplication, cloned blocks), `uncertain` for the intent log. */
    void (*found)(void* context, uint64_t offset, uint64_t size, int shared, int uncertain);
    /** A copy that cannot be read, or whose checksum is wrong. */
    void (*bad)(void* context, const struct kz_place* place, uint64_t offset, int copy, int error);
    /** What the space maps say, in order: a range is allocated or freed. */
    void (*space)(void* context, uint64_t offset, uint64_t size, int allocated);
    /** Bytes read so far, and in all. */
    void (*progress)(void* context, uint64_t done, uint64_t all);
};

/** @param unsure  out: why space cannot be compared, or NULL; static text */
int kz_check_pool(const char* pool, const struct kz_check* check, const char** unsure);
/** The name of a dataset by its number, and the path of an object in it as far as it is known. */
int kz_place_name(const char* pool, const struct kz_place* place, char* dataset, size_t dataset_size, char* path,
                  size_t path_size);

#ifdef __cplusplus
}
#endif
