/* SPDX-License-Identifier: BSD-3-Clause */
/* Send streams: out of snapshots, and into new file systems. */
#include <unistd.h>

#include "pool/kz_record.h"
#include "pool/kz_zfs.h"

#include <sys/dmu_recv.h>
#include <sys/dmu_send.h>
#include <sys/zfs_file.h>

struct output {
    int fd;
    struct kz_rewriter* rewriter; /* NULL: the stream stays as the pool has it */
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

static int write_some(objset_t* os, void* buffer, int length, void* to) {
    (void)os;
    const struct output* out = to;
    if (out->rewriter == NULL) return write_all(out->fd, buffer, (size_t)length);
    char changed[KZ_RECORD];
    const char* bytes;
    const int error = kz_rewrite(out->rewriter, buffer, (size_t)length, changed, &bytes);
    return error != 0 ? error : write_all(out->fd, bytes, (size_t)length);
}

int kz_send(const char* snapshot, const char* from, const struct kz_identity* identity, int fd) {
    /* Not as embedded blocks (-e): OpenZFS 2.3.9 drops those that hold extended attributes. */
    const boolean_t embedded = B_FALSE, large = B_TRUE, compressed = B_TRUE, raw = B_FALSE, saved = B_FALSE;
    struct kz_rewriter rewriter = {.payload = 0};
    if (identity != NULL) rewriter.identity = *identity;
    struct output output = {.fd = fd, .rewriter = identity == NULL ? NULL : &rewriter};
    dmu_send_outparams_t out = {.dso_outfunc = write_some, .dso_arg = &output, .dso_dryrun = B_FALSE};
    offset_t offset = 0;
    return dmu_send(snapshot, from, embedded, large, compressed, raw, saved, 0, 0, NULL, fd, &offset, &out);
}

static int read_record(int fd, char* record) {
    size_t have = 0;
    while (have < KZ_RECORD) {
        const ssize_t count = read(fd, record + have, KZ_RECORD - have);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return count < 0 ? errno : ENODATA;
        have += (size_t)count;
    }
    return 0;
}

int kz_receive(const char* dataset, int fd, char* snapshot, size_t size) {
    _Alignas(uint64_t) char begin[KZ_RECORD];
    int error = read_record(fd, begin);
    if (error == 0) error = kz_record_begin(begin, snapshot, size);
    if (error != 0) return error;
    /* OpenZFS ends the process when it meets a longer one. */
    if (strlen(dataset) + 1 + strlen(snapshot) >= ZFS_MAX_DATASET_NAME_LEN) return ENAMETOOLONG;

    char name[ZFS_MAX_DATASET_NAME_LEN];
    (void)snprintf(name, sizeof name, "%s", dataset);
    zfs_file_t file = {.f_fd = fd, .f_dump_fd = -1};
    offset_t offset = sizeof begin;
    dmu_recv_cookie_t cookie;
    const boolean_t force = B_FALSE, resumable = B_FALSE;
    struct dmu_replay_record* record = (struct dmu_replay_record*)begin;
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
