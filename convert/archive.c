/* Reads archives: tar, plain or compressed, and zip. Nothing is ever unpacked to disk; names that
 * would be dangerous there are refused all the same, as no archive of data needs them. */
#define _XOPEN_SOURCE 700
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../runtime/file.h"
#include "../runtime/report.h"
#include "files.h"
#include "path.h"

static const char *const endings[] = {".tar",     ".tgz",     ".tar.gz", ".tar.xz",
                                      ".tar.bz2", ".tar.zst", ".zip",    ".npz"};

bool is_archive(const char *path) {
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (has_ending(path, endings[i])) return true;
    return false;
}

static bool failed(struct archive *a, const char *name) {
    const char *words = archive_error_string(a);
    return problem("%s: %s", name, words ? words : "cannot be read as an archive");
}

/* NULL after a message. */
static struct archive *open_archive(const char *path) {
    struct archive *a = archive_read_new();
    if (!a) {
        problem("%s: out of memory", path);
        return NULL;
    }
    archive_read_support_format_tar(a);
    archive_read_support_format_zip_seekable(a); /* what its table at the end does not list is not
                                                    there */
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_zstd(a);
    if (archive_read_open_filename(a, path, 1 << 16) == ARCHIVE_OK) return a;
    failed(a, path);
    archive_read_free(a);
    return NULL;
}

/* The name without "./" and doubled slashes, in `clean`. False, after a message, if it leads out of
 * the archive. */
static bool clean_name(const char *archive, const char *name, char *clean, size_t room) {
    if (*name == '/') return problem("%s: holds an absolute path, %s", archive, name);
    size_t used = 0;
    for (const char *at = name; *at;) {
        const size_t n = strcspn(at, "/");
        if (n == 2 && memcmp(at, "..", 2) == 0)
            return problem("%s: holds a path that leads outside, %s", archive, name);
        if (n > 0 && !(n == 1 && *at == '.')) {
            if (used + n + 2 > room) return problem("%s: holds too long a path, %s", archive, name);
            if (used) clean[used++] = '/';
            memcpy(clean + used, at, n);
            used += n;
        }
        at += n + (at[n] == '/');
    }
    clean[used] = '\0';
    return true;
}

/* Whether a name, or a folder in it, begins with a dot, or it is what macOS adds. */
static bool is_hidden(const char *path) {
    return *path == '.' || strstr(path, "/.") != NULL || strncmp(path, "__MACOSX/", 9) == 0;
}

/* Moves to the next file that counts: 1 with its clean path, 0 at the end, -1 after a message. */
static int next_file(struct archive *a, const char *archive, struct archive_entry **entry,
                     char *path, size_t room) {
    for (;;) {
        const int status = archive_read_next_header(a, entry);
        if (status == ARCHIVE_EOF) return 0;
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return failed(a, archive) - 1;
        const char *name = archive_entry_pathname(*entry);
        if (!name) name = archive_entry_pathname_utf8(*entry);
        if (!name) return problem("%s: holds a file whose name is no text", archive) - 1;
        if (!clean_name(archive, name, path, room)) return -1;
        const mode_t type = archive_entry_filetype(*entry);
        if (archive_entry_hardlink(*entry) || archive_entry_symlink(*entry) || type == AE_IFLNK)
            return problem("%s: holds a link, %s; pack what it leads to instead", archive, path) -
                   1;
        if (type == AE_IFDIR || !*path || is_hidden(path)) continue;
        if (type && type != AE_IFREG)
            return problem("%s: holds %s, which is neither a file nor a folder", archive, path) - 1;
        if (archive_entry_is_encrypted(*entry))
            return problem("%s: %s is encrypted", archive, path) - 1;
        return 1;
    }
}

/* A tar file ends with a block of zeros: without it one that is cut between two files would pass
 * for a smaller one. Compressed archives have ends of their own. */
