/* Lists the sources' files and opens them. */
#define _XOPEN_SOURCE 700
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../runtime/file.h"
#include "../runtime/report.h"
#include "path.h"

static int by_path(const void *a, const void *b) {
    return strcmp(((const Entry *)a)->path, ((const Entry *)b)->path);
}

/* The split that a folder or an archive is by its own name, as `data/test` is; -1: none. One that
 * has splits in it is none of them. */
static int own_split(const Files *files, const Source *source) {
    size_t n = strlen(source->path);
    while (n > 1 && source->path[n - 1] == '/') n--;
    const char *path = format_text("%.*s", (int)n, source->path), *base = path_base(path);
    const size_t stem = source->kind == SOURCE_ARCHIVE ? strcspn(base, ".") : strlen(base);
    const int split = path_first_split(format_text("%.*s", (int)stem, base));
    for (int64_t i = source->first; split >= 0 && i < source->first + source->n; i++)
        for (const char *at = files->entries[i].path; strchr(at, '/'); at = strchr(at, '/') + 1)
            if (path_first_split(at) >= 0) return -1;
    return has_ending(path, ".npz") ? -1 : split;
}

static bool sort_source(Files *files, Source *source) {
    if (source->n == 0) return problem("%s: there are no files in it", source->path);
    Entry *entries = files->entries + source->first;
    const int split = source->kind == SOURCE_FILE ? -1 : own_split(files, source);
    for (int64_t i = 0; split >= 0 && i < source->n; i++)
        entries[i].name = format_text("%s/%s", split_names[split], entries[i].name);
    qsort(entries, (size_t)source->n, sizeof *entries, by_path);
    for (int64_t i = 1; i < source->n; i++)
        if (strcmp(entries[i].path, entries[i - 1].path) == 0)
            return problem("%s: holds %s twice", source->path, entries[i].path);
    return true;
}

static bool list_source(Files *files, int index) {
    Source *source = &files->sources[index];
    struct stat info;
    if (stat(source->path, &info) != 0) return problem("%s: %s", source->path, strerror(errno));
    source->first = files->n;
    source->size = info.st_size;
    bool ok = true;
    if (!S_ISDIR(info.st_mode)) files->total += source->size;
    if (S_ISDIR(info.st_mode)) {
        source->kind = SOURCE_FOLDER;
        ok = folder_list(files, index);
    } else if (!S_ISREG(info.st_mode)) {
        ok = problem("%s: neither a regular file nor a folder", source->path);
    } else if (is_archive(source->path)) {
        source->kind = SOURCE_ARCHIVE;
        ok = archive_list(files, index);
    } else {
        files_add(files, index, path_base(source->path), info.st_size);
    }
    source->n = files->n - source->first;
    if (source->kind == SOURCE_FOLDER) {
        source->size = 0;
        for (int64_t i = source->first; i < files->n; i++) source->size += files->entries[i].size;
        files->total += source->size;
    }
    files->done += source->size;
    return ok && sort_source(files, source);
}

bool files_list(Files *files, const char *const *paths, int n, bool quiet) {
    *files = (Files){.n_sources = n, .passes = LISTING + 2};
    files->sources = allocate((size_t)n, sizeof *files->sources);
    progress_begin(&files->progress, quiet, 0);
    for (int i = 0; i < n; i++) {
        files->sources[i].path = paths[i];
        if (!list_source(files, i)) return false;
    }
    files->pass = LISTING;
    return true;
}

/* A file on disk as a stream. */
typedef struct OpenFile {
    Files *files;
    int fd;
    int64_t taken;
} OpenFile;

static int64_t take_file(Stream *stream, void *to, size_t room) {
    OpenFile *file = stream->from;
    const ssize_t got = read(file->fd, to, room);
    if (got < 0) problem("%s: %s", stream->name, strerror(errno));
    if (got > 0) files_progress(file->files, file->taken += got);
    return got;
}

static bool visit_file(Files *files, int64_t index, Visit *visit, void *context) {
    char shown[ENTRY_SHOWN];
    entry_shown(files, &files->entries[index], shown);
    OpenFile file = {.files = files, .fd = file_open(shown)};
    if (file.fd < 0) return false;
    Stream stream = {.name = shown, .take = take_file, .from = &file};
    const bool ok = entry_visit(files, index, &stream, visit, context);
    close(file.fd);
    return ok;
}

bool files_visit(Files *files, Visit *visit, void *context) {
    bool ok = true;
    files->done = 0;
    for (int s = 0; s < files->n_sources && ok; s++) {
        const Source *source = &files->sources[s];
        if (source->kind == SOURCE_ARCHIVE) {
            ok = archive_visit(files, source, visit, context);
            files->done += source->size;
            continue;
        }
        for (int64_t i = source->first; i < source->first + source->n && ok; i++) {
            if (files->entries[i].wanted) ok = visit_file(files, i, visit, context);
            files->done += files->entries[i].size;
        }
    }
    files->pass++;
    return ok;
}
