#include "lines.h"

void zero_samples(Loops *l, const char *param, Layout layout) {
    l_line(l, "NN_ZERO(%s, (size_t)n * %zu);", param, (size_t)layout.stride * sizeof(float));
}

void zero_gradient(Loops *l, const Kernel *k, const char *param) {
    if (!k->adds)
        l_line(l, "NN_ZERO(%s, %zu);", param,
               (size_t)kernel_operand(k, param)->buffer->size * sizeof(float));
}

const char *clean_row(Arena *arena, const char *row, int channels) {
    return channels % LANES ? arena_printf(arena, "LANES(%s, 0, %d - c)", row, channels) : row;
}
