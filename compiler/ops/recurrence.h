/* Geometry of recurrences, decoded once for rules and kernels. */
#ifndef NNGEN_OPS_RECURRENCE_H
#define NNGEN_OPS_RECURRENCE_H

#include "ops.h"

typedef enum Cell { CELL_RNN, CELL_GRU, CELL_LSTM } Cell;

typedef struct Recurrence {
    Cell cell;
    bool reverse; /* from the last place to the first */
    int places, units;
    int gates; /* rows of units that it has in x: r, z, n; i, f, g, o */
    int kept;  /* and that gradients need: r, z, n, q; i, f, g, o, c */
} Recurrence;

Recurrence recurrence_of(const Node *node);

/* Whether it is rnn, gru or lstm; their gates. */
bool is_recurrence(const Op *op);
int recurrence_gates(const Op *op);

#endif
