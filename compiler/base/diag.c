#include "diag.h"

#include <ctype.h>
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

/* Control characters of a hostile file must not reach the terminal. */
static void print_clean(FILE *out, const char *text, size_t n) {
    for (size_t i = 0; i < n && i < 400; i++) {
        unsigned char c = (unsigned char)text[i];
        fputc(c == '\t' || (c >= 32 && c != 127) ? c : '?', out);
    }
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
        for (const char *p = m->words; *p;) {
            size_t n = strcspn(p, "\n");
            print_clean(out, p, n);
            fputc('\n', out);
            p += n + (p[n] != '\0');
            if (*p) fputs("    ", out);
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

/* Damerau-Levenshtein distance of two short names. */
static int distance(const char *a, const char *b) {
    enum { MAX = 40 };
    int na = (int)strlen(a), nb = (int)strlen(b), d[MAX + 1][MAX + 1];
    if (na > MAX || nb > MAX) return MAX;
    for (int i = 0; i <= na; i++) d[i][0] = i;
    for (int j = 0; j <= nb; j++) d[0][j] = j;
    for (int i = 1; i <= na; i++)
        for (int j = 1; j <= nb; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            int best = d[i - 1][j - 1] + (ca != cb);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[na][nb];
}

const char *nearest_name(const char *name, const char *const *names) {
    const char *best = NULL;
    int least = 1 + ((int)strlen(name) + 2) / 3;
    for (; *names; names++) {
        size_t n = strlen(name);
        int d = distance(name, *names);
        if (n >= 3 && !strncmp(name, *names, n) && d > 1) d = 1;
        if (d < least) {
            least = d;
            best = *names;
        }
    }
    return best;
}
