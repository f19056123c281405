/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool/kz_record.h"

#include "pool/kz_zfs.h"

#include <zfs_fletcher.h>
#include <zfs_namecheck.h>

/* The record that begins a stream. It is OpenZFS's format on disk; the header that declares it is left out of the
   development package. */
struct begin_record {
    uint32_t type; /* 0 */
    uint32_t payload_length;
    uint64_t magic;
    uint64_t version_info; /* the lowest two bits: 1 a stream of one snapshot, 2 a package of them */
    uint64_t creation_time;
    uint32_t objset_type;
    uint32_t flags;
    uint64_t guid, from_guid;
    char name[256]; /* "pool/dataset@snapshot" */
};

_Static_assert(sizeof(struct begin_record) == KZ_RECORD, "the name ends with the record");

#define BEGIN_MAGIC 0x2F5bacbacULL

/* The last 32 bytes of a record are the checksum of the stream up to there. */
enum { kChecksum = 32 };

enum record_type {
    RECORD_BEGIN,
    RECORD_OBJECT,
    RECORD_FREEOBJECTS,
    RECORD_WRITE,
    RECORD_FREE,
    RECORD_END,
    RECORD_WRITE_BYREF,
    RECORD_SPILL,
    RECORD_WRITE_EMBEDDED
};

int kz_record_begin(const char* record, char* snapshot, size_t size) {
    struct begin_record begin;
    memcpy(&begin, record, sizeof begin);
    if (begin.type != RECORD_BEGIN || begin.magic != BEGIN_MAGIC) return EBADMSG;
    if ((begin.version_info & 3) != 1 || begin.objset_type != DMU_OST_ZFS) return ENOTSUP;
    if (begin.from_guid != 0) return EXDEV;
    if (memchr(begin.name, '\0', sizeof begin.name) == NULL) return EBADMSG;
    const char* at = strchr(begin.name, '@');
    (void)snprintf(snapshot, size, "%s", at == NULL ? "" : at + 1);
    /* dmu_recv_begin takes any name: zfs(8) and the kernel's ioctl look at it before. */
    return zfs_component_namecheck(snapshot, NULL, NULL) == 0 ? 0 : EBADMSG;
}

/* Where a record of this type repeats the snapshot's GUID; 0 for a type that is not known. */
static size_t guid_place(uint64_t type) {
    switch (type) {
        case RECORD_BEGIN:
        case RECORD_OBJECT:
        case RECORD_WRITE:
        case RECORD_END:
            return 40;
        case RECORD_FREE:
        case RECORD_WRITE_EMBEDDED:
            return 32;
        case RECORD_FREEOBJECTS:
        case RECORD_SPILL:
            return 24;
        default:
            return 0;
    }
}

static uint64_t number_at(const char* record, size_t place, size_t size) {
    uint64_t number = 0;
    memcpy(&number, record + place, size); /* OpenZFS writes in the order of the machine, and ours is little endian */
    return number;
}

/* How many bytes follow a record. */
static uint64_t payload_of(const char* record) {
    switch (number_at(record, 0, 4)) {
        case RECORD_BEGIN:
            return number_at(record, 4, 4);
        case RECORD_OBJECT:
            return P2ROUNDUP(number_at(record, 28, 4), 8); /* the bonus */
        case RECORD_WRITE: /* compressed, when it says how */
            return number_at(record, 50, 1) != 0 ? number_at(record, 96, 8) : number_at(record, 32, 8);
        case RECORD_SPILL:
            return number_at(record, 40, 8) != 0 ? number_at(record, 40, 8) : number_at(record, 16, 8);
        default:
            return 0;
    }
}

static void sum(struct kz_rewriter* rewriter, const char* bytes, size_t length) {
    (void)fletcher_4_incremental_native((void*)(uintptr_t)bytes, length, rewriter->checksum); /* it only reads them */
}

/* OpenZFS gives each record, and each payload, in a call of its own. */
int kz_rewrite(struct kz_rewriter* rewriter, const char* piece, size_t length, char* changed, const char** write) {
    *write = piece;
    if (length % sizeof(uint32_t) != 0) return ENOTSUP; /* there is no checksum of such, and OpenZFS ends the process */
    if (rewriter->payload != 0) {
        if (length > rewriter->payload) return ENOTSUP;
        rewriter->payload -= length;
        sum(rewriter, piece, length);
        return 0;
    }
    if (length != KZ_RECORD) return ENOTSUP;
    const uint64_t type = number_at(piece, 0, 4);
    const size_t place = guid_place(type);
    if (place == 0) return ENOTSUP;
    rewriter->payload = payload_of(piece);
    memcpy(changed, piece, KZ_RECORD);
    const struct kz_identity* identity = &rewriter->identity;
    memcpy(changed + place, &identity->guid, sizeof identity->guid);
    if (type == RECORD_BEGIN)
        memcpy(changed + offsetof(struct begin_record, creation_time), &identity->creation_time,
               sizeof identity->creation_time);
    if (type == RECORD_END) memcpy(changed + 8, rewriter->checksum, kChecksum);
    sum(rewriter, changed, KZ_RECORD - kChecksum);
    if (type != RECORD_BEGIN) memcpy(changed + KZ_RECORD - kChecksum, rewriter->checksum, kChecksum);
    sum(rewriter, changed + KZ_RECORD - kChecksum, kChecksum);
    *write = changed;
    return 0;
}
