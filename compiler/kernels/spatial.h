/* One spatial direction of a convolution: which places of the input the taps of each output read.
 */
#ifndef NNGEN_KERNELS_SPATIAL_H
#define NNGEN_KERNELS_SPATIAL_H

#include "../loops/loops.h"

/* Output o and tap k read place (o*a + k*b + c) / e, if that is whole and inside. */
typedef struct Axis {
    int in, taps, out; /* places read, kernel size, places computed */
    int a, b, c, e;
} Axis;

/* Whether column x, tap t reads a place inside, and which. */
bool axis_reads(const Axis *axis, int x, int t, int *place);

/* The columns of a phase, phase + m * e for m from 0 to count. Those from `from` to before `to`
 * read inside with every tap of the phase: whole windows of `window` columns. */
typedef struct Inner {
    int count, from, to;
} Inner;
Inner axis_inner(const Axis *axis, int window, int phase);

/* The end of the columns from x0 on, `width` at a time, that read inside with the same taps as the
 * first of them. */
int axis_alike(const Axis *axis, int x0, int width);

/* From one tap of a phase to the next. */
int axis_tap_step(const Axis *axis);

/* Phases of a row of outputs. */
int axis_phases(const Axis *axis);

/* The first tap of a phase, or axis->taps if it has none. */
int axis_first_tap(const Axis *axis, int phase);

/* Where e is 1: outputs from `from` to before `to` read inside with the tap; of one that reads
 * padding alone there are none. */
typedef struct Reach {
    int from, to;
} Reach;
Reach axis_reach(const Axis *axis, int tap);

/* Whether all outputs read inside with all taps. */
bool axis_always_inside(const Axis *axis);

/* Tables of what each tap reaches: <name>_from, <name>_to. */
void axis_tables(Loops *l, const Axis *axis, const char *name);

#endif
