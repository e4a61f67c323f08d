/* The table of readers, and how the one for some files is found. */
#include <string.h>

#include "../runtime/report.h"
#include "reader.h"

#define READER(kind) extern const Reader kind##_reader;
#include "readers.def"
#undef READER
#define READER(kind) &kind##_reader,
const Reader *const all_readers[] = {
#include "readers.def"
    NULL};
#undef READER

/* Marks the reader's files; their number. */
static int64_t mark(Files *files, const Reader *reader) {
    int64_t n = 0;
    for (int64_t i = 0; i < files->n; i++)
        n += files->entries[i].wanted = reader->fits(files->entries[i].name);
    return n;
}

/* The reader whose magic bytes a single file begins with. */
typedef struct Sniff {
    const Reader *found;
} Sniff;

static bool sniff(void *context, int64_t index, Stream *stream) {
    Sniff *s = context;
    char head[16];
    const int64_t n = stream_read(stream, head, sizeof head);
    (void)index;
    for (int i = 0; all_readers[i] && !s->found; i++) {
        const size_t m = strlen(all_readers[i]->magic);
        if (m && n >= (int64_t)m && memcmp(head, all_readers[i]->magic, m) == 0)
            s->found = all_readers[i];
    }
    return n >= 0;
}

static const char *kinds_list(void) {
    const char *list = "";
    for (int i = 0; all_readers[i]; i++)
        list = format_text("%s%s%s", list, i ? ", " : "", all_readers[i]->kind);
    return list;
}

static const Reader *unknown(Files *files) {
    Sniff s = {NULL};
    if (files->n == 1) {
        files->entries[0].wanted = true;
        if (!files_visit(files, sniff, &s)) return NULL;
        files->pass = LISTING;
    }
    if (!s.found)
        problem(
            "%s: none of the kinds of data that are known; say which it is: --as KIND, one of %s",
            files->sources[0].path, kinds_list());
    return s.found;
}

/* Text may lie beside other data, as a README does. */
static bool is_weak(const Reader *reader) {
    return strcmp(reader->kind, "text") == 0;
}

const Reader *reader_choose(Files *files, const Reader *as) {
    const Reader *found = as;
    for (int i = 0; all_readers[i] && !as; i++) {
        if (is_weak(all_readers[i]) && found) continue;
        if (mark(files, all_readers[i]) == 0) continue;
        if (found) {
            problem("%s: there are %s and %s: --as %s or --as %s says what is meant",
                    files->sources[0].path, found->files, all_readers[i]->files, found->kind,
                    all_readers[i]->kind);
            return NULL;
        }
        found = all_readers[i];
    }
    if (!found) return unknown(files);
    if (mark(files, found) == 0)
        for (int64_t i = 0; i < files->n; i++) files->entries[i].wanted = true;
    return found;
}
