/* SPDX-License-Identifier: BSD-3-Clause */
/* Loaded into kldload-pool, to end it in the middle of a change. KLD_CUT_COUNT is a file of eight bytes in which writes
   and flushes of the image are counted; at the one with the number KLD_CUT_AT the process is killed, a write half done.
   With KLD_CUT_LOSE the power goes, too: of what was not flushed since the last flush each write is lost or not, as
   that number says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

struct unflushed {
    struct unflushed* before;
    off_t place;
    size_t length;
    int fd;
    char old[];
};

static struct {
    pthread_mutex_t mutex;
    uint64_t *count, at, lose;
    struct unflushed* last;
} cut = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static uint64_t number(const char* name) {
    const char* text = getenv(name);
    return text == NULL ? 0 : strtoull(text, NULL, 10);
}

__attribute__((constructor)) static void begin(void) {
    const int fd = open(getenv("KLD_CUT_COUNT"), O_RDWR | O_CLOEXEC);
    cut.count = mmap(NULL, sizeof *cut.count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (cut.count == MAP_FAILED) abort();
    cut.at = number("KLD_CUT_AT");
    cut.lose = number("KLD_CUT_LOSE");
}

static void end(void) {
    uint64_t chance = cut.lose * 0x9e3779b97f4a7c15ULL;
    for (struct unflushed* one = cut.last; one != NULL && cut.lose != 0; one = one->before) {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        if (chance >> 63 != 0) (void)!pwrite(one->fd, one->old, one->length, one->place);
    }
    (void)raise(SIGKILL);
}

typedef ssize_t (*writer)(int, const struct iovec*, int, off_t);
typedef int (*flusher)(int);

ssize_t pwritev(int fd, const struct iovec* pieces, int count, off_t place) {
    const writer real = (writer)(uintptr_t)dlsym(RTLD_NEXT, "pwritev");
    size_t length = 0;
    for (int i = 0; i < count; i++) length += pieces[i].iov_len;
    (void)pthread_mutex_lock(&cut.mutex);
    if (cut.lose != 0) {
        struct unflushed* one = malloc(sizeof *one + length);
        *one = (struct unflushed){cut.last, place, length, fd};
        if (pread(fd, one->old, length, place) != (ssize_t)length) abort();
        cut.last = one;
    }
    if (++*cut.count == cut.at) {
        const struct iovec half = {pieces[0].iov_base, pieces[0].iov_len / 2};
        (void)!real(fd, &half, 1, place);
        end();
    }
    const ssize_t done = real(fd, pieces, count, place);
    (void)pthread_mutex_unlock(&cut.mutex);
    return done;
}

int fdatasync(int fd) {
    const flusher real = (flusher)(uintptr_t)dlsym(RTLD_NEXT, "fdatasync");
    (void)pthread_mutex_lock(&cut.mutex);
    if (++*cut.count == cut.at) end();
    cut.last = NULL; /* the process ends soon: nothing is freed */
    const int result = real(fd);
    (void)pthread_mutex_unlock(&cut.mutex);
    return result;
}
