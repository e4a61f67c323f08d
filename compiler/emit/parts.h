/* The parts of a generated file; private to compiler/emit. */
#ifndef NNGEN_EMIT_PARTS_H
#define NNGEN_EMIT_PARTS_H

#include "emit.h"

/* A kernel function that is written: kernels of several entries with equal text share one. */
typedef struct Written {
    const Isa *isa;
    const char *text; /* from the parameter list on */
    size_t size;
    const char *name; /* without suffix */
} Written;

/* State of the emission of one file. */
typedef struct Emission {
    const Plan *plan;
    const EmitInfo *info;
    Arena *arena;
    Writer *w;
    Written *written;
    int n_written, cap_written;
} Emission;

/* C identifier made of a name. */
const char *emit_identifier(Arena *arena, const char *name);

/* Lines that refuse another version of model.h. */
const char *emit_abi_check(Arena *arena, const EmitInfo *info);

/* "trunk.lua:6"; "" for what has no place in the source. May stand in a comment. */
const char *emit_place(Arena *arena, Loc loc);

/* The number of a parameter or, after all of them, of a derived copy; both lie in their order. */
int emit_state_index(const Plan *plan, const Buffer *buffer);

/* The names of all values that the kernels of an entry read and write, each its own. They are the
 * pointers of the functions that call kernels. */
typedef struct ValueNames {
    const Plan *plan;
    const char *const *name;
} ValueNames;

ValueNames emit_value_names(Arena *arena, const Plan *plan, const Entry *entry);
const char *emit_value_name(ValueNames names, const Buffer *buffer);

/* The kernel's family and what is fused into it: "conv2d + relu + max_pool2d". */
const char *emit_what(Arena *arena, const Kernel *kernel);

/* What the table of kernels and the banner call each kernel of the entry: "slice", the next of that
 * name "slice_2". */
const char *const *emit_kernel_names(Arena *arena, const Entry *entry);

/* Whether the model's table has the entry's kernels: all but those of evaluation. */
bool emit_traced(const Entry *entry);

/* Index of the kernel in the model's table, -1 for kernels of evaluation. NULL: the index of the
 * entry's update, which the derived copies follow. */
int emit_kernel_index(const Plan *plan, const Entry *entry, const Kernel *kernel);

/* A statement that leaves a function of NnCode whose call breaks the contract. */
void emit_check(Emission *em, const char *entry);

/* Structures and functions of an entry that are the same for all instruction sets: its job, the
 * numbers of the batch. */
void emit_entry_common(Emission *em, const Entry *entry);

/* The kernel functions of an instruction set that are not written yet, then its entry functions. */
void emit_section(Emission *em, const Isa *isa);

/* The functions that run an entry for an instruction set. */
void emit_entry_code(Emission *em, const Entry *entry, const Isa *isa);

/* The functions that make copies of weights for an instruction set. */
void emit_derived(Emission *em, const Isa *isa);

/* Registers that NnCode.peak computes with: enough to hide the latency, few enough that none is
 * spilled. */
int emit_chains(const Isa *isa);

/* Where parameters lie. */
void emit_places(Emission *em);

/* Tables, state access, and the model. */
void emit_tables(Emission *em);

#endif
