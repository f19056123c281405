/* SPDX-License-Identifier: BSD-3-Clause */
/* Send streams: out of snapshots, and into new file systems. */
#include <unistd.h>

#include "pool/kz_zfs.h"

#include <sys/dmu_recv.h>
#include <sys/dmu_send.h>
#include <sys/zfs_file.h>
#include <zfs_fletcher.h>

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

#define BEGIN_MAGIC 0x2F5bacbacULL

/* Every record is this long, and its last 32 bytes are the checksum of the stream up to there. */
enum { kRecord = 312, kChecksum = 32 };

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

struct output {
    int fd;
    const struct kz_identity* identity; /* NULL: as the pool has it */
    zio_cksum_t checksum;               /* of what was written */
    uint64_t payload;                   /* bytes that follow the last record */
};

static int write_all(int fd, const char* at, size_t length) {
    while (length > 0) {
        const ssize_t done = write(fd, at, length);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno;
        at += done;
        length -= (size_t)done;
    }
    return 0;
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

/* Gives a record the wanted GUID and time, and the checksums that follow from it. */
static int rewrite_record(struct output* out, char* record) {
    const uint64_t type = number_at(record, 0, 4);
    const size_t place = guid_place(type);
    if (place == 0) return ENOTSUP;
    memcpy(record + place, &out->identity->guid, sizeof out->identity->guid);
    if (type == RECORD_BEGIN)
        memcpy(record + offsetof(struct begin_record, creation_time), &out->identity->creation_time,
               sizeof out->identity->creation_time);
    if (type == RECORD_END) memcpy(record + 8, &out->checksum, kChecksum);
    (void)fletcher_4_incremental_native(record, kRecord - kChecksum, &out->checksum);
    if (type != RECORD_BEGIN) memcpy(record + kRecord - kChecksum, &out->checksum, kChecksum);
    (void)fletcher_4_incremental_native(record + kRecord - kChecksum, kChecksum, &out->checksum);
    return 0;
}

/* OpenZFS gives each record, and each payload, in a call of its own. */
static int write_some(objset_t* os, void* buffer, int length, void* to) {
    (void)os;
    struct output* out = to;
    if (out->identity == NULL) return write_all(out->fd, buffer, (size_t)length);
    if (out->payload != 0) {
        if ((uint64_t)length > out->payload) return ENOTSUP;
        out->payload -= (uint64_t)length;
        (void)fletcher_4_incremental_native(buffer, (size_t)length, &out->checksum);
        return write_all(out->fd, buffer, (size_t)length);
    }
    if (length != kRecord) return ENOTSUP;
    out->payload = payload_of(buffer);
    char record[kRecord];
    memcpy(record, buffer, kRecord);
    const int error = rewrite_record(out, record);
    return error != 0 ? error : write_all(out->fd, record, kRecord);
}

int kz_send(const char* snapshot, const char* from, const struct kz_identity* identity, int fd) {
    /* Not as embedded blocks (-e): OpenZFS 2.3.9 drops those that hold extended attributes. */
    const boolean_t embedded = B_FALSE, large = B_TRUE, compressed = B_TRUE, raw = B_FALSE, saved = B_FALSE;
    struct output output = {.fd = fd, .identity = identity};
    dmu_send_outparams_t out = {.dso_outfunc = write_some, .dso_arg = &output, .dso_dryrun = B_FALSE};
    offset_t offset = 0;
    return dmu_send(snapshot, from, embedded, large, compressed, raw, saved, 0, 0, NULL, fd, &offset, &out);
}

static int read_begin(int fd, struct begin_record* begin) {
    size_t have = 0;
    while (have < sizeof *begin) {
        const ssize_t count = read(fd, (char*)begin + have, sizeof *begin - have);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return count < 0 ? errno : ENODATA;
        have += (size_t)count;
    }
    if (begin->type != 0 || begin->magic != BEGIN_MAGIC) return EBADMSG;
    if ((begin->version_info & 3) != 1 || begin->objset_type != DMU_OST_ZFS) return ENOTSUP;
    begin->name[sizeof begin->name - 1] = '\0';
    return begin->from_guid == 0 ? 0 : EXDEV;
}

int kz_receive(const char* dataset, int fd, char* snapshot, size_t size) {
    struct begin_record begin;
    int error = read_begin(fd, &begin);
    if (error != 0) return error;
    const char* at = strchr(begin.name, '@');
    (void)snprintf(snapshot, size, "%s", at == NULL ? "" : at + 1);
    if (snapshot[0] == '\0') return EBADMSG;

    char name[ZFS_MAX_DATASET_NAME_LEN];
    (void)snprintf(name, sizeof name, "%s", dataset);
    zfs_file_t file = {.f_fd = fd, .f_dump_fd = -1};
    offset_t offset = sizeof begin;
    dmu_recv_cookie_t cookie;
    const boolean_t force = B_FALSE, resumable = B_FALSE;
    struct dmu_replay_record* record = (struct dmu_replay_record*)&begin;
#if KZ_OLD_API
    error = dmu_recv_begin(name, snapshot, record, force, resumable, NULL, NULL, NULL, &cookie, &file, &offset);
#else
    const boolean_t heal = B_FALSE;
    error = dmu_recv_begin(name, snapshot, record, force, heal, resumable, NULL, NULL, NULL, &cookie, &file, &offset);
#endif
    if (error == ZFS_ERR_UNKNOWN_SEND_STREAM_FEATURE) error = ENOTSUP;
    if (error == 0) {
        error = dmu_recv_stream(&cookie, &offset);
        if (error == ECKSUM || error == EINVAL || error == ZFS_ERR_STREAM_TRUNCATED) error = ENODATA;
    }
    if (error == 0) error = dmu_recv_end(&cookie, NULL);
    return error;
}
