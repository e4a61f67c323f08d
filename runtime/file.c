#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

bool file_read(const char *path, unsigned char **bytes, size_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return problem("%s: %s", path, strerror(errno));
    struct stat info;
    unsigned char *memory = NULL;
    if (fstat(fd, &info) != 0) {
        problem("%s: %s", path, strerror(errno));
        goto failed;
    }
    if (!S_ISREG(info.st_mode)) {
        problem("%s: not a regular file", path);
        goto failed;
    }
    size_t wanted = (size_t)info.st_size, have = 0;
    memory = malloc(wanted ? wanted : 1);
    if (!memory) {
        problem("%s: no memory for its %zu bytes", path, wanted);
        goto failed;
    }
    while (have < wanted) {
        ssize_t got = read(fd, memory + have, wanted - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            problem("%s: %s", path, strerror(errno));
            goto failed;
        }
        if (got == 0) break; /* became shorter: the reader of the format will say so */
        have += (size_t)got;
    }
    close(fd);
    *bytes = memory;
    *size = have;
    return true;
failed:
    free(memory);
    close(fd);
    return false;
}

/* Folder part of a path with its slash; "" for the current one. */
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? format_text("%.*s", (int)(slash - path + 1), path) : copy_text("");
}

bool output_open(OutputFile *file, const char *path) {
    *file = (OutputFile){0};
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) return problem("%s: is a folder", path);
    if (exists && !S_ISREG(info.st_mode)) {
        file->stream = fopen(path, "we");
        if (!file->stream) return problem("%s: %s", path, strerror(errno));
        file->path = copy_text(path);
        return true;
    }
    char *real = exists ? realpath(path, NULL) : NULL;
    file->path = real ? real : copy_text(path);
    char *folder = folder_of(file->path);
    static unsigned serial; /* several files of one program at a time */
    file->temporary = format_text("%s.nngen-%ld-%u.tmp", folder, (long)getpid(), serial++);
    free(folder);
    int fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) file->stream = fdopen(fd, "w");
    if (!file->stream) {
        problem("%s: cannot create a file there: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
            unlink(file->temporary);
        }
        free(file->temporary);
        free(file->path);
        *file = (OutputFile){0};
        return false;
    }
    return true;
}

/* The new name of a file is on disk only when its folder is. Folders that cannot be synced (some
 * network file systems) are no reason to fail: the data itself is safe. */
static void sync_folder(const char *path) {
    char *folder = folder_of(path);
    int fd = open(*folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

bool output_commit(OutputFile *file) {
    bool ok = !ferror(file->stream);
    ok = fflush(file->stream) == 0 && ok;
    if (ok && file->temporary) ok = fsync(fileno(file->stream)) == 0;
    int error = errno;
    if (fclose(file->stream) != 0 && ok) {
        ok = false;
        error = errno;
    }
    file->stream = NULL;
    if (ok && file->temporary && rename(file->temporary, file->path) != 0) {
        ok = false;
        error = errno;
    }
    if (ok && file->temporary) {
        sync_folder(file->path);
        free(file->temporary);
        file->temporary = NULL;
    }
    if (!ok) problem("%s: cannot write: %s", file->path, strerror(error));
    output_abandon(file);
    return ok;
}

void output_abandon(OutputFile *file) {
    if (file->stream) fclose(file->stream);
    if (file->temporary) unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    *file = (OutputFile){0};
}

bool output_possible(const char *path) {
    OutputFile file;
    if (!output_open(&file, path)) return false;
    output_abandon(&file);
    return true;
}
