/* SPDX-License-Identifier: BSD-3-Clause */
/* Send streams: out of snapshots, and into new file systems. */
#include <unistd.h>

#include "pool/kz_zfs.h"

#include <sys/dmu_recv.h>
#include <sys/dmu_send.h>
#include <sys/zfs_file.h>

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

static int write_some(objset_t* os, void* buffer, int length, void* to) {
    (void)os;
    const char* at = buffer;
    while (length > 0) {
        const ssize_t done = write(*(const int*)to, at, (size_t)length);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno;
        at += done;
        length -= (int)done;
    }
    return 0;
}

int kz_send(const char* snapshot, const char* from, int fd) {
    /* Not as embedded blocks (-e): OpenZFS 2.3.9 drops those that hold extended attributes. */
    const boolean_t embedded = B_FALSE, large = B_TRUE, compressed = B_TRUE, raw = B_FALSE, saved = B_FALSE;
    dmu_send_outparams_t out = {.dso_outfunc = write_some, .dso_arg = &fd, .dso_dryrun = B_FALSE};
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
