/* Files written under a temporary name and renamed when they are complete. */
#define _GNU_SOURCE
#include "newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The temporary name that was made last. */
static char *volatile unfinished;

void newfile_abandon(void) {
    if (unfinished) unlink(unfinished);
}

/* Length of the folder part of a path with its slash; 0: the current folder. */
static int folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (int)(slash - path + 1) : 0;
}

char *newfile_name(const char *path) {
    static unsigned serial;
    char *name = NULL;
    const int made = asprintf(&name, "%.*s.nngen-%ld-%u.tmp", folder_length(path), path,
                              (long)getpid(), serial++);
    return made < 0 ? NULL : name;
}

static void open_temporary(NewFile *file, mode_t mode) {
    char *const before = unfinished;
    do { /* a killed process of the same number may have left its file */
        unfinished = before;
        free(file->temporary);
        file->temporary = newfile_name(file->path);
        /* Before the file is there: a signal may come as soon as it is. */
        if (file->temporary) unfinished = file->temporary;
        file->stream = file->temporary ? fopen(file->temporary, "wxe") : NULL;
    } while (file->temporary && !file->stream && errno == EEXIST);
    if (!file->stream) {
        const int error = errno;
        unfinished = before;
        free(file->temporary);
        file->temporary = NULL;
        errno = error;
        return;
    }
    if (file->replaces) (void)fchmod(fileno(file->stream), mode & 07777);
}

bool newfile_open(NewFile *file, const char *path, char why[NEWFILE_WHY]) {
    struct stat info;
    const bool exists = stat(path, &info) == 0;
    *file = (NewFile){.replaces = exists && S_ISREG(info.st_mode)};
    if (exists && S_ISDIR(info.st_mode)) {
        snprintf(why, NEWFILE_WHY, "is a folder");
        return false;
    }
    if (!exists && lstat(path, &info) == 0) {
        snprintf(why, NEWFILE_WHY,
                 "a link to what is not there; remove it, or make a file where it leads");
        return false;
    }
    file->path = exists ? realpath(path, NULL) : strdup(path);
    if (file->path && exists && !file->replaces)
        file->stream = fopen(path, "we");
    else if (file->path)
        open_temporary(file, info.st_mode);
    if (file->stream) return true;
    snprintf(why, NEWFILE_WHY, "cannot create a file there: %s", strerror(errno));
    newfile_release(file);
    return false;
}

bool newfile_complete(NewFile *file, bool durable) {
    FILE *stream = file->stream;
    bool ok = fflush(stream) == 0 && !ferror(stream) &&
              (!durable || !file->temporary || fsync(fileno(stream)) == 0);
    int error = errno;
    file->stream = NULL;
    if (fclose(stream) != 0 && ok) {
        ok = false;
        error = errno;
    }
    errno = error;
    return ok;
}

/* Folders that cannot be synced (some network file systems) are no reason to fail: the data itself
 * is safe. */
void newfile_sync_folder(const char *path) {
    const int length = folder_length(path);
    char *folder = length ? strndup(path, (size_t)length) : strdup(".");
    const int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(folder);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

/* The temporary name is free again. */
static void forget(NewFile *file) {
    if (unfinished == file->temporary) unfinished = NULL;
    free(file->temporary);
    file->temporary = NULL;
}

bool newfile_place(NewFile *file, bool durable) {
    if (!file->temporary) return true;
    if (rename(file->temporary, file->path) != 0) return false;
    forget(file);
    if (durable) newfile_sync_folder(file->path);
    return true;
}

void newfile_release(NewFile *file) {
    if (file->stream) fclose(file->stream);
    if (file->temporary) unlink(file->temporary);
    forget(file);
    free(file->path);
    *file = (NewFile){0};
}
