#include "weights.h"

bool block_mixes_groups(int out, int groups) {
    return groups > 1 && out / groups % LANES != 0;
}

const char *block_begin_text(Arena *arena, int out, int in, int groups, const char *block) {
    int count = block_channels(out, in, groups);
    if (count == in) return "0";
    const char *text = arena_printf(arena, "%s * 16 / %d * %d", block, out / groups, in / groups);
    int blocks = round_up(out, LANES) / LANES;
    if ((blocks - 1) * LANES / (out / groups) * (in / groups) <= in - count) return text;
    return arena_printf(arena, "(%s > %d ? %d : %s)", text, in - count, in - count, text);
}
