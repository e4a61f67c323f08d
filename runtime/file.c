#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
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

/* Folder part of a path with its slash; "" for the current one. */
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return format_text("%.*s", slash ? (int)(slash - path + 1) : 0, path);
}

/* The temporary name that was made last. */
static const char *volatile unfinished;

void output_abandon(void) {
    if (unfinished) unlink(unfinished);
}

static void give_up(void *thing) {
    OutputFile *file = thing;
    if (file->stream) fclose(file->stream);
    if (!file->temporary) return;
    unlink(file->temporary);
    unfinished = NULL;
}

OutputFile *output_open(const char *path) {
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) {
        problem("%s: is a folder", path);
        return NULL;
    }
    if (!exists && lstat(path, &info) == 0) {
        problem("%s: a link to what is not there; remove it, or make a file where it leads", path);
        return NULL;
    }
    OutputFile *file = allocate(1, sizeof *file);
    char *real = exists ? realpath(path, NULL) : NULL;
    file->path = real ? keep(real, free) : format_text("%s", path);
    if (exists && !S_ISREG(info.st_mode)) {
        file->stream = fopen(path, "we");
    } else {
        static unsigned serial; /* several files of one program at a time */
        char *temporary;
        do { /* one of the same number may have been killed and left its file */
            temporary =
                format_text("%s.nngen-%ld-%u.tmp", folder_of(file->path), (long)getpid(), serial++);
            file->stream = fopen(temporary, "wxe");
        } while (!file->stream && errno == EEXIST);
        if (file->stream) unfinished = file->temporary = temporary;
        if (file->stream && exists) (void)fchmod(fileno(file->stream), info.st_mode & 07777);
    }
    if (file->stream) return keep(file, give_up);
    problem("%s: cannot create a file there: %s", path, strerror(errno));
    return NULL;
}

/* The new name of a file is on disk only when its folder is. Folders that cannot be synced (some
 * network file systems) are no reason to fail: the data itself is safe. */
static void sync_folder(const char *path) {
    const char *folder = folder_of(path);
    int fd = open(*folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

void output_sync(FILE *stream, const char *path) {
    fflush(stream);
    (void)fsync(fileno(stream));
    sync_folder(path);
}

bool output_commit(OutputFile *file) {
    FILE *stream = file->stream;
    bool ok =
        fflush(stream) == 0 && !ferror(stream) && (!file->temporary || fsync(fileno(stream)) == 0);
    int error = errno;
    file->stream = NULL;
    if (fclose(stream) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (ok && file->temporary) {
        ok = rename(file->temporary, file->path) == 0;
        error = errno;
    }
    if (!ok) return problem("%s: cannot write: %s", file->path, strerror(error));
    unfinished = NULL;
    if (file->temporary) sync_folder(file->path);
    file->temporary = NULL;
    return true;
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
