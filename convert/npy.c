/* Reads heads of NumPy's files: a dictionary as Python writes it. */
#include "npy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../runtime/report.h"

enum { MOST_HEAD = 1 << 16 };

/* The rest of the dictionary. */
typedef struct Text {
    const char *at;
} Text;

static bool skip(Text *t, char c) {
    t->at += strspn(t->at, " \n");
    if (*t->at != c) return false;
    t->at++;
    t->at += strspn(t->at, " \n");
    return true;
}

static bool word(Text *t, const char *text) {
    const size_t n = strlen(text);
    if (strncmp(t->at, text, n) != 0) return false;
    t->at += n;
    return true;
}

/* 'text' into `room`. */
static bool quoted(Text *t, char *room, size_t size) {
    const char quote = *t->at;
    if (quote != '\'' && quote != '"') return false;
    const size_t n = strcspn(t->at + 1, quote == '"' ? "\"" : "'");
    if (!t->at[n + 1] || n >= size) return false;
    memcpy(room, t->at + 1, n);
    room[n] = '\0';
    t->at += n + 2;
    return true;
}

/* (3, 4) */
static bool shape(Text *t, NpyHead *head) {
    if (!skip(t, '(')) return false;
    head->count = 1;
    for (head->rank = 0; !skip(t, ')'); head->rank++) {
        if (head->rank == ARRAY_RANK || *t->at < '0' || *t->at > '9') return false;
        char *end;
        const unsigned long long dim = strtoull(t->at, &end, 10);
        t->at = end;
        if (dim > INT64_MAX >> 8 || (dim && head->count > (INT64_MAX >> 8) / (int64_t)dim))
            return false;
        head->dim[head->rank] = (int64_t)dim;
        head->count *= (int64_t)dim;
        if (*t->at != ')' && !skip(t, ',')) return false;
    }
    return true;
}

/* '<f4' and so on; false for what is no number that a data file may have. */
static bool element(const char *descr, NpyHead *head) {
    static const struct {
        char kind;
        int size;
        Element type;
    } known[] = {{'b', 1, U8},  {'u', 1, U8},  {'i', 1, I8},  {'u', 2, U16},
                 {'i', 2, I16}, {'u', 4, I64}, {'i', 4, I32}, {'u', 8, I64},
                 {'i', 8, I64}, {'f', 2, F16}, {'f', 4, F32}, {'f', 8, F64}};
    if (!*descr || !strchr("<>|=", *descr) || strlen(descr) != 3) return false;
    head->big = *descr == '>';
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (descr[1] == known[i].kind && descr[2] - '0' == known[i].size) {
            head->kind = known[i].kind;
            head->size = known[i].size;
            head->type = known[i].type;
            return true;
        }
    return false;
}

/* {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, in any order. */
static bool dictionary(const Stream *stream, const char *text, NpyHead *head) {
    Text t = {text};
    char key[32], descr[64] = "";
    unsigned have = 0;
    bool ok = skip(&t, '{');
    while (ok && !skip(&t, '}')) {
        ok = quoted(&t, key, sizeof key) && skip(&t, ':');
        if (ok && strcmp(key, "descr") == 0) {
            if (*t.at == '[')
                return problem("%s: has records, plain numbers are wanted", stream->name);
            ok = quoted(&t, descr, sizeof descr);
            have |= 1;
        } else if (ok && strcmp(key, "fortran_order") == 0) {
            head->fortran = word(&t, "True");
            ok = head->fortran || word(&t, "False");
            have |= 2;
        } else {
            ok = ok && strcmp(key, "shape") == 0 && shape(&t, head);
            have |= 4;
        }
        ok = ok && (skip(&t, ',') || *t.at == '}');
    }
    if (!ok || have != 7) return problem("%s: the head of the array is damaged", stream->name);
    return element(descr, head) ||
           problem("%s: its elements are \"%s\"%s; numbers of 1 to 8 bytes are wanted",
                   stream->name, descr, strchr(descr, 'O') ? ", Python's objects" : "");
}

bool npy_head(Stream *stream, NpyHead *head) {
    unsigned char bytes[12] = "";
    *head = (NpyHead){.count = 0};
    if (!stream_need(stream, bytes, 8, "the head of the array")) return false;
    if (memcmp(bytes, "\x93NUMPY", 6) != 0)
        return problem("%s: is no NumPy array: it does not begin so", stream->name);
    const int version = bytes[6];
    if (version < 1 || version > 3)
        return problem("%s: version %d of NumPy's format is not known", stream->name, version);
    if (!stream_need(stream, bytes, version == 1 ? 2 : 4, "the head of the array")) return false;
    uint32_t length = bytes[0] | (uint32_t)bytes[1] << 8;
    if (version > 1) length |= (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    if (length > MOST_HEAD) return problem("%s: a head of %" PRIu32 " bytes", stream->name, length);
    char *text = calloc(length + 1, 1);
    if (!text) return problem("%s: out of memory", stream->name);
    const bool ok = stream_need(stream, text, length, "the head of the array") &&
                    dictionary(stream, text, head);
    free(text);
    return ok;
}

static uint64_t value_bits(const unsigned char *from, int size, bool big) {
    uint64_t bits = 0;
    for (int i = 0; i < size; i++) bits |= (uint64_t)from[big ? size - 1 - i : i] << (8 * i);
    return bits;
}

bool npy_values(const Stream *stream, const NpyHead *head, const unsigned char *from, int64_t n,
                unsigned char *to) {
    const size_t bytes = (size_t)element_bytes[head->type];
    if (!head->big && head->kind != 'u' && head->kind != 'b') {
        memmove(to, from, (size_t)n * bytes);
        return true;
    }
    for (int64_t i = 0; i < n; i++, from += head->size, to += bytes) {
        uint64_t bits = value_bits(from, head->size, head->big);
        if (head->kind == 'u' && bits > INT64_MAX)
            return problem("%s: %" PRIu64 " is beyond what I64 holds", stream->name, bits);
        if (head->kind == 'b') bits = bits != 0;
        memcpy(to, &bits, bytes); /* little endian: the low bytes */
    }
    return true;
}
