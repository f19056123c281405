/* SPDX-License-Identifier: BSD-3-Clause */
/* The vdev of every pool in this process: a part of one file. The label regions of a new pool are held in memory until
   the end. */
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pool/kz_zfs.h"

#include <sys/abd.h>
#include <sys/vdev_impl.h>
#include <sys/vdev_trim.h>
#include <sys/zio.h>

enum { kLabels = 2 * sizeof(vdev_label_t), kPieces = 256 };

static struct {
    struct kz_image image;
    kz_failure failure;
    /* In memory while writing: without labels no half pool can ever be imported. */
    char *head, *tail;
    uint64_t tail_start;
} vdev;

int kz_image_set(const struct kz_image* image, kz_failure failure) {
    vdev.image = *image;
    vdev.failure = failure;
    vdev.tail_start = P2ALIGN(image->size, sizeof(vdev_label_t)) - kLabels;
    if (!image->writable || image->in_place) return 0;
    vdev.head = calloc(1, kLabels);
    vdev.tail = calloc(1, image->size - vdev.tail_start);
    return vdev.head == NULL || vdev.tail == NULL ? ENOMEM : 0;
}

/* The memory that stands for this place of the vdev, or NULL. */
static char* in_memory(uint64_t place) {
    if (vdev.head == NULL) return NULL;
    if (place < kLabels) return vdev.head + place;
    if (place >= vdev.tail_start) return vdev.tail + (place - vdev.tail_start);
    return NULL;
}

static int transfer_all(int writing, struct iovec* pieces, int count, uint64_t place) {
    while (count > 0) {
        const off_t at = (off_t)(vdev.image.offset + place);
        const ssize_t done =
            writing ? pwritev(vdev.image.fd, pieces, count, at) : preadv(vdev.image.fd, pieces, count, at);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return done < 0 ? errno : writing ? ENOSPC : EIO;
        place += (uint64_t)done;
        size_t left = (size_t)done;
        while (count > 0 && left >= pieces->iov_len) {
            left -= pieces->iov_len;
            pieces++;
            count--;
        }
        if (count > 0) {
            pieces->iov_base = (char*)pieces->iov_base + left;
            pieces->iov_len -= left;
        }
    }
    return 0;
}

struct transfer {
    int writing, count, error;
    uint64_t place; /* of the first piece */
    uint64_t length;
    struct iovec pieces[kPieces];
};

static int flush_pieces(struct transfer* transfer) {
    if (transfer->count == 0) return 0;
    transfer->error = transfer_all(transfer->writing, transfer->pieces, transfer->count, transfer->place);
    transfer->place += transfer->length;
    transfer->length = 0;
    transfer->count = 0;
    return transfer->error;
}

static int take_piece(void* buffer, size_t length, void* argument) {
    struct transfer* transfer = argument;
    char* memory = in_memory(transfer->place);
    if (memory != NULL) {
        if (transfer->writing)
            memcpy(memory, buffer, length);
        else
            memcpy(buffer, memory, length);
        transfer->place += length;
        return 0;
    }
    transfer->pieces[transfer->count++] = (struct iovec){buffer, length};
    transfer->length += length;
    return transfer->count == kPieces ? flush_pieces(transfer) : 0;
}

static void image_io(zio_t* zio) {
    if (zio->io_type == ZIO_TYPE_READ || zio->io_type == ZIO_TYPE_WRITE) {
        struct transfer transfer;
        transfer.writing = zio->io_type == ZIO_TYPE_WRITE;
        transfer.count = transfer.error = 0;
        transfer.place = zio->io_offset;
        transfer.length = 0;
        const uint64_t place = zio->io_offset;
        (void)abd_iterate_func(zio->io_abd, 0, zio->io_size, take_piece, &transfer);
        if (transfer.error == 0) (void)flush_pieces(&transfer);
        /* A pool that cannot be written is suspended and waits for ever; a half-written image is of no use either. */
        if (transfer.error != 0 && vdev.image.writable)
            vdev.failure(transfer.writing ? "write" : "read", vdev.image.offset + place, transfer.error);
        zio->io_error = transfer.error;
        zio_interrupt(zio);
        return;
    }
    /* Flushes and trims. In a new pool what matters is the one flush at the end, and the image is sparse already. */
    if (vdev.image.in_place && fdatasync(vdev.image.fd) != 0) vdev.failure("flush", vdev.image.offset, errno);
    zio_execute(zio);
}

static int image_open(vdev_t* vd, uint64_t* size, uint64_t* max_size, uint64_t* logical_ashift,
                      uint64_t* physical_ashift) {
    vd->vdev_nonrot = B_TRUE;
    vd->vdev_has_trim = B_FALSE;
    vd->vdev_has_securetrim = B_FALSE;
    *size = *max_size = vdev.image.size;
    *logical_ashift = *physical_ashift = SPA_MINBLOCKSHIFT;
    return 0;
}

static void image_nothing(vdev_t* vd) {
    (void)vd;
}
static void image_io_done(zio_t* zio) {
    (void)zio;
}

/* These two take the place of libzpool's own. Pools are made with type "disk", so that the label suits a real
   partition; a pool to be read may have been made on a file. */
#define IMAGE_VDEV(type)                                                                                             \
    {                                                                                                                \
        .vdev_op_open = image_open, .vdev_op_close = image_nothing, .vdev_op_asize = vdev_default_asize,             \
        .vdev_op_min_asize = vdev_default_min_asize, .vdev_op_io_start = image_io, .vdev_op_io_done = image_io_done, \
        .vdev_op_hold = image_nothing, .vdev_op_rele = image_nothing, .vdev_op_xlate = vdev_default_xlate,           \
        .vdev_op_type = type, .vdev_op_leaf = B_TRUE,                                                                \
    }
vdev_ops_t vdev_disk_ops = IMAGE_VDEV(VDEV_TYPE_DISK);
vdev_ops_t vdev_file_ops = IMAGE_VDEV(VDEV_TYPE_FILE);

/* Takes the place of libzpool's own: these vdevs are not trimmed, and a thread for it would hold up the export of a pool
   with autotrim=on for five seconds. */
void vdev_autotrim_restart(spa_t* spa) {
    (void)spa;
}

uint64_t kz_image_size(void) {
    return vdev.image.size;
}

int kz_image_read(void* to, size_t length, uint64_t place) {
    struct iovec piece = {to, length};
    return transfer_all(0, &piece, 1, place);
}

static int write_region(char* memory, uint64_t length, uint64_t place) {
    struct iovec piece = {memory, length};
    return transfer_all(1, &piece, 1, place);
}

int kz_image_commit(void) {
    if (fdatasync(vdev.image.fd) != 0) return errno;
    int error = write_region(vdev.head, kLabels, 0);
    if (error == 0) error = write_region(vdev.tail, vdev.image.size - vdev.tail_start, vdev.tail_start);
    if (error == 0 && fsync(vdev.image.fd) != 0) error = errno;
    return error;
}
