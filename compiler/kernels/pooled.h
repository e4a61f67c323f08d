/* Backward of a convolution through the max-pool on it. Of a window's gradient only the winner's
 * place is not zero, and where a ReLU or dropout lies between not even that: the kernels collect
 * what is left in lists and multiply nothing else. The gradient of the pooled block never exists.
 */
#ifndef NNGEN_KERNELS_POOLED_H
#define NNGEN_KERNELS_POOLED_H

#include "../loops/loops.h"
#include "family.h"

/* Sizes of convolution and pool, [0] vertical, [1] horizontal. */
typedef struct Pooled {
    int window[2];  /* of the pool, which is its stride, too */
    int places;     /* of a window */
    int windows[2]; /* number of them */
    int stride[2], dilation[2], pad[2], taps[2];
    int padded[2]; /* size of the convolution's input with its padding */
} Pooled;

/* Whether a gradient of the convolution (conv2d_wgrad or conv2d_dgrad) can go through the pool:
 * windows of four places or more that do not overlap, one group. Decided by the graph alone. */
bool pooled_fits(const Node *gradient);

/* The max_pool2d_grad node that a gradient which fits takes in place of its own operand. */
const Node *pooled_unpool(const Node *gradient);

Pooled pooled_sizes(const Node *gradient);

/* Number of the input place, rows of `padded[1]`, that tap (0, 0) of a convolution output reads:
 * the output's place `place` in window (0, 0). */
int pooled_place(const Pooled *p, int place);

/* The same for the first place of window number `window`. */
int pooled_window(const Pooled *p, int window);

/* Places of a row that the winners in a row of a window read. */
int pooled_reach(const Pooled *p);

/* Samples whose lists are made at a time: lists long enough to run well, short enough for the
 * first-level cache. */
int pooled_samples(const Pooled *p);

/* The C expression for pooled_window() of window `q` times `scale`, and the table that it needs, if
 * it needs one: many windows would make a long table. */
const char *pooled_base(Arena *arena, const Pooled *p, int scale);
void pooled_build_base(Loops *l, const Pooled *p, int scale);

/* A copy of samples [s0, s1) of x with a border of zeros, for convolutions with padding: floats
 * that it needs (0: none), and the statements that fill `input`, which was zeroed once, and declare
 * `xs`. */
bool pooled_padded(const Pooled *p);
int pooled_border_floats(const Kernel *kernel, const Pooled *p);
void pooled_build_border(Loops *l, const Kernel *kernel, const Pooled *p);

#endif
