/* Entries: how they are added, named, opened, and counted for the progress. */
#include <stdio.h>
#include <string.h>

#include "files.h"
#include "grow.h"
#include "path.h"

void files_add(Files *files, int source, const char *path, int64_t size) {
    files->entries = grown(files->entries, (size_t)files->n, &files->room, sizeof *files->entries);
    Entry *entry = &files->entries[files->n++];
    *entry = (Entry){.source = source,
                     .path = format_text("%s", path),
                     .packed = has_ending(path, ".gz"),
                     .size = size,
                     .position = files->n - 1 - files->sources[source].first};
    entry->name = entry->packed ? format_text("%.*s", (int)strlen(path) - 3, path) : entry->path;
}

const char *entry_shown(const Files *files, const Entry *entry, char room[ENTRY_SHOWN]) {
    const Source *source = &files->sources[entry->source];
    const size_t n = strlen(source->path);
    const bool slash = source->kind == SOURCE_FOLDER && n && source->path[n - 1] != '/';
    const char *between = source->kind == SOURCE_ARCHIVE ? ": " : slash ? "/" : "";
    snprintf(room, ENTRY_SHOWN, "%s%s%s", source->path, between,
             source->kind == SOURCE_FILE ? "" : entry->path);
    return room;
}

void files_progress(Files *files, int64_t done) {
    if (!progress_due(&files->progress)) return;
    const double part = (double)(files->done + done) / (double)(files->total + 1);
    char pass[32];
    snprintf(pass, sizeof pass, "pass %d of %d", files->pass + 1, files->passes);
    const char *fields[] = {pass, NULL};
    progress_show(&files->progress, (files->pass + part) / files->passes, fields);
}

bool entry_visit(Files *files, int64_t index, Stream *stream, Visit *visit, void *context) {
    if (!files->entries[index].packed) return visit(context, index, stream);
    Stream *unpacked = unpacked_open(stream);
    const bool ok = unpacked && visit(context, index, unpacked);
    if (unpacked) unpacked_close(unpacked);
    return ok;
}

static int parts_of(const char *path) {
    int n = 1;
    for (; *path; path++) n += *path == '/';
    return n;
}

size_t common_folders(const Files *files, const Source *source, int least) {
    for (size_t skip = 0;;) {
        const char *first = NULL;
        size_t n = 0;
        for (int64_t i = source->first; i < source->first + source->n; i++) {
            if (!files->entries[i].wanted) continue;
            const char *path = files->entries[i].name + skip;
            if (!first) n = strcspn(first = path, "/");
            if (parts_of(path) < least || path_first_split(path) >= 0 ||
                strncmp(path, first, n + 1) != 0)
                return skip;
        }
        if (!first) return skip;
        skip += n + 1;
    }
}
