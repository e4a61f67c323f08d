/* Says in words what tile.c and the families choose, by the same numbers. */
#include "reason.h"

#include "../ops/ops.h"
#include "pooled.h"
#include "tile.h"

extern const Family family_contract, family_wgrad, family_bias_grad;

/* "panels of 32 outputs (2 registers), then one of 16 (1)". */
static const char *panels_words(Arena *arena, const Isa *isa, int lanes, int groups, int blocks) {
    Panels panels[MAX_PANELS];
    const int runs = tile_panels(isa, lanes, groups, blocks, panels);
    const char *text = arena_printf(arena, "%d outputs in", lanes);
    for (int i = 0; i < runs; i++) {
        const int vectors = tile_vectors(isa, panels[i].tile);
        const int count =
            (panels[i].last - panels[i].first + panels[i].tile.blocks - 1) / panels[i].tile.blocks;
        text = arena_printf(arena, "%s%s %d panel%s of %d register%s", text, i ? ", then" : "",
                            count, count > 1 ? "s" : "", vectors, vectors > 1 ? "s" : "");
    }
    return text;
}

/* Registers of outputs in a row of the first panel. */
static int first_vectors(const Isa *isa, int lanes, int groups, int blocks) {
    Panels panels[MAX_PANELS];
    tile_panels(isa, lanes, groups, blocks, panels);
    return tile_vectors(isa, panels[0].tile);
}

static const char *budget(Arena *arena, const Isa *isa, int rows, int vectors) {
    return arena_printf(
        arena,
        "Tile: at most %d row%s x %d register%s of %d outputs: of %d registers %d hold "
        "sums, the others weights and the\nvalue that meets them; a weight that is "
        "loaded serves all rows.",
        rows, rows > 1 ? "s" : "", vectors, vectors > 1 ? "s" : "", isa->width, isa->registers,
        rows * vectors);
}

static const char *contraction(Arena *arena, const Kernel *k, const Isa *isa) {
    const Node *node = k->node;
    const bool across = node->op == &op_linear_dgrad; /* lanes are a whole sample */
    const bool conv = node->op == &op_conv2d || node->op == &op_conv2d_dgrad;
    const int lanes = across ? k->out.H * k->out.W * k->out.cs : k->out.C;
    const int groups = conv ? (int)node->attr[CONV_GROUPS] : 1;
    const int blocks = round_up(lanes, LANES) / LANES < isa->tile_blocks ? 1 : isa->tile_blocks;
    const int vectors = first_vectors(isa, lanes, groups, blocks);
    int rows = tile_rows(isa, vectors);
    if (k->pool) {
        const int high = (int)k->pool->attr[POOL_KERNEL_H],
                  wide = (int)k->pool->attr[POOL_KERNEL_W];
        if (rows * vectors > isa->registers / 2) rows = isa->registers / 2 / vectors;
        rows = (rows / high < wide ? wide : rows / high / wide * wide) * high;
    }
    const char *why =
        "Rows are at most so many places of a row of the output, or several samples' places; of "
        "those the number that\ncosts least: short tiles wait for latency, taps outside the input "
        "take no time.";
    return arena_printf(arena, "%s\n%s\n%s.", budget(arena, isa, rows, vectors), why,
                        panels_words(arena, isa, lanes, groups, blocks));
}

static const char *weight_gradient(Arena *arena, const Kernel *k, const Isa *isa) {
    const Node *node = k->node;
    const int groups = node->op == &op_conv2d_wgrad ? (int)node->attr[CONV_GROUPS] : 1;
    const int all = round_up(k->out.C, LANES) / LANES;
    const int blocks = all < isa->tile_blocks || isa_vectors(isa) > 1 ? 1 : isa->tile_blocks;
    const int vectors = first_vectors(isa, k->out.C, groups, blocks);
    return arena_printf(
        arena,
        "%s\nRows are inputs of a weight, all tiles about equally high; narrow and high tiles read "
        "the "
        "input once for more.\nSamples go in blocks that stay in the second-level cache. %s.",
        budget(arena, isa, tile_rows(isa, vectors), vectors),
        panels_words(arena, isa, k->out.C, groups, blocks));
}

const char *kernel_reason(Arena *arena, const Kernel *k, const Isa *isa) {
    if (k->family == &family_contract) return contraction(arena, k, isa);
    if (k->family == &family_wgrad) return weight_gradient(arena, k, isa);
    if (k->family == &family_winograd) {
        const int all = round_up(k->out.C, LANES) / LANES;
        return arena_printf(
            arena,
            "Tile: 4x4 outputs, whose 36 products do the work of 144; 12 such tiles at a time, so "
            "that "
            "their patches and products\nstay in the second-level cache. Rows of a product are "
            "tiles of "
            "outputs, as many as the %d registers hold with weights.\n%s.",
            isa->registers,
            panels_words(arena, isa, k->out.C, 1, all < isa->tile_blocks ? 1 : isa->tile_blocks));
    }
    if (k->family == &family_pooled_dgrad) {
        const Pooled p = pooled_sizes(k->node);
        return arena_printf(
            arena,
            "Tile: the %d places of a row that the winners of a window can reach, as sums in "
            "registers; "
            "what the pool let\nthrough is collected in lists first, the rest is never multiplied.",
            (p.taps[1] - 1) * p.dilation[1] + 1 + (p.window[1] - 1) * p.stride[1]);
    }
    if (k->family == &family_pooled_few || k->family == &family_pooled_wgrad) {
        const Pooled p = pooled_sizes(k->node);
        const bool few = k->family == &family_pooled_few;
        return arena_printf(
            arena,
            few ? "Tile: sums are the %d x %d places of the kernel times %d inputs; 16 outputs in "
                  "lanes, as "
                  "there are fewer inputs.\nEach window adds what its winner read."
                : "Tile: sums are the %d x %d places of the kernel; 16 of %d inputs in lanes, so "
                  "that an "
                  "output's windows that\nare not zero go through a list, one by one.",
            p.taps[0], p.taps[1], k->in.C);
    }
    if (k->family == &family_bias_grad)
        return "Tile: up to 4 rows of 16 outputs: so many sums hide the latency of additions.";
    return "No tile: rows of 16 floats one by one; memory, not arithmetic, takes the time.";
}
