/* SPDX-License-Identifier: BSD-3-Clause */
/* Loaded into kldload-pool, to make pools that it does not make by itself: a few of a hundred larger blocks are
   allocated as on a pool that is fragmented, a file "EVIL" gets a name that leads out of its directory, and what is
   12345 bytes large is said to be a tebibyte. */
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

/* As in OpenZFS's sys/sa.h. */
struct attribute {
    void* data;
    void* locator;
    uint16_t length;
    uint16_t number;
    void* private_address;
    uint16_t private_types[2];
};

typedef int (*attributes_setter)(void*, struct attribute*, int, void*);

int sa_replace_all_by_template(void* handle, struct attribute* list, int count, void* tx) {
    static uint64_t huge = 1ULL << 40;
    const attributes_setter real = (attributes_setter)(uintptr_t)dlsym(RTLD_NEXT, "sa_replace_all_by_template");
    for (int i = 0; i < count; i++) {
        uint64_t value = 0;
        if (list[i].length != sizeof value) continue;
        memcpy(&value, list[i].data, sizeof value);
        if (value == 12345) list[i].data = &huge;
    }
    return real(handle, list, count, tx);
}
