/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of a send stream as bytes: nothing here needs a pool. */
#pragma once

#include "pool/kz.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Every record is this long. */
enum { KZ_RECORD = 312 };

/** Reads the record that begins a stream of one whole snapshot of a file system.
    @param snapshot  out: its name, without dataset and "@"; at least 256 bytes
    @returns as kz_receive; EBADMSG also for a name that no snapshot can have */
int kz_record_begin(const char* record, char* snapshot, size_t size);

/** Gives a stream another identity, piece by piece. */
struct kz_rewriter {
    struct kz_identity identity;
    uint64_t checksum[4]; /**< of what was written */
    uint64_t payload;     /**< bytes that follow the last record */
};

/** Takes a record, or a piece of what follows one.
    @param changed  room for KZ_RECORD bytes
    @param write  out: what to write instead, as long as the piece
    @returns ENOTSUP for a record whose form is not known */
int kz_rewrite(struct kz_rewriter* rewriter, const char* piece, size_t length, char* changed, const char** write);

#ifdef __cplusplus
}
#endif
