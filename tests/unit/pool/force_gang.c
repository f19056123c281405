/* SPDX-License-Identifier: BSD-3-Clause */
/* Loaded into kldload-pool: a few of a hundred larger blocks are then allocated as on a pool that is fragmented. */
#include <stdint.h>

extern uint64_t metaslab_force_ganging;

__attribute__((constructor)) static void force_gang(void) {
    metaslab_force_ganging = 16384;
}
