/* Loops over the axes of a value some of which are summed, or spread over: floats from one element
 * to the next along each, on the side that has them all and on the smaller side. */
#ifndef NNGEN_KERNELS_AXES_H
#define NNGEN_KERNELS_AXES_H

#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/plan.h"

/* An axis of the larger side: floats from one element to the next there and on the smaller side,
 * which may have it (`kept`) or not. */
typedef struct Axis {
    int size, step, small;
    bool kept;
} Axis;

typedef struct Axes {
    Axis lanes, place[MAX_RANK + 1];
    int n_places;
} Axes;

/* Of a node whose attribute names the axes; `small` is the shape without them. */
Axes axes_of(const Node *node, Shape large, Layout layout, Shape small, Layout of_small);

/* Opens the loops over the axes that are kept, or over the others, and writes where they lead to:
 * " + a0 * 16" and so on. Returns the number of loops; `row`, unless NULL, stands before the
 * innermost one of several. */
int axes_open(Loops *l, const Axes *v, bool kept, const char *row, const char **at,
              const char **small);
void axes_close(Loops *l, int n);

#endif
