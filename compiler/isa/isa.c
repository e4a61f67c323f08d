#include "isa.h"

#include <string.h>

extern const Isa isa_avx512, isa_avx2, isa_portable;
extern const char embedded_common[]; /* the same for all: exp, log, hash */

const Isa *const all_isas[] = {&isa_avx512, &isa_avx2, &isa_portable, NULL};

const Isa *isa_by_name(const char *name) {
    for (int i = 0; all_isas[i]; i++)
        if (!strcmp(all_isas[i]->name, name)) return all_isas[i];
    return NULL;
}

/* The short names that kernels use, each standing for the function with the section's suffix. */
static const char *const words[] = {
    "F16",     "I16",      "M16",      "load",        "store",
    "set",     "add",      "sub",      "mul",         "div",
    "max",     "min",      "sqrt",     "neg",         "abs",
    "fma",     "rounded",  "gt",       "wins",        "keep",
    "select",  "as_int",   "iset",     "ieq",         "iselect",
    "igt",     "iota",     "iadd",     "store_bytes", "load_bytes",
    "sum16",   "max16",    "first",    "exp",         "log",
    "sigmoid", "tanh",     "relu",     "lanes",       "positive",
    "dropped", "to_float", "as_float", "transpose",   "transpose_part",
    "nonzero", "compress", "imul",     "quotient"};
enum { N_WORDS = sizeof words / sizeof *words };

static const char *const registers[] = {"V",      "V_ZERO", "V_LOAD",  "V_STORE", "V_SET",
                                        "V_FMA",  "ROW",    "VI",      "VT",      "V_BYTES",
                                        "V_ISET", "V_IADD", "V_IPLUS", "V_IAND",  "V_ISELECT",
                                        "V_KEEP", "V_ROWS", "V_PICK",  "V_IS"};
enum { N_REGISTERS = sizeof registers / sizeof *registers };

static const char *upper(const char *word, char *buffer) {
    size_t i = 0;
    for (; word[i]; i++)
        buffer[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
    buffer[i] = '\0';
    return buffer;
}

static void write_suffixed(Writer *w, const char *text, const char *suffix) {
    char line[1024];
    size_t n = 0;
    for (; *text; text++) {
        const char *piece = *text == '@' ? suffix : NULL;
        size_t length = piece ? strlen(piece) : 1;
        if (n + length + 1 >= sizeof line) {
            line[n] = '\0';
            w_raw(w, line);
            n = 0;
        }
        memcpy(line + n, piece ? piece : text, length);
        n += length;
    }
    line[n] = '\0';
    w_raw(w, line);
}

void isa_open(Writer *w, const Isa *isa) {
    char name[64];
    write_suffixed(w, isa->vocabulary, isa->suffix);
    write_suffixed(w, embedded_common, isa->suffix);
    for (int i = 0; i < N_WORDS; i++)
        w_line(w, "#define %s %s%s", upper(words[i], name), words[i], isa->suffix);
}

void isa_close(Writer *w, const Isa *isa) {
    char name[64];
    (void)isa;
    for (int i = 0; i < N_WORDS; i++) w_line(w, "#undef %s", upper(words[i], name));
    for (int i = 0; i < N_REGISTERS; i++) w_line(w, "#undef %s", registers[i]);
}
