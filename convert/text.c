/* Text: one long row of characters, or of bytes. */
#include <inttypes.h>
#include <string.h>

#include "../common/datameta.h"
#include "../runtime/report.h"
#include "options.h"
#include "path.h"
#include "rows.h"
#include "utf8.h"

enum { PIECE = 1 << 16, NONE = UINT16_MAX, MOST = UINT16_MAX };

typedef struct Text {
    Job *job;
    bool bytes;       /* no characters */
    uint16_t *number; /* of each character; NONE. In the survey 0: it occurs */
    bool fixed;       /* the vocabulary is that of --like */
    int64_t *first;   /* of each file: its length, then its first row in its split */
    Field *field;     /* NULL in the survey */
    /* The file at hand. */
    Utf8 utf8;
    int64_t row, line;
    uint16_t numbers[PIECE];
} Text;

static bool fits(const char *name) {
    return has_ending(name, ".txt");
}

static bool fits_none(const char *name) {
    (void)name;
    return false;
}

static bool refuse(const Text *text, const Stream *stream, const char *what) {
    return problem("%s: line %" PRId64 ": %s; --as bytes takes a text byte by byte", stream->name,
                   text->line, what);
}

/* The characters of a piece become numbers; how many, or -1 after a message. */
static int64_t take_characters(Text *text, const Stream *stream, const unsigned char *piece,
                               int64_t bytes) {
    int64_t n = 0;
    for (int64_t i = 0; i < bytes; i++) {
        const int got = utf8_take(&text->utf8, piece[i]);
        const uint32_t c = text->utf8.point;
        if (got < 0) return refuse(text, stream, "no UTF-8") - 1;
        if (got == 0 || (c == 0xfeff && text->row + n == 0)) continue; /* the mark of the order */
        if (c == 0) return refuse(text, stream, "a byte 0") - 1;
        if (!text->field && !text->fixed) text->number[c] = 0;
        if (text->number[c] == NONE)
            return problem("%s: line %" PRId64 ": the character U+%04" PRIX32 " is not in %s",
                           stream->name, text->line, c,
                           text->fixed ? text->job->like.path : "the text as it was before") -
                   1;
        text->line += c == '\n';
        text->numbers[n++] = text->number[c];
    }
    return n;
}

static bool put(Text *text, int64_t index, int64_t n, const unsigned char *piece) {
    static unsigned char narrow[PIECE];
    const void *values = text->bytes ? (const void *)piece : text->numbers;
    if (!text->bytes && text->field->type == U8) {
        for (int64_t i = 0; i < n; i++) narrow[i] = (unsigned char)text->numbers[i];
        values = narrow;
    }
    return field_put(&text->job->fields, text->field,
                     path_split(text->job->files.entries[index].name),
                     text->first[index] + text->row, n, values);
}

static bool read_file(void *context, int64_t index, Stream *stream) {
    static unsigned char piece[PIECE];
    Text *text = context;
    text->utf8 = (Utf8){.have = 0};
    text->row = 0;
    text->line = 1;
    for (int64_t got, n; (got = stream_read(stream, piece, PIECE)) != 0; text->row += n) {
        if (got < 0) return false;
        n = text->bytes ? got : take_characters(text, stream, piece, got);
        if (n < 0 || (text->field && n > 0 && !put(text, index, n, piece))) return false;
    }
    if (text->utf8.have) return refuse(text, stream, "the file ends within a character");
    if (!text->field) text->first[index] = text->row;
    return true;
}

/* The characters that occur get their numbers; how many, or -1 after a message. */
static int number_characters(Text *text, json_t *vocabulary) {
    int n = 0;
    for (uint32_t c = 0; c < UTF8_POINTS; c++) {
        char bytes[5];
        if (text->number[c] == NONE) continue;
        if (n == MOST)
            return problem("the text has more than %d different characters; --as bytes takes it "
                           "byte by byte",
                           MOST) -
                   1;
        utf8_put(c, bytes);
        json_array_append_new(vocabulary, json_string(bytes));
        text->number[c] = (uint16_t)n++;
    }
    return n;
}

/* The characters of an earlier file. */
static bool take_vocabulary(Text *text, const json_t *vocabulary) {
    size_t i;
    json_t *item;
    if (!vocabulary) return problem("--like %s: has no vocabulary of a text", text->job->like.path);
    json_array_foreach(vocabulary, i, item) {
        Utf8 utf8 = {.have = 0};
        const char *c = json_string_value(item);
        while (*c && utf8_take(&utf8, (unsigned char)*c) == 0) c++;
        if (i < MOST && *c) text->number[utf8.point] = (uint16_t)i;
    }
    text->fixed = true;
    return true;
}

static bool declare(Text *text, const json_t *earlier) {
    Fields *fields = &text->job->fields;
    int64_t rows[SPLIT_COUNT];
    int n = 256;
    rows_number(&text->job->files, path_split, text->first, rows);
    if (rows[SPLIT_TRAIN] + rows[SPLIT_VAL] + rows[SPLIT_TEST] == 0)
        return problem("%s: there is no text in it", text->job->files.sources[0].path);
    /* Without a word about it a tenth is cut off. */
    fields->request.tail = true;
    if (fields->request.val < 0 && rows[SPLIT_VAL] == 0 && rows[SPLIT_TRAIN] >= 10)
        fields->request.val = 0.1;
    if (!text->bytes) {
        json_t *vocabulary = earlier ? json_deep_copy(earlier) : json_array();
        n = earlier ? (int)json_array_size(earlier) : number_characters(text, vocabulary);
        arrayfile_note(&fields->file, DATA_META_VOCABULARY "text", vocabulary);
    }
    if (n < 0) return false;
    text->field = field_add(fields, "text", ROLE_SEQUENCE, n <= 256 ? U8 : U16, 0, NULL);
    if (!text->field) return false;
    text->field->n_classes = n;
    memcpy(text->field->rows, rows, sizeof rows);
    return true;
}

static bool read_text(Job *job, bool bytes) {
    Text *text = allocate(1, sizeof *text);
    const json_t *earlier = like_names(&job->like, DATA_META_VOCABULARY, "text");
    text->job = job;
    text->bytes = bytes;
    text->first = allocate((size_t)job->files.n, sizeof *text->first);
    text->number = allocate(UTF8_POINTS, sizeof *text->number);
    memset(text->number, 0xff, UTF8_POINTS * sizeof *text->number); /* NONE */
    if (job->like.path && !bytes && !take_vocabulary(text, earlier)) return false;
    return files_visit(&job->files, read_file, text) && declare(text, earlier) &&
           fields_begin(&job->fields, job->options->output) &&
           files_visit(&job->files, read_file, text);
}

static bool read_characters(Job *job) {
    return read_text(job, false);
}
static bool read_bytes(Job *job) {
    return read_text(job, true);
}

const Reader text_reader = {.kind = "text",
                            .files = "text files",
                            .passes = 2,
                            .fits = fits,
                            .magic = "",
                            .read = read_characters};
const Reader bytes_reader = {.kind = "bytes",
                             .files = "bytes",
                             .passes = 2,
                             .fits = fits_none,
                             .magic = "",
                             .read = read_bytes};
