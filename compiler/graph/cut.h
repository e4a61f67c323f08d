/* The two rules of the numeric contract (docs/numbers.md) that keep subnormal numbers away, in
 * double: for references. CUT and MEAN_SQUARE of the vocabularies are the same in float. */
#ifndef NNGEN_GRAPH_CUT_H
#define NNGEN_GRAPH_CUT_H

/* 0 where |x| < 2^-63, else x. */
static inline double cut(double x) {
    return x > -0x1p-63 && x < 0x1p-63 ? 0 : x;
}

/* Mean of squares m, of which `share` stays, and the square of g; at least 2^-120. */
static inline double mean_square(double share, double m, double g) {
    const double kept = share * m;
    return (0x1p-120 > kept ? 0x1p-120 : kept) + (1 - share) * g * g;
}

#endif
