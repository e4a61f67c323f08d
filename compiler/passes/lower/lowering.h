/* Lowering an entry's graph to kernels; shared by the files of this folder. */
#ifndef NNGEN_PASSES_LOWERING_H
#define NNGEN_PASSES_LOWERING_H

#include "../../kernels/family.h"
#include "../../plan/plan.h"

/* State of the lowering of one entry. Arrays are indexed by node id. */
typedef struct Lowering {
    Plan *plan;
    Entry *entry;
    Graph *graph;
    Arena *arena;
    Layout *layout; /* of the value in memory */
    Buffer *
        *buffer; /* where the value lies; made with the value, stored only if something reads it */
    Kernel **kernel; /* that computes the value */
    Node **storage;  /* the node whose memory this one shares (flatten), or itself */
    int *stage;      /* stage in which the value appears; -1: before the step */
    Buffer **winner; /* max_pool2d: its winners */
    Buffer **dense;  /* fields: as contractions read them */
    Node ***users;   /* NULL-terminated, looking through nodes that share memory */
    bool *read;      /* the buffer is read by a kernel */
} Lowering;

/* layout.c: layout of a node's value, a pure function of graph and parameters' places. `known`, by
 * node, holds those of the node's operands; NULL: they are found. */
Layout value_layout(const Plan *plan, const Node *node, const Layout *known);

/* params.c: fills Plan.params and phases' ranges. */
void plan_params(Plan *plan);

/* The transposed copy of a weight for the input gradient `dgrad`, made when first asked for. */
Derived *plan_transposed(Plan *plan, const Node *dgrad);

/* The transformed copy of a weight for the Winograd convolution or input gradient `node`. */
Derived *plan_winograd(Plan *plan, const Node *node);

/* values.c: where values lie. */

/* A field or a stack of fields: packed for the kernels that need it so, when the first asks. */
bool is_field(const Node *node);
Buffer *new_buffer(Lowering *l, BufferSpace space, const char *name, const Node *node);
Buffer *sample_buffer(Lowering *l, const char *name, const Node *node, Layout layout);
Buffer *sum_buffer(Lowering *l, const Node *node);
Buffer *field_buffer(Lowering *l, Node *node);

/* A part of a buffer, as a buffer that has no place of its own. */
Buffer *part_buffer(Lowering *l, Buffer *whole, int part);

/* Copies a field into `to`, in its layout. */
void pack_field(Lowering *l, Node *field, Buffer *to, const char *kind);

/* Remembers that a kernel reads the value, and those whose memory it shares. */
void mark_read(Lowering *l, const Node *value);

/* The buffer of a node's value; becomes l->buffer of the node. */
Buffer *make_value(Lowering *l, Node *node);

/* The buffer of a value as row kernels read it: fields are packed into padded rows first. */
Buffer *lower_value(Lowering *l, Node *node);

/* The same as contractions read it: they broadcast single floats, so fields may stay where they are
 * if their places are in order, else they get a dense channels-last copy. */
Buffer *contraction_input(Lowering *l, Node *node);

/* The value in the layout that a user needs, copied if it has another one. Returns the node whose
 * memory `*buffer` is, NULL for a copy. */
Node *in_layout(Lowering *l, Node *node, Layout layout, Buffer **buffer);

/* kernel.c: kernels as they are made. */

/* Letters, digits and underscores only: names become C identifiers. */
const char *identifier(Arena *arena, const char *name);
const char *kernel_name(Lowering *l, const Node *node);
const Family *family_of(const Plan *plan, const Node *node);
Kernel *new_kernel(Lowering *l, const Family *family, Node *node, const char *name);

/* A kernel of the node's family that computes its value. */
Kernel *node_kernel(Lowering *l, Node *node);

void add_operand(Lowering *l, Kernel *k, Operand operand);
void add_fused(Lowering *l, Kernel *k, Node *node);

/* Adds an operand; reading a value marks its buffer as read. Returns its parameter name. A kernel
 * that names its operands (`param`) gets each of them, even where two are the same value; without a
 * name, a value that the kernel has is not added again. */
const char *lower_operand(Lowering *l, Kernel *k, const char *param, Buffer *buffer, Node *value,
                          bool written);

/* Adds a number as an argument in float; kernels of its users run in a later stage. */
void number_arg(Lowering *l, Kernel *k, Node *node, const char *name, const char *format);

/* Adds the numbers and dropout arguments that a point-wise node needs. */
void lower_pointwise_args(Lowering *l, Kernel *k, Node *node);

/* Moves a kernel behind those that were made while its operands were gathered. */
void place_last(Lowering *l, Kernel *k);

/* fuse.c: puts a point-wise node or a max-pool behind the kernel of one of its operands, if that is
 * allowed. */
bool fuse_pointwise(Lowering *l, Node *node);
bool fuse_pool(Lowering *l, Node *node);

/* Whether all kernels that must run before `k` reads `node` do. */
bool lower_precedes(const Lowering *l, const Node *node, const Kernel *k);

/* numbers.c: adds a number: known before the step (stage -1), or made of sums of a stage. */
Number *lower_number(Lowering *l, Node *node, int stage, Buffer *sum);

/* Index in entry->drops of the decisions of a dropout node. */
int lower_drop(Lowering *l, const Node *node);

/* Nodes that have a file of their own. */
void lower_contraction(Lowering *l, Node *node);
void lower_gradient(Lowering *l, Node *node);
void lower_loss(Lowering *l, Node *node);
void lower_loss_grad(Lowering *l, Node *node);
void lower_pool(Lowering *l, Node *node);
void lower_pool_grad(Lowering *l, Node *node);
void lower_stack(Lowering *l, Node *node);
void lower_part(Lowering *l, Node *node);

/* pool.c: the winners that the pool of a max_pool2d_grad node kept. */
Buffer *pool_winner(Lowering *l, const Node *gradient);

#endif
