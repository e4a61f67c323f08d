/* The files that the sources hold: a source is a file, a folder or an archive, and a folder and an
 * archive of it hold the same files in the same order. */
#ifndef CONVERT_FILES_H
#define CONVERT_FILES_H

#include "../runtime/progress.h"
#include "stream.h"

typedef struct Entry {
    const char *path; /* below its folder or in its archive; of a single file its name */
    const char *name; /* the same without .gz, behind the split that the source is */
    int source;
    bool packed;      /* by gzip */
    bool wanted;      /* to be visited */
    int64_t size;     /* as packed; -1: not known */
    int64_t position; /* in the archive, among its files */
} Entry;

typedef enum SourceKind { SOURCE_FILE, SOURCE_FOLDER, SOURCE_ARCHIVE } SourceKind;

typedef struct Source {
    const char *path;
    SourceKind kind;
    int64_t first, n; /* its entries */
    int64_t size;     /* bytes to be read in a pass over all of it */
} Source;

typedef struct Files {
    Source *sources;
    int n_sources;
    Entry *entries; /* by source, then by the bytes of their paths */
    int64_t n;
    size_t room;
    Progress progress;
    int pass, passes; /* over all files: the one at hand, from 0, and how many there will be */
    int64_t total, done;
} Files;

enum { LISTING = 1 }; /* a pass of its own */

/* Lists the files of the sources, none of them wanted yet. Left out are those whose name, or a
 * folder's name, begins with a dot. False after a message. */
bool files_list(Files *files, const char *const *paths, int n, bool quiet);

/* The entry's place for messages, "photos.tar: cat/1.jpg", into `room`; returns `room`. */
enum { ENTRY_SHOWN = 1 << 13 };
const char *entry_shown(const Files *files, const Entry *entry, char room[ENTRY_SHOWN]);

/* Length of the folders in front that all wanted files of a source share: no splits, and so that
 * `least` parts of each path are left, or one less. */
size_t common_folders(const Files *files, const Source *source, int least);

/* What is done with a file. `index`: of the entry. False, after a message, ends the visit. */
typedef bool Visit(void *context, int64_t index, Stream *stream);

/* Opens the wanted files one after the other: those of an archive as they lie there, others in
 * order. False after a message. */
bool files_visit(Files *files, Visit *visit, void *context);

/* For the parts of this module alone: */

/* Adds an entry; `path` is copied. */
void files_add(Files *files, int source, const char *path, int64_t size);

/* Lists a folder's or an archive's files, in any order. False after a message. */
bool folder_list(Files *files, int source);
bool archive_list(Files *files, int source);

/* Whether a file is an archive that can be read. */
bool is_archive(const char *path);

/* Visits an archive's wanted entries. */
bool archive_visit(Files *files, const Source *source, Visit *visit, void *context);

/* Calls `visit` with what the entry holds, unpacked. */
bool entry_visit(Files *files, int64_t index, Stream *stream, Visit *visit, void *context);

/* Shows how far the pass is, if it is time: `done` bytes of the source at hand. */
void files_progress(Files *files, int64_t done);

#endif
