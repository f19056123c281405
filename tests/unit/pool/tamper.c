/* SPDX-License-Identifier: BSD-3-Clause */
/* Loaded into kldload-pool, to make pools that it does not make by itself: a few of a hundred larger blocks are
   allocated as on a pool that is fragmented, and a file "EVIL" gets a name that leads out of its directory. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

extern uint64_t metaslab_force_ganging;

__attribute__((constructor)) static void force_gang(void) {
    metaslab_force_ganging = 16384;
}

typedef int (*zap_adder)(void*, uint64_t, const char*, int, uint64_t, const void*, void*);

int zap_add(void* os, uint64_t object, const char* name, int size, uint64_t count, const void* value, void* tx) {
    const zap_adder real = (zap_adder)(uintptr_t)dlsym(RTLD_NEXT, "zap_add");
    return real(os, object, strcmp(name, "EVIL") == 0 ? "../evil" : name, size, count, value, tx);
}
