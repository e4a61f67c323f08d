/* Mutations of texts: a token, a bracketed group, a line or a few bytes give way to nothing, to a
 * word, to a number at a limit, or to a piece of the same kind from this or another text. So the
 * result is made of pieces of valid texts, and mostly gets past the parser. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "input.h"

typedef struct Span {
    const uint8_t *text;
    size_t begin, end;
} Span;

static uint64_t state;

static size_t draw(size_t n) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return n ? (size_t)(state % n) : 0;
}

static bool is_word(uint8_t c) {
    return isalnum(c) || c == '_' || c == '.';
}

static Span token_at(const uint8_t *text, size_t size, size_t at) {
    Span s = {text, at, at + 1};
    if (!is_word(text[at])) return s;
    while (s.begin && is_word(text[s.begin - 1])) s.begin--;
    while (s.end < size && is_word(text[s.end])) s.end++;
    return s;
}

static Span line_at(const uint8_t *text, size_t size, size_t at) {
    Span s = {text, at, at};
    while (s.begin && text[s.begin - 1] != '\n') s.begin--;
    while (s.end < size && text[s.end] != '\n') s.end++;
    if (s.end < size) s.end++;
    return s;
}

/* The first group at or after the place, with its brackets. */
static Span group_at(const uint8_t *text, size_t size, size_t at) {
    while (at < size && !strchr("({[", text[at])) at++;
    Span s = {text, at, at};
    for (int depth = 0; s.end < size;) {
        uint8_t c = text[s.end++];
        depth += c == '(' || c == '{' || c == '[';
        depth -= c == ')' || c == '}' || c == ']';
        if (depth <= 0) break;
    }
    return s;
}

enum { TOKEN, GROUP, LINE, BYTES, KINDS };

static Span piece(const uint8_t *text, size_t size, size_t kind) {
    if (!size) return (Span){text, 0, 0};
    size_t at = draw(size);
    if (kind == TOKEN) return token_at(text, size, at);
    if (kind == GROUP) return group_at(text, size, at);
    if (kind == LINE) return line_at(text, size, at);
    size_t n = 1 + draw(8);
    return (Span){text, at, at + n < size ? at + n : size};
}

static Span text_span(const char *text) {
    return (Span){(const uint8_t *)text, 0, strlen(text)};
}

static const char *number(void) {
    static const char *const numbers[] = {"0",
                                          "1",
                                          "-1",
                                          "2",
                                          "0.5",
                                          "-0.0",
                                          "255",
                                          "65535",
                                          "65536",
                                          "1e300",
                                          "1e-300",
                                          "2147483647",
                                          "-2147483648",
                                          "2147483648",
                                          "4294967296",
                                          "9007199254740993",
                                          "9223372036854775807",
                                          "16777216",
                                          "16777217",
                                          "1048576",
                                          "268435457",
                                          "3",
                                          "16",
                                          "17"};
    return numbers[draw(sizeof numbers / sizeof *numbers)];
}

static const char *word(void) {
    const char *const *words = fuzz_words();
    size_t n = 0;
    while (words[n]) n++;
    return words[draw(n)];
}

/* `text` with `old` replaced by `new`, as far as there is room; returns its size. */
static size_t splice(const uint8_t *text, size_t size, Span old, Span new, uint8_t *out,
                     size_t max) {
    const Span parts[] = {{text, 0, old.begin}, new, {text, old.end, size}};
    size_t used = 0;
    for (int i = 0; i < 3; i++) {
        size_t n = parts[i].end - parts[i].begin;
        if (n > max - used) n = max - used;
        if (n) memcpy(out + used, parts[i].text + parts[i].begin, n);
        used += n;
    }
    return used;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b,
                                 uint8_t *out, size_t max, unsigned seed) {
    state = seed * 0x9e3779b97f4a7c15u + 1;
    size_t kind = draw(KINDS);
    Span old = piece(a, n_a, kind), new = piece(b, n_b, kind);
    if (draw(2)) old.end = old.begin;
    return splice(a, n_a, old, new, out, max);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    static uint8_t out[1 << 16];
    state = seed * 0x9e3779b97f4a7c15u + 1;
    if (!size || draw(10) == 0) return LLVMFuzzerMutate(data, size, max);
    if (max > sizeof out) max = sizeof out;
    for (size_t rounds = 1 + draw(4); rounds; rounds--) {
        size_t kind = draw(KINDS), source = draw(5);
        Span old = piece(data, size, kind);
        Span new = source == 0   ? text_span("")
                   : source == 1 ? text_span(number())
                   : source == 2 ? text_span(word())
                                 : piece(data, size, kind);
        if (source > 1 && draw(3) == 0) old.end = old.begin;
        size = splice(data, size, old, new, out, max);
        memcpy(data, out, size);
        if (!size) break;
    }
    return size;
}
