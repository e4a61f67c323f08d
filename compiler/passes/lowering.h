/* Lowering an entry's graph to kernels; shared by lower.c, fuse.c, layout.c and params.c. */
#ifndef NNGEN_PASSES_LOWERING_H
#define NNGEN_PASSES_LOWERING_H

#include "../kernels/family.h"
#include "../plan/plan.h"

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

/* Layout of a node's value: a pure function of graph and parameters' places. */
Layout value_layout(const Plan *plan, const Node *node);

/* Fills Plan.params and phases' ranges. */
void plan_params(Plan *plan);

/* The derived copy of a weight for the input gradient `dgrad`, made when first asked for. */
Derived *plan_derived(Plan *plan, const Node *dgrad);

/* Adds an operand; reading a value marks its buffer as read. Returns its parameter name. */
const char *lower_operand(Lowering *l, Kernel *k, const char *param, Buffer *buffer, Node *value,
                          bool written);

/* The buffer of a value as row kernels read it: fields are packed into padded rows first. */
Buffer *lower_value(Lowering *l, Node *node);

/* Puts a point-wise node or a max-pool behind the kernel of one of its operands, if that is
 * allowed: see fuse.c. */
bool fuse_pointwise(Lowering *l, Node *node);
bool fuse_pool(Lowering *l, Node *node);

/* Adds the numbers and dropout arguments that a point-wise node needs. */
void lower_pointwise_args(Lowering *l, Kernel *k, Node *node);

/* Adds a number: known before the step (stage -1), or made of sums of a stage. */
Number *lower_number(Lowering *l, Node *node, int stage, Buffer *sum);

/* Index in entry->drops of the decisions of a dropout node. */
int lower_drop(Lowering *l, const Node *node);

/* Whether all kernels that must run before `k` reads `node` do. */
bool lower_precedes(const Lowering *l, const Node *node, const Kernel *k);

#endif
