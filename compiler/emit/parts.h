/* The parts of a generated file; private to compiler/emit. */
#ifndef NNGEN_EMIT_PARTS_H
#define NNGEN_EMIT_PARTS_H

#include "emit.h"

typedef struct Use {
    const Entry *entry;
    const Kernel *kernel;
} Use;

/* A kernel function and the kernels that it is for. */
typedef struct Function {
    const char *name; /* without k_ and suffix */
    const char *what, *params, *body, *memories;
    size_t size; /* of parameters and body */
    Use *uses;
    int n_uses, cap_uses;
} Function;

/* Those of an instruction set. */
typedef struct Functions {
    const Plan *plan;
    const Isa *isa;
    Function *list; /* in the order of their first uses */
    int n, cap;
    int **of; /* by entry and kernel, the entry's update last: index in the list */
} Functions;

/* The names of all values that the kernels of an entry read and write, each its own. They are the
 * pointers of the functions that call kernels. */
typedef struct ValueNames {
    const Plan *plan;
    const char *const *name;
} ValueNames;

/* State of the emission of one file. */
typedef struct Emission {
    const Plan *plan;
    const EmitInfo *info;
    Arena *arena;
    Writer *w;
    ValueNames *values;                       /* by entry */
    const Functions *functions;               /* of the instruction set at hand */
    const Functions *sections[ISA_COUNT + 1]; /* of each one that is written */
} Emission;

/* C identifier made of a name. */
const char *emit_identifier(Arena *arena, const char *name);

/* A line that the contents name: "==== train_1 ====". */
void emit_heading(Writer *w, const char *text);

/* Lines that refuse another version of model.h. */
const char *emit_abi_check(Arena *arena, const EmitInfo *info);

/* "trunk.lua:6"; "" without a place in the source. May stand in a comment. */
const char *emit_place(Arena *arena, Loc loc);

/* "conv1.weight, trunk.lua:6" */
const char *emit_placed(Arena *arena, const char *name, Loc loc);

/* The number of an entry among the plan's. */
int emit_entry_index(const Plan *plan, const Entry *entry);

/* The number of a parameter or, after all of them, of a derived copy; both lie in their order. */
int emit_state_index(const Plan *plan, const Buffer *buffer);

ValueNames emit_value_names(Arena *arena, const Plan *plan, const Entry *entry);
ValueNames emit_values(const Emission *em, const Entry *entry); /* em->values of the entry */
const char *emit_value_name(ValueNames names, const Buffer *buffer);

/* "uint8_t" */
const char *emit_element_type(const Buffer *buffer);

/* "; 2 parts a sample; 165888 FLOPs per sample", or less. */
const char *emit_work(Arena *arena, const Kernel *kernel);

/* The kernel functions of an instruction set, of all entries. */
const Functions *emit_collect_kernels(Emission *em, const Isa *isa);

/* Writes the functions whose first use is in the entry. */
void emit_kernel_functions(Emission *em, const Isa *isa, const Entry *entry);

/* The function that computes a kernel of the entry, without k_ and suffix. */
const char *emit_function_name(const Functions *functions, const Entry *entry,
                               const Kernel *kernel);

/* The kernel's family and what is fused into it: "conv2d + relu + max_pool2d". */
const char *emit_what(Arena *arena, const Kernel *kernel);

/* The name of each kernel of the entry in the table of kernels and the banner: "slice", the next of
 * that name "slice_2". */
const char *const *emit_kernel_names(Arena *arena, const Entry *entry);

/* Whether the model's table has the entry's kernels: all but those of evaluation and
 * of the entry `next`. */
bool emit_traced(const Entry *entry);

/* Index of the kernel in the model's table, -1 for kernels of evaluation. NULL: the index of the
 * entry's update, which the derived copies follow. */
int emit_kernel_index(const Plan *plan, const Entry *entry, const Kernel *kernel);

