/* What is known of integers in a loop program: ranges whose ends may grow with the number of
 * samples n, and sums of names, in which what is added and taken away again cancels. Private to
 * compiler/loops. */
#ifndef NNGEN_LOOPS_INTERVAL_H
#define NNGEN_LOOPS_INTERVAL_H

#include "loops.h"

enum { MAX_TERMS = 12 };

/* constant + sum of factor * name + what lies in `rest`. */
typedef struct Sum {
    Linear constant;
    struct {
        Name *name;
        int64_t factor;
    } terms[MAX_TERMS];
    int n_terms;
    Interval rest;
} Sum;

/* More of a name than its range: it lies between low and high, sums of other names. For pointers
 * both are the same: elements from the start of the memory. NULL: nothing is known. */
typedef struct Bounds {
    const Sum *low[2], *high[2]; /* several: all of them hold */
} Bounds;

extern const Interval interval_all;

Linear linear_add(Linear a, Linear b);

/* Whether a <= b for every n >= 1. An unbounded number is the largest as `b` only. */
bool linear_at_most(Linear a, Linear b);

bool interval_equal(Interval a, Interval b);
Interval interval_join(Interval a, Interval b);
Interval interval_meet(Interval a, Interval b);

Sum sum_constant(Linear constant);
Sum sum_add(const Sum *a, const Sum *b, int64_t factor);

/* The integer expression as a sum. */
Sum sum_of(const Expr *e);

/* The tightest ends that ranges and bounds of names give. */
Linear sum_high(const Sum *sum);
Linear sum_low(const Sum *sum);
Interval sum_interval(const Sum *sum);

/* Whether the sum is at most `limit`, whatever its names are, for every n. There may be no single
 * end that shows it: of min(n, 4) neither is the lower one. */
bool sum_at_most(const Sum *sum, Linear limit);

/* Parts of a minimum written `a < b ? a : b`, or NULL. */
bool is_minimum(const Expr *e, const Expr **a, const Expr **b);

#endif
