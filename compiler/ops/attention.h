/* The geometry of attention, for rules and kernels alike. */
#ifndef NNGEN_OPS_ATTENTION_H
#define NNGEN_OPS_ATTENTION_H

#include "../graph/op.h"

enum { ATTENTION_Q, ATTENTION_K, ATTENTION_V, ATTENTION_OPERANDS };

/* Queries, keys and values: (T, D) or (heads, T, D) each, or all of them side by side, (T, 3 C),
 * the heads of C channels side by side, too. */
typedef struct Attention {
    bool packed, causal;
    int heads;
    int queries, keys;    /* places */
    int width, out_width; /* of a head: of queries and keys; of values and results */
    double scale;
} Attention;

/* Of the node: attention or its gradient. */
Attention attention_of(const Node *node);

/* Where a tensor has the rows of its heads: element `c` of place `t` of head `h` has the number
 * base + h * head + t * place + c. */
typedef struct HeadView {
    int64_t base, head, place;
} HeadView;

/* That of an operand, or of the result (ATTENTION_OPERANDS), in memory where each row of the last
 * axis takes `row` floats; 0: as many as it has elements. */
HeadView attention_view(const Attention *a, int operand, int row);

#endif
