/* Sizes of tensors. */
#include <string.h>

#include "graph.h"

int64_t shape_count(Shape shape) {
    int64_t n = 1;
    for (int i = 0; i < shape.rank; i++) {
        if (shape.dim[i] > 0 && n > INT64_MAX / shape.dim[i]) return INT64_MAX;
        n *= shape.dim[i];
    }
    return n;
}

Shape shape_last(Shape shape, int axes) {
    Shape last = {.rank = axes};
    for (int i = 0; i < axes; i++) last.dim[i] = shape.dim[shape.rank - axes + i];
    return last;
}

Shape shape_stated(Shape shape) {
    return shape_last(shape, shape.rank);
}

int64_t shape_inner(Shape shape, int axis) {
    return shape_count(shape_last(shape, shape.rank - 1 - axis));
}

bool shape_equal(Shape a, Shape b) {
    return a.rank == b.rank && !memcmp(a.dim, b.dim, sizeof(int) * (size_t)a.rank);
}

const char *shape_text(Arena *arena, Shape shape) {
    char *text = "(";
    for (int i = 0; i < shape.rank; i++)
        text = arena_printf(arena, "%s%s%d", text, i ? ", " : "", shape.dim[i]);
    return arena_printf(arena, "%s)", text);
}