/* The entry `next`; NULL: the model has none. */
const Entry *emit_next_entry(const Plan *plan);

/* A statement that leaves a function of NnCode whose call breaks the contract. */
void emit_check(Emission *em, const char *entry);

/* Structures and functions of an entry that are the same for all instruction sets: its job, the
 * numbers of the batch. */
void emit_entry_common(Emission *em, const Entry *entry);

/* Tensors of the batch and next values of states; nothing is written for an entry without any. */
bool emit_has_tensors(const Entry *entry);

/* The members of the entry's job that lead to tensors; the lines that set these. */
void emit_tensor_members(Writer *w, const Entry *entry);
void emit_tensor_places(Writer *w, const Entry *entry);

/* A function for each stage after which tensors are made, and one that gives states their next
 * values. */
void emit_tensor_functions(Emission *em, const Entry *entry);

/* Whether tensors are made after the stage. */
bool emit_makes_tensors(const Entry *entry, int stage);

/* The call of the function for the stage; `job` is a C expression. */
void emit_tensor_call(Emission *em, const Entry *entry, int stage, const char *job);

/* The call of the function that gives states their next values. */
void emit_assignments(Writer *w, const Entry *entry);

/* The kernel functions of an instruction set that are not written yet, then its entry functions. */
void emit_section(Emission *em, const Isa *isa);

/* Whether members take turns in a phase. */
bool emit_takes_turns(const Emission *em);

/* The function that tells which of the plan's phases the step of a call is, where members take
 * turns; and the C expression for that. */
void emit_turns(Emission *em);
const char *emit_turn(Emission *em);

/* A function of a call, <member><suffix>, that checks it as `entry` and picks the phase's function
 * <name of the entry><suffix>, which gets `extra`, too. Numbers that the calling thread computes
 * itself, such as learning rates, do not depend on the caller's rounding either. */
void emit_dispatch(Emission *em, const char *suffix, EntryKind kind, const char *member,
                   const char *entry, const char *extra);

/* The statement that gets what other processes have left of the entry's stage for the functions
 * that follow it; nothing where these need nothing. */
void emit_meeting(Emission *em, const Entry *entry, int stage);

/* The function that makes moments whole. */
void emit_moments(Emission *em);

/* Whether a metric is the mean of a value per sample, and not worked out of such means. */
bool emit_is_mean(const Node *metric);

/* Doubles of NnCall.sums: the number of samples, and the sums of the phase that has the most. */
int emit_sums(const Plan *plan);

/* The functions that run an entry for an instruction set. */
void emit_entry_code(Emission *em, const Entry *entry, const Isa *isa);

/* Addition i of the tree, in place: `count` floats of two rows, from `at` of them on. */
void emit_addition(Writer *w, const char *at, const char *count);

/* The table of the runs of the state that a phase trains. */
void emit_ranges(Emission *em, const Entry *entry);

/* The functions that add the chunks' gradients and update parameters. */
void emit_gradient_use(Emission *em, const Entry *entry, const Isa *isa);

/* What follows the gradients in the function of a training step. An update after squares finds the
 * whole sum in the first row. */
void emit_end_of_step(Emission *em, const Entry *entry, const Isa *isa);

/* The functions that make copies of weights for an instruction set. */
void emit_derived(Emission *em, const Isa *isa);

/* Registers that NnCode.peak computes with: enough to hide the latency, few enough that none is
 * spilled. */
int emit_chains(const Isa *isa);

/* Comments that map the state, and an entry's work area. */
void emit_state_map(Emission *em);
void emit_work_map(Emission *em, const Entry *entry);

/* The table of fields; then the places of parameters. */
void emit_fields(Emission *em);
void emit_places(Emission *em);

/* The tables of phases. Lines that return where the state has moment `slot` of `param` in `phase`.
 */
void emit_phases(Emission *em);
void emit_slot_place(Emission *em);

/* Tables, state access, and the model. */
void emit_tables(Emission *em);

#endif
