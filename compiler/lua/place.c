/* Finds the line of an option: Lua knows the line of a call, but not the lines within its table. A
 * small scanner of braces, strings and comments, which gives up where the text is no plain table.
 */
#include <ctype.h>
#include <string.h>

#include "front.h"

static const Place nowhere;

/* Level of a long bracket `[==[` at `p`, -1 if there is none. */
static int long_bracket(const char *p) {
    if (*p != '[') return -1;
    int level = (int)strspn(p + 1, "=");
    return p[1 + level] == '[' ? level : -1;
}

static void advance(Place *p, size_t n) {
    for (; n && *p->at; n--, p->at++) p->line += *p->at == '\n';
}

static void skip_long(Place *p, int level) {
    char close[64] = "]";
    if (level > 60) level = 60;
    memset(close + 1, '=', (size_t)level);
    close[1 + level] = ']';
    const char *end = strstr(p->at, close);
    advance(p, end ? (size_t)(end - p->at) + 2 + (size_t)level : strlen(p->at));
}

/* Moves over white space, comments and strings. Returns the next character, 0 at the end. */
static char next(Place *p) {
    for (;;) {
        char c = *p->at;
        int level = long_bracket(p->at);
        if (level >= 0) {
            skip_long(p, level);
        } else if (c == '-' && p->at[1] == '-') {
            level = long_bracket(p->at + 2);
            if (level >= 0)
                skip_long(p, level);
            else
                advance(p, strcspn(p->at, "\n"));
        } else if (c == '"' || c == '\'') {
            do {
                advance(p, *p->at == '\\' ? 2 : 1);
            } while (*p->at && *p->at != c && *p->at != '\n');
            advance(p, 1);
        } else if (c && isspace((unsigned char)c)) {
            advance(p, 1);
        } else {
            return c;
        }
    }
}

static size_t word_length(const char *p) {
    size_t n = 0;
    while (isalnum((unsigned char)p[n]) || p[n] == '_') n++;
    return n;
}

Place place_of_key(Place table, const char *key) {
    if (!table.at) return nowhere;
    int depth = 0;
    for (char c; (c = next(&table));) {
        size_t n = word_length(table.at);
        if (c == '{' || c == '(') depth++;
        if (c == '}' || c == ')') depth--;
        if (depth < 0) break;
        Place word = table;
        advance(&table, n ? n : 1);
        if (depth || n != strlen(key) || strncmp(word.at, key, n) != 0) continue;
        if (next(&table) != '=' || table.at[1] == '=') continue;
        word.at = table.at + 1;
        return word;
    }
    return nowhere;
}

Place place_inside(Place value) {
    if (!value.at || next(&value) != '{') return nowhere;
    advance(&value, 1);
    return value;
}

Place place_of_item(Place table, int i) {
    if (!table.at) return nowhere;
    int depth = 0;
    for (char c; (c = next(&table)) && depth >= 0; advance(&table, 1)) {
        if (c == '{' && depth == 0 && i-- == 0) return place_inside(table);
        if (c == '{' || c == '(') depth++;
        if (c == '}' || c == ')') depth--;
    }
    return nowhere;
}

Place place_of_call(Front *f, Loc call, const char *what, const char *key) {
    for (int i = 0; i < f->n_files; i++) {
        if (f->files[i] != call.file) continue;
        Place p = {call.file, f->sources->files[i].text, 1};
        while (*p.at && p.line < call.line) advance(&p, 1);
        while (*p.at && p.line == call.line) {
            size_t n = word_length(p.at);
            bool found = n == strlen(what) && !strncmp(p.at, what, n);
            advance(&p, n ? n : 1);
            if (!found) continue;
            Place open = p;
            if (next(&open) == '(') advance(&open, 1);
            open = place_inside(open);
            if (place_of_key(open, key).at) return open;
        }
    }
    return nowhere;
}
