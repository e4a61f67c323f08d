/* One compilation: everything made for it lives in its arena and dies with it. */
#ifndef NNGEN_UNIT_H
#define NNGEN_UNIT_H

#include "graph/graph.h"
#include "isa/isa.h"
#include "lua/frontend.h"
#include "plan/plan.h"

typedef enum EmitKind {
    EMIT_C,
    EMIT_SUMMARY,
    EMIT_GRAPH,
    EMIT_DOT,
    EMIT_PLAN,
    EMIT_LOOPS,
    EMIT_MAIN
} EmitKind;

typedef struct Options {
    const char *input;
    const char *output;  /* NULL: standard output */
    const char *header;  /* beside it; NULL: none */
    const char *depfile; /* NULL: none */
    Define *defines;
    int n_defines, cap_defines;
    const Isa *isas[ISA_COUNT + 1]; /* NULL-terminated, best first */
    bool optimize, winograd, inference, time_passes;
    bool shared;         /* build a library */
    const char *weights; /* file of parameters that become part of the C; NULL: none do */
    EmitKind emit;
    const char *dump, *stop; /* pass names, "all", or NULL */
} Options;

typedef struct Unit {
    Arena *arena;
    Diag *diag;
    Options options;
    Sources sources;
    Graph *graph; /* as loaded, then differentiated */
    const char *graph_text;
    Plan *plan;
    const char *product; /* the text to be written */
    const char *header;  /* that of options.header */
} Unit;

#endif
