/* Whole files in, complete files out, with messages. */
#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

int file_open(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0) {
        problem("%s: %s", path, strerror(errno));
    } else if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        problem("%s: not a regular file", path);
        fd = -1;
    }
    return fd;
}

bool file_read(const char *path, unsigned char **bytes, size_t *size) {
    int fd = file_open(path);
    if (fd < 0) return false;
    struct stat info;
    bool ok = fstat(fd, &info) == 0;
    size_t wanted = ok ? (size_t)info.st_size : 0;
    *bytes = keep(malloc(wanted + 1), free);
    *size = 0;
    for (ssize_t got = 1; ok && got > 0 && *size < wanted;) {
        got = read(fd, *bytes + *size, wanted - *size);
        ok = got >= 0;
        if (ok) *size += (size_t)got;
    }
    int error = errno;
    close(fd);
    return ok || problem("%s: %s", path, strerror(error));
}

typedef struct Mapping {
    void *bytes;
    size_t size;
} Mapping;

static void unmap(void *mapping) {
    const Mapping *m = mapping;
    munmap(m->bytes, m->size);
}

bool file_map(const char *path, unsigned char **bytes, size_t *size) {
    int fd = file_open(path);
    if (fd < 0) return false;
    struct stat info = {0};
    Mapping *m = allocate(1, sizeof *m);
    m->bytes = MAP_FAILED;
    if (fstat(fd, &info) == 0) m->size = (size_t)info.st_size;
    if (m->size > 0) m->bytes = mmap(NULL, m->size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (m->bytes == MAP_FAILED) return file_read(path, bytes, size);
    keep(m, unmap);
    *bytes = m->bytes;
    *size = m->size;
    return true;
}

static void give_up(void *file) {
    newfile_release(file);
}

NewFile *output_open(const char *path) {
    NewFile *file = allocate(1, sizeof *file);
    char why[NEWFILE_WHY];
    if (newfile_open(file, path, why)) return keep(file, give_up);
    problem("%s: %s", path, why);
    return NULL;
}

void output_sync(FILE *stream, const char *path) {
    fflush(stream);
    (void)fsync(fileno(stream));
    newfile_sync_folder(path);
}

bool output_commit(NewFile *file) {
    return (newfile_complete(file, true) && newfile_place(file, true)) ||
           problem("%s: cannot write: %s", file->path, strerror(errno));
}

bool output_possible(const char *path, int64_t bytes) {
    struct rlimit limit;
    struct stat info;
    bool special = stat(path, &info) == 0 && !S_ISREG(info.st_mode);
    if (!special && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < (rlim_t)bytes)
        return problem("%s: takes at least %" PRId64
                       " bytes, the limit of a file's size is %" PRIu64 " (ulimit -f)",
                       path, bytes, (uint64_t)limit.rlim_cur);
    size_t mark = memory_mark();
    bool possible = output_open(path) != NULL;
    memory_release(mark);
    return possible;
}
