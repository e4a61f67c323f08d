/* From an entry's graph to its kernels: what the pass `kernels` offers to kernel families, which
 * state the operands of their kernels (Family.lower). */
#ifndef NNGEN_PLAN_LOWERING_H
#define NNGEN_PLAN_LOWERING_H

#include "plan.h"

/* The work on one entry. Arrays are indexed by node id. */
struct Lowering {
    Plan *plan;
    Entry *entry;
    Graph *graph;
    Arena *arena;
    const Value *value; /* Entry.values */
    Buffer *
        *buffer; /* where the value lies; made with the value, stored only if something reads it */
    Kernel **kernel;  /* that computes the value */
    Buffer **winner;  /* max_pool2d: its winners */
    Buffer **partial; /* TRAIT_BATCH_SUM: a chunk's part */
    Buffer **tensor;  /* of the batch, made between stages */
    Buffer **dense;   /* fields: as contractions read them */
    bool *read;       /* the buffer is read by a kernel */
    Buffer *gradient; /* while a TRAIT_PARAM_GRADIENT node is lowered: where it goes */
};

/* values.c: where values lie. */

/* The node whose memory holds the value. */
static inline Node *storage_of(const Lowering *l, const Node *node) {
    return l->value[node->id].storage;
}

Buffer *new_buffer(Lowering *l, BufferSpace space, const char *name, const Node *node);
Buffer *sample_buffer(Lowering *l, const char *name, const Node *node, Layout layout);
Buffer *sum_buffer(Lowering *l, const Node *node);
Buffer *field_buffer(Lowering *l, Node *node);

/* What the node keeps from call to call for each sample: `size` floats, rounded up to rows. */
Buffer *cache_buffer(Lowering *l, const Node *node, int64_t size);

/* A part of a buffer, as a buffer that has no place of its own. */
Buffer *part_buffer(Lowering *l, Buffer *whole, int part);

/* Copies a field into `to`, in its layout, with its elements moved if the node says so. */
void pack_field(Lowering *l, Node *field, Buffer *to, const char *kind);

/* The buffer of a node's value; becomes l->buffer of the node. */
Buffer *make_value(Lowering *l, Node *node);

/* The buffer of a value as row kernels read it: fields are packed into padded rows first. */
Buffer *lower_value(Lowering *l, Node *node);

/* The same for a kernel that is made already: a field is packed before it. */
Buffer *earlier_value(Lowering *l, Kernel *k, Node *node);

/* The same as contractions read it: they broadcast single floats, so fields may stay where they are
 * if their places are in order, else they get a dense channels-last copy. */
Buffer *contraction_input(Lowering *l, Node *node);

/* The layout of a value with axis 1, the channels, in lanes; the value in it, as in_layout has it.
 */
Layout channels_layout(const Node *node);
Node *in_channels(Lowering *l, Node *node, Buffer **buffer);

/* The value with the last axis in lanes, as in_layout has it. */
Node *in_rows(Lowering *l, Node *node, Buffer **buffer);

/* The value in the layout that a user needs, copied if it has another one. Returns the node whose
 * memory `*buffer` is, NULL for a copy. */
Node *in_layout(Lowering *l, Node *node, Layout layout, Buffer **buffer);

/* operands.c: kernels as they are made. */

Kernel *new_kernel(Lowering *l, const Family *family, Node *node, const char *name);

/* A kernel of the node's family, named after layer and op. */
Kernel *node_kernel(Lowering *l, Node *node);

/* The same where the kernel computes the node's value. */
Kernel *value_kernel(Lowering *l, Node *node);

/* The kernel that the node joined by fusion, as a further one of its nodes; NULL if it has one of
 * its own. */
Kernel *joined_kernel(Lowering *l, Node *node);

/* Lets the kernel compute a point-wise node, too, in registers. */
void add_fused(Lowering *l, Kernel *k, Node *node);

/* Adds an operand; reading a value marks its buffer as read. Returns its parameter name. A kernel
 * that names its operands (`param`) gets each of them, even where two are the same value; without a
 * name, a value that the kernel has is not added again. */
const char *lower_operand(Lowering *l, Kernel *k, const char *param, Buffer *buffer, Node *value,
                          bool written);

/* Adds an operand for the value of a node: no copy of it, and no field. */
void read_value(Lowering *l, Kernel *k, const char *param, Buffer *buffer, Node *value);

/* Adds the operand for a parameter. */
void read_param(Lowering *l, Kernel *k, const char *param, const Node *node);

/* tensors.c: tensors of the batch. */

/* A chunk's part of the tensor: `size` floats. */
Buffer *partial_buffer(Lowering *l, const Node *node, int64_t size);

/* Where the value of a node of KIND_PARAM lies: a parameter, a state, a sum over the batch. */
Buffer *tensor_buffer(Lowering *l, const Node *node);

/* A tensor of `rows` rows of the node's channels, made by its op's function `coefficients`. An
 * operand that is a number is NULL to that function. */
Buffer *make_tensor(Lowering *l, const Node *node, int rows);

/* Writes down how states get their next values. */
void assign_states(Lowering *l);

/* Adds a number as an argument in float; `format` makes a C expression of its name. */
void number_arg(Lowering *l, Kernel *k, Node *node, const char *name, const char *format);

/* Adds the numbers and dropout arguments that a point-wise node needs. */
void lower_pointwise_args(Lowering *l, Kernel *k, Node *node);

/* Adds the arguments of a node whose kernel asks for dropout's decisions: `first`, and these. */
void lower_drop_args(Lowering *l, Kernel *k, Node *node);

/* Adds the argument `place`, of a call of the entry `next`: one of so many places. */
void lower_place_arg(Lowering *l, Kernel *k, int places);

/* Adds the arguments of a node that moves elements, or is drawn: `first`, `each` where the kernel
 * has several parts, and the draws of its layer, which the node finds again. */
void lower_draw_args(Lowering *l, Kernel *k, Node *node);

/* Moves a kernel to the end, after those that were made while its operands were gathered. */
void place_last(Lowering *l, Kernel *k);

/* numbers.c: adds a number of the batch; `sum` is the sum that it is the mean of, or NULL. */
void lower_number(Lowering *l, Node *node, Buffer *sum);

/* Index in entry->drops of the decisions of a dropout node; of the draws of one that moves
 * elements, or is drawn. */
int lower_drop(Lowering *l, const Node *node);
int lower_draw(Lowering *l, const Node *node);

/* access.c: makes a value that shares memory with its operands, a stack or a part. */
void lower_access(Lowering *l, Node *node);

#endif
