/* The plan as C text. Decides nothing. */
#ifndef NNGEN_EMIT_EMIT_H
#define NNGEN_EMIT_EMIT_H

#include "../isa/isa.h"
#include "../plan/plan.h"

/* Version of the contract, model.h, that the code is written for: NN_ABI there. */
enum { MODEL_ABI = 16 };

enum { ALIGN_BYTES = 64 }; /* NN_ALIGN there */

/* In the first line of a generated header, and so of no other file. */
#define EMIT_HEADER_MARK "made by nngen"

/* What the banner and the model's table say of the source. */
typedef struct EmitInfo {
    const char *version;
    const char *source;     /* base name of the architecture file */
    const char *sha256;     /* of all sources, hex */
    const char *graph;      /* text of the differentiated graph */
    const Isa *const *isas; /* NULL-terminated, best first; the portable one last */
    bool inference;
} EmitInfo;

/* The loop programs of the plan's kernels for an instruction set, for people: --emit=loops. What
 * several entries have alike stands in the first. */
const char *emit_loops(const Plan *plan, const Isa *isa);

/* The generated file; lives in the plan's arena. */
const char *emit_c(const Plan *plan, const EmitInfo *info);

/* The header that goes beside it; `c_file` is the generated file's base name. */
const char *emit_header(const Plan *plan, const EmitInfo *info, const char *c_file);

/* The main file of the model's program: tells the runtime's main.c the name of the constant. Lives
 * in the plan's arena. */
const char *emit_main(const Plan *plan);

/* The model's constant: nn_model_<name>. */
const char *emit_symbol(Arena *arena, const Graph *graph);

#endif
