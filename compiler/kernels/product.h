/* Products of two values of a sample: out[r][c] = sum over k of a(r, k) b(k, c), c in lanes. Each
 * sum takes k in order, one fused multiply-add a term, whatever the tiles are. */
#ifndef NNGEN_KERNELS_PRODUCT_H
#define NNGEN_KERNELS_PRODUCT_H

#include "tile.h"

/* Pointers are C expressions, distances count floats. */
typedef struct Product {
    const char *a; /* a(r, k) is at a + r * a_row + k * a_step */
    int a_row, a_step;
    const char *b; /* b(k, c) is at b + k * b_step + c, rows of 16 */
    int b_step;
    const char *out; /* out[r][c] is at out + r * out_row + c, rows of 16 */
    int out_row;
    int rows, lanes;
    const char *steps; /* a C expression: how many k there are */
    const char *adds;  /* a C expression: whether sums go on from what `out` has; NULL: from 0 */
} Product;

void product_build(Loops *l, const Product *p);

#endif
