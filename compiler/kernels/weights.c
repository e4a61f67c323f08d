#include "weights.h"

bool block_mixes_groups(int out, int groups) {
    return groups > 1 && out / groups % LANES != 0;
}

void block_range(int out, int in, int groups, int block, int *begin, int *count) {
    int og = out / groups, ig = in / groups;
    *begin = 0;
    *count = in;
    if (groups == 1 || (og % LANES != 0 && LANES % og != 0)) return;
    *count = og % LANES == 0 ? ig : LANES / og * ig;
    if (*count > in) *count = in;
    *begin = block * LANES / og * ig;
    if (*begin > in - *count) *begin = in - *count;
}

const char *block_begin_text(Arena *arena, int out, int in, int groups, const char *block) {
    int begin, count;
    block_range(out, in, groups, 0, &begin, &count);
    if (count == in) return "0";
    const char *text = arena_printf(arena, "%s * 16 / %d * %d", block, out / groups, in / groups);
    int blocks = round_up(out, LANES) / LANES;
    if ((blocks - 1) * LANES / (out / groups) * (in / groups) <= in - count) return text;
    return arena_printf(arena, "(%s > %d ? %d : %s)", text, in - count, in - count, text);
}
