/* Reads CSV files by libcsv, which knows nothing of lines: it gets one at a time. */
#include "csv_rows.h"

#include <csv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../runtime/report.h"

enum { MOST_CELL = 1 << 20, MOST_CELLS = 1 << 16, MOST_ROW = 1 << 26, PIECE = 1 << 16 };

typedef struct Parse {
    Stream *stream;
    CsvVisit *visit;
    void *context;
    struct csv_parser parser;
    int64_t line; /* at hand, from 1 */
    CsvRow row;   /* under construction */
    bool begun;   /* the row has lines before this one */
    bool failed;  /* there was a message */
    char *text;   /* of the cells, each with a zero behind it */
    size_t used, room;
    size_t *begins; /* of each cell in the text */
    const char **cells;
    int n_room;
} Parse;

static bool fail_at(Parse *t, const char *words) {
    if (!t->failed) problem("%s: line %" PRId64 ": %s", t->stream->name, t->row.line, words);
    t->failed = true;
    return false;
}

/* Makes room for a cell of so many bytes. */
static bool make_room(Parse *t, size_t bytes) {
    if (t->used + bytes + 1 > t->room) {
        t->room = 2 * (t->used + bytes + 1);
        char *more = realloc(t->text, t->room);
        if (!more) return fail_at(t, "out of memory");
        t->text = more;
    }
    if (t->row.n == t->n_room) {
        t->n_room = 2 * t->n_room + 64;
        size_t *begins = realloc(t->begins, (size_t)t->n_room * sizeof *begins);
        if (begins) t->begins = begins;
        const char **cells = realloc(t->cells, (size_t)t->n_room * sizeof *cells);
        if (cells) t->cells = cells;
        if (!begins || !cells) return fail_at(t, "out of memory");
    }
    return true;
}

static void take_cell(void *bytes, size_t n, void *context) {
    Parse *t = context;
    if (t->failed) return;
    if (n && memchr(bytes, 0, n)) {
        fail_at(t, "a byte 0: is this text?");
        return;
    }
    if (n > MOST_CELL || t->row.n == MOST_CELLS || t->used > MOST_ROW) {
        fail_at(t, "too long; is a quote left open?");
        return;
    }
    if (!make_room(t, n)) return;
    t->begins[t->row.n++] = t->used;
    if (n) memcpy(t->text + t->used, bytes, n);
    t->text[t->used + n] = '\0';
    t->used += n + 1;
}

static void take_row(int end, void *context) {
    Parse *t = context;
    (void)end;
    if (t->failed) return;
    for (int i = 0; i < t->row.n; i++) t->cells[i] = t->text + t->begins[i];
    t->row.cell = t->cells;
    if (!t->visit(t->context, &t->row)) t->failed = true;
    t->row.n = 0;
    t->used = 0;
    t->begun = false;
}

/* Feeds a line, or a piece of a long one. */
static bool feed(Parse *t, const char *text, size_t n) {
    if (!t->begun) t->row.line = t->line;
    t->begun = true;
    if (csv_parse(&t->parser, text, n, take_cell, take_row, t) != n && !t->failed)
        return fail_at(t, csv_error(&t->parser) == CSV_EPARSE
                              ? "a quote inside a cell; a cell with quotes is quoted, and they are "
                                "doubled"
                              : csv_strerror(csv_error(&t->parser)));
    if (!t->failed && t->parser.entry_pos > MOST_CELL)
        return fail_at(t, "a cell of more than a MiB: is a quote left open?");
    /* An empty line begins no row. */
    if (n && text[n - 1] == '\n' && t->row.n == 0 && !t->parser.quoted && t->parser.entry_pos == 0)
        t->begun = false;
    return !t->failed;
}

static bool feed_lines(Parse *t, const char *text, size_t n) {
    for (const char *end; n > 0;) {
        end = memchr(text, '\n', n);
        const size_t length = end ? (size_t)(end - text) + 1 : n;
        if (!feed(t, text, length)) return false;
        t->line += end != NULL;
        text += length;
        n -= length;
    }
    return true;
}

/* What parts the cells: of the three the one that the first line has most of. */
static unsigned char delimiter(const char *text, int64_t n) {
    static const char known[] = ",;\t";
    int count[3] = {0}, best = 0;
    bool quoted = false;
    for (int64_t i = 0; i < n && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
        const char *which = text[i] ? strchr(known, text[i]) : NULL;
        if (text[i] == '"') quoted = !quoted;
        if (which && !quoted) count[which - known]++;
    }
    for (int k = 1; k < 3; k++)
        if (count[k] > count[best]) best = k;
    return (unsigned char)known[best];
}

static bool read_table(Parse *t) {
    static char piece[PIECE];
    int64_t n = stream_read(t->stream, piece, PIECE);
    if (n < 0) return false;
    const int64_t mark = n >= 3 && memcmp(piece, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    csv_set_delim(&t->parser, delimiter(piece + mark, n - mark));
    if (!feed_lines(t, piece + mark, (size_t)(n - mark))) return false;
    while ((n = stream_read(t->stream, piece, PIECE)) > 0)
        if (!feed_lines(t, piece, (size_t)n)) return false;
    if (n < 0) return false;
    if (csv_fini(&t->parser, take_cell, take_row, t) != 0 && !t->failed)
        return fail_at(t, "a quote is left open");
    return !t->failed;
}

bool csv_rows(Stream *stream, CsvVisit *visit, void *context) {
    Parse t = {.stream = stream, .visit = visit, .context = context, .line = 1};
    t.row.file = stream->name;
    if (csv_init(&t.parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return problem("%s: out of memory", stream->name);
    const bool ok = read_table(&t);
    csv_free(&t.parser);
    free(t.text);
    free(t.begins);
    free(t.cells);
    return ok;
}
