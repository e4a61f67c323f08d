/* An instruction set: its sizes, as kernels need them, and the text of its vector vocabulary for
 * generated code.
 *
 * Generated kernels know two sizes. Contractions count in V, one register of `width` floats. All
 * other kernels are written in F16, a row of 16 floats (one V for AVX-512, two for AVX2, four for
 * NEON and portable code), so their text is the same for all instruction sets. Contractions consist
 * of MAC<n>(row, x), which adds x times the registers w0, w1 ... to the sums a<row>_0, a<row>_1 ...
 *
 * A further instruction set is a file of this folder, its words in vocabulary/, and a line of
 * isas.def: docs/adding-an-isa.md. */
#ifndef NNGEN_ISA_ISA_H
#define NNGEN_ISA_ISA_H

#include "../base/writer.h"

typedef struct Isa Isa;
struct Isa {
    const char *name;
    const char *suffix;    /* of function names: "_avx2" */
    const char *machine;   /* preprocessor's condition under which it compiles; NULL: always */
    const char *header;    /* that declares its intrinsics: "<immintrin.h>"; NULL: none */
    const char *supported; /* C expression: this machine has it */
    int width;             /* floats in a V */
    int registers;
    bool memory_operands; /* a multiply-add reads its weights from memory: they take no register */
    int max_rows;         /* rows of a contraction tile of `tile_blocks` blocks */
    int tile_blocks;      /* blocks of 16 lanes in a contraction tile */
    const char *vocabulary; /* text of its file in vocabulary/ */
};

enum {
    ISA_COUNT = 1 /* portable code */
#define ISA(name) +1
#include "isas.def"
#undef ISA
};

/* Best first, the portable one last; NULL-terminated. */
extern const Isa *const all_isas[ISA_COUNT + 1];

const Isa *isa_by_name(const char *name);

/* Number of V in a block of 16 lanes. */
static inline int isa_vectors(const Isa *isa) {
    return 16 / isa->width;
}

/* Writes code that is in the vocabulary's words: before it the definitions that it needs, with the
 * suffix in their names; after it the lines that undefine the names. */
void isa_write(Arena *arena, Writer *w, const Isa *isa, const char *code);

#endif
