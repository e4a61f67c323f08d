/* Preloaded into a program, lets one of its calls of the C library fail, or kills the program
 * there.
 *
 *   FAULT_KIND=memory|file   calls that are counted: allocations; calls that write or name files
 *   FAULT_AT=N               the call that is hit, from 1; 0: none
 *   FAULT_HOW=fail|kill|half fail: no memory, no space left; kill: SIGKILL before the call takes
 *                            effect; half: of a write the first half, then SIGKILL
 *   FAULT_COUNT=FILE         the number of calls is written there at the end
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum Kind { NONE, MEMORY, FILES };
enum How { FAIL, KILL, HALF };

static enum Kind kind;
static enum How how;
static long hit;
static atomic_long calls;

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

__attribute__((constructor)) static void begin(void) {
    const char *k = getenv("FAULT_KIND"), *at = getenv("FAULT_AT"), *what = getenv("FAULT_HOW");
    hit = at ? atol(at) : 0;
    how = what && !strcmp(what, "kill") ? KILL : what && !strcmp(what, "half") ? HALF : FAIL;
    kind = !k ? NONE : !strcmp(k, "memory") ? MEMORY : FILES;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULT_COUNT");
    kind = NONE;
    if (!path) return;
    FILE *f = fopen(path, "w");
    if (!f) return;
    fprintf(f, "%ld\n", atomic_load(&calls));
    fclose(f);
}

static bool counted(enum Kind k) {
    return kind == k && atomic_fetch_add(&calls, 1) + 1 == hit;
}

static void die(void) {
    raise(SIGKILL);
}

static bool no_memory(void) {
    if (!counted(MEMORY)) return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n) {
    return no_memory() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size) {
    return no_memory() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n) {
    return no_memory() ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n) {
    return no_memory() ? NULL : __libc_memalign(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n) {
    if (no_memory()) return ENOMEM;
    *p = __libc_memalign(alignment, n);
    return *p ? 0 : ENOMEM;
}

/* Whether a call that concerns files fails now. */
static bool refused(void) {
    if (!counted(FILES)) return false;
    if (how != FAIL) die();
    errno = ENOSPC;
    return true;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

FILE *fopen(const char *path, const char *mode) {
    if (strpbrk(mode, "wa+") && refused()) return NULL;
    return REAL(fopen)(path, mode);
}

size_t fwrite(const void *data, size_t size, size_t n, FILE *stream) {
    if (stream != stdout && stream != stderr && counted(FILES)) {
        if (how == KILL) die();
        const size_t part = size * n / 2;
        const size_t done = REAL(fwrite)(data, 1, part, stream);
        REAL(fflush)(stream);
        if (how == HALF) die();
        stream->_flags |= 0x20; /* glibc's flag behind ferror */
        errno = ENOSPC;
        return size ? done / size : 0;
    }
    return REAL(fwrite)(data, size, n, stream);
}

int fflush(FILE *stream) {
    if (stream != stdout && stream != stderr && refused()) return EOF;
    return REAL(fflush)(stream);
}

int fsync(int fd) {
    return refused() ? -1 : REAL(fsync)(fd);
}

int fclose(FILE *stream) {
    if (counted(FILES)) {
        if (how != FAIL) die();
        REAL(fclose)(stream);
        errno = ENOSPC;
        return EOF;
    }
    return REAL(fclose)(stream);
}

int rename(const char *from, const char *to) {
    return refused() ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path) {
    return refused() ? -1 : REAL(unlink)(path);
}
