#include "diag.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    Loc loc;
    const char *words;
    bool note;
} Message;

typedef struct {
    const char *file, *text;
} Source;

struct Diag {
    Arena *arena;
    Message *messages;
    int n_messages, cap_messages, n_errors;
    Source *sources;
    int n_sources, cap_sources;
};

void (*bug_context)(FILE *out);

Diag *diag_new(Arena *arena) {
    Diag *diag = ARENA_NEW(arena, Diag);
    diag->arena = arena;
    return diag;
}

void diag_source(Diag *diag, const char *file, const char *text) {
    Source s = {arena_strdup(diag->arena, file), arena_strdup(diag->arena, text)};
    ARENA_PUSH(diag->arena, diag->sources, diag->n_sources, diag->cap_sources, s);
}

static bool add(Diag *diag, Loc loc, bool note, const char *words) {
    for (int i = 0; !note && i < diag->n_messages; i++) {
        const Message *m = &diag->messages[i];
        if (!m->note && m->loc.line == loc.line && !strcmp(m->loc.file, loc.file) &&
            !strcmp(m->words, words))
            return false;
    }
    Message m = {loc, words, note};
    ARENA_PUSH(diag->arena, diag->messages, diag->n_messages, diag->cap_messages, m);
    return true;
}

void diag_error(Diag *diag, Loc loc, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (add(diag, loc, false, arena_vprintf(diag->arena, format, args))) diag->n_errors++;
    va_end(args);
}

void diag_note(Diag *diag, Loc loc, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(diag, loc, true, arena_vprintf(diag->arena, format, args));
    va_end(args);
}

int diag_errors(const Diag *diag) {
    return diag->n_errors;
}

/* Number of bytes of the character at `s`, 0 if it is no well-formed UTF-8. */
static size_t character_length(const unsigned char *s, size_t n) {
    size_t length = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3 : 4;
    if (length > n || (length == 4 && (*s < 0xf0 || *s > 0xf4))) return 0;
    for (size_t i = 1; i < length; i++)
        if (s[i] >> 6 != 2) return 0;
    bool overlong = (*s == 0xe0 && s[1] < 0xa0) || (*s == 0xf0 && s[1] < 0x90);
    bool beyond = (*s == 0xed && s[1] > 0x9f) || (*s == 0xf4 && s[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

/* Whether the character can move the cursor, colour or reorder what stands beside it: the C0 and C1
 * controls, and U+202A..202E and U+2066..2069, which change the direction of writing. */
static bool is_control(const unsigned char *s) {
    if (*s < 0x80) return (*s < 32 && *s != '\t') || *s == 127;
    if (*s == 0xc2) return s[1] < 0xa0;
    return *s == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) ||
                          (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

size_t clean_text(char *to, size_t room, const char *text, size_t n) {
    size_t used = 0;
    for (size_t i = 0, length, kept; i < n; i += length, used += kept) {
        const unsigned char *s = (const unsigned char *)text + i;
        length = character_length(s, n - i);
        bool shown = length && !is_control(s);
        if (!length) length = 1;
        kept = shown ? length : 1;
        if (used + kept >= room) break;
        memcpy(to + used, shown ? text + i : "?", kept);
    }
    to[used] = '\0';
    return used;
}

static void print_clean(FILE *out, const char *text, size_t n) {
    char line[401];
    fwrite(line, 1, clean_text(line, sizeof line, text, n), out);
}

static void print_source_line(const Diag *diag, Loc loc, FILE *out) {
    for (int i = 0; i < diag->n_sources; i++) {
        if (strcmp(diag->sources[i].file, loc.file) != 0) continue;
        const char *p = diag->sources[i].text;
        for (int line = 1; line < loc.line && p; line++) {
            p = strchr(p, '\n');
            if (p) p++;
        }
        if (!p || !*p) return;
        fprintf(out, "%6d | ", loc.line);
        print_clean(out, p, strcspn(p, "\r\n"));
        fputc('\n', out);
        return;
    }
}

void diag_print(const Diag *diag, FILE *out) {
    for (int i = 0; i < diag->n_messages; i++) {
        const Message *m = &diag->messages[i];
        if (*m->loc.file) {
            print_clean(out, m->loc.file, strlen(m->loc.file));
            if (m->loc.line > 0) fprintf(out, ":%d", m->loc.line);
            fputs(": ", out);
        }
        fputs(m->note ? "note: " : "error: ", out);
        const char *p = m->words;
        for (;;) {
            size_t n = strcspn(p, "\n");
            print_clean(out, p, n);
            fputc('\n', out);
            if (!p[n] || !p[n + 1]) break;
            fputs("    ", out);
            p += n + 1;
        }
        if (m->loc.line > 0) print_source_line(diag, m->loc, out);
    }
}

_Noreturn void bug_at(const char *file, int line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "nngen: internal error at %s:%d: ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (bug_context) bug_context(stderr);
    abort();
}
