/* Finds definitions in a C text by the layout of its lines, and uses by identifiers. */
#include "snippets.h"

#include <string.h>

#include "diag.h"
#include "hash.h"

static bool in_identifier(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* A token, or the space before one: identifiers, numbers, strings and comments are one each. */
typedef enum Token { END, IDENTIFIER, NUMBER, TEXT, COMMENT, SPACE, OTHER } Token;

static Token token(const char *p, const char *end, size_t *size) {
    const char *q = p + 1;
    Token kind = OTHER;
    if (p >= end) {
        *size = 0;
        return END;
    }
    if (*p >= '0' && *p <= '9') {
        kind = NUMBER;
        while (q < end && (in_identifier(*q) || *q == '.')) q++;
    } else if (in_identifier(*p)) {
        kind = IDENTIFIER;
        while (q < end && in_identifier(*q)) q++;
    } else if (*p == '"' || *p == '\'') {
        kind = TEXT;
        for (; q < end && *q != *p; q++) q += *q == '\\';
        q++;
    } else if (*p == '/' && q < end && *q == '*') {
        kind = COMMENT;
        const char *close = strstr(p + 2, "*/");
        q = close ? close + 2 : end;
    } else if (*p == '/' && q < end && *q == '/') {
        kind = COMMENT;
        while (q < end && *q != '\n') q++;
    } else if (*p == ' ' || *p == '\t' || *p == '\n') {
        kind = SPACE;
        while (*p == ' ' && q < end && *q == ' ') q++;
    }
    *size = (size_t)((q < end ? q : end) - p);
    return kind;
}

static bool is_word(const char *p, size_t size, const char *word) {
    return size == strlen(word) && !memcmp(p, word, size);
}

static bool opens(char c) {
    return c == '(' || c == '[' || c == '{';
}

static bool closes(char c) {
    return c == ')' || c == ']' || c == '}';
}

/* The end of the definition at p: after a line that leaves nothing open and the next line is
 * not indented. */
static const char *end_of(const char *p, const char *end) {
    int open = 0;
    bool code = false;
    size_t size;
    for (Token kind; (kind = token(p, end, &size)) != END; p += size) {
        if (kind == SPACE) {
            bool last = *p == '\n' && code && !open && p[-1] != '\\';
            if (last && p[1] != ' ' && p[1] != '\t') return p + 1;
            continue;
        }
        if (kind == COMMENT) continue;
        code = true;
        if (*p == '#') {
            open += !strncmp(p + 1, "if", 2);
            open -= !strncmp(p + 1, "endif", 5);
        }
        open += opens(*p);
        open -= closes(*p);
    }
    if (open || code) bug("a definition has no end");
    return end;
}

/* Finds the name that the definition gives: the last word outside brackets of a type, else the last
 * one before a bracket (attributes do not count); if that is the only word, the first one after the
 * bracket. */
static void find_name(Arena *arena, Snippet *s) {
    const char *p = s->text, *end = p + s->size, *found = NULL;
    size_t size, length = 0;
    Token kind;
    while ((kind = token(p, end, &size)) == COMMENT || kind == SPACE) p += size;
    if (*p == '#') {
        s->macro = true;
        p = strstr(p, "#define ");
        if (!p || p >= end) bug("a directive defines nothing");
        found = p + strlen("#define ");
        token(found, end, &length);
        end = p;
    }
    bool type = is_word(p, size, "typedef"), attribute = false;
    int open = 0, words = 0;
    for (; (kind = token(p, end, &size)) != END; p += size) {
        if (kind == IDENTIFIER && !open) {
            attribute = is_word(p, size, "__attribute__");
            if (attribute) continue;
            found = p;
            length = size;
            words++;
        }
        if (kind == OTHER && opens(*p) && !open++ && !type && !attribute) {
            if (words > 1) break;
            found = p + 1;
            token(found, end, &length);
            break;
        }
        if (kind == OTHER && closes(*p)) open--;
    }
    if (!found) bug("a definition has no name");
    s->name = arena_strndup(arena, found, length);
    s->length = length;
}

/* Where the hash table has the name, or its place there. */
static int *place(const Snippets *s, const char *p, size_t size) {
    unsigned at = hash_name(p, size) & (unsigned)(s->slots - 1);
    for (; s->index[at] >= 0; at = (at + 1) & (unsigned)(s->slots - 1)) {
        const Snippet *there = &s->list[s->index[at]];
        if (there->length == size && !memcmp(p, there->name, size)) break;
    }
    return &s->index[at];
}

void snippets_add(Snippets *s, Arena *arena, const char *text) {
    const char *end = text + strlen(text);
    bool spaced = false;
    for (const char *p = text; p < end;) {
        size_t size;
        if (*p == '\n') {
            spaced = true;
            p++;
        } else if (token(p, end, &size) == COMMENT && !strncmp(p + size, "\n\n", 2)) {
            p += size + 1;
        } else {
            const char *next = end_of(p, end);
            Snippet snippet = {.text = p, .size = (size_t)(next - p), .spaced = spaced};
            find_name(arena, &snippet);
            ARENA_PUSH(arena, s->list, s->n, s->cap, snippet);
            spaced = false;
            p = next;
        }
    }
    for (s->slots = 64; s->slots < 4 * s->n;) s->slots *= 2;
    s->index = ARENA_ARRAY(arena, int, s->slots);
    for (int i = 0; i < s->slots; i++) s->index[i] = -1;
    for (int i = 0; i < s->n; i++) {
        int *at = place(s, s->list[i].name, s->list[i].length);
        if (*at >= 0) bug("%s is defined twice", s->list[i].name);
        *at = i;
    }
}

static void use(Snippets *s, const char *p, const char *end) {
    size_t size;
    for (Token kind; (kind = token(p, end, &size)) != END; p += size) {
        if (kind != IDENTIFIER) continue;
        int found = *place(s, p, size);
        if (found < 0 || s->list[found].used) continue;
        s->list[found].used = true;
        use(s, s->list[found].text, s->list[found].text + s->list[found].size);
    }
}

void snippets_use(Snippets *s, const char *code) {
    if (s->n) use(s, code, code + strlen(code));
}

void snippets_write(Writer *w, const Snippets *s) {
    bool first = true, spaced = false;
    for (int i = 0; i < s->n; i++) {
        spaced |= s->list[i].spaced;
        if (!s->list[i].used) continue;
        if (spaced && !first) w_line(w, "%s", "");
        w_line(w, "%.*s", (int)s->list[i].size - 1, s->list[i].text);
        first = spaced = false;
    }
}
