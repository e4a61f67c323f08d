/* Diagnostics: collecting them, writing them with the line of the source, and bug(). */
#include "diag.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/clean.h"

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