static bool has_end(struct archive *a, const char *name) {
    enum { BLOCK = 512 };
    char block[BLOCK] = "";
    const bool tar = (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
    if (!tar || archive_filter_code(a, 0) != ARCHIVE_FILTER_NONE) return true;
    const int fd = file_open(name);
    if (fd < 0) return false;
    const off_t size = lseek(fd, 0, SEEK_END);
    bool zeros = size >= BLOCK && pread(fd, block, BLOCK, size - BLOCK) == BLOCK;
    for (int i = 0; i < BLOCK; i++) zeros = zeros && block[i] == 0;
    close(fd);
    return zeros || problem("%s: is cut short: the mark at its end is missing", name);
}

bool archive_list(Files *files, int source) {
    const char *name = files->sources[source].path;
    struct archive *a = open_archive(name);
    struct archive_entry *entry;
    char path[ENTRY_SHOWN];
    int found = -1;
    int64_t bytes = 0;
    while (a && (found = next_file(a, name, &entry, path, sizeof path)) > 0) {
        const int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;
        files_add(files, source, path, size);
        if (size > 0 && (bytes > INT64_MAX - size ||
                         !unpacks_sanely(files->sources[source].size, bytes += size))) {
            found = problem("%s: says that it unpacks to more than 200 times its size, as a "
                            "decompression bomb does; if it is none, unpack it first",
                            name) -
                    1;
            break;
        }
        files_progress(files, archive_filter_bytes(a, -1));
    }
    if (found == 0 && !has_end(a, name)) found = -1;
    archive_read_free(a);
    return found == 0;
}

/* A file inside. */
typedef struct Inside {
    Files *files;
    struct archive *a;
    int64_t left; /* bytes that it may still have */
} Inside;

static int64_t take_inside(Stream *stream, void *to, size_t room) {
    Inside *inside = stream->from;
    const la_ssize_t got = archive_read_data(inside->a, to, room);
    if (got < 0) return failed(inside->a, stream->name) - 1;
    inside->left -= got;
    if (inside->left < 0) return problem("%s: is longer than the archive says", stream->name) - 1;
    files_progress(inside->files, archive_filter_bytes(inside->a, -1));
    return got;
}

/* The source's entries by their position, to be freed; NULL after a message. */
static int64_t *by_position(const Files *files, const Source *source, int64_t *wanted) {
    int64_t *index = calloc((size_t)source->n, sizeof *index);
    *wanted = 0;
    if (!index) problem("%s: out of memory", source->path);
    for (int64_t i = source->first; index && i < source->first + source->n; i++) {
        index[files->entries[i].position] = i;
        *wanted += files->entries[i].wanted;
    }
    return index;
}

static bool visit_inside(Files *files, struct archive *a, int64_t index, Visit *visit,
                         void *context) {
    char shown[ENTRY_SHOWN];
    const Entry *entry = &files->entries[index];
    Inside inside = {.files = files, .a = a, .left = entry->size < 0 ? INT64_MAX : entry->size};
    Stream stream = {
        .name = entry_shown(files, entry, shown), .take = take_inside, .from = &inside};
    return entry_visit(files, index, &stream, visit, context);
}

bool archive_visit(Files *files, const Source *source, Visit *visit, void *context) {
    int64_t wanted;
    int64_t *index = by_position(files, source, &wanted);
    struct archive *a = wanted ? open_archive(source->path) : NULL;
    struct archive_entry *inside;
    char path[ENTRY_SHOWN];
    bool ok = index && (a || !wanted);
    for (int64_t i = 0; ok && wanted > 0; i++) {
        const int found = next_file(a, source->path, &inside, path, sizeof path);
        ok = found >= 0;
        if (!ok) break;
        if (found == 0 || i >= source->n || strcmp(files->entries[index[i]].path, path) != 0) {
            ok = problem("%s: changed while it was read", source->path);
            break;
        }
        if (!files->entries[index[i]].wanted) continue;
        ok = visit_inside(files, a, index[i], visit, context);
        wanted--;
    }
    archive_read_free(a);
    free(index);
    return ok;
}
