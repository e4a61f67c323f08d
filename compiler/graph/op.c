/* Attributes and messages that all ops share. */
#include "op.h"

#include <string.h>

int op_attr_index(const Op *op, const char *name) {
    for (int i = 0; i < op->n_attrs; i++)
        if (!strcmp(op->attrs[i].name, name)) return i;
    bug("op %s has no attribute %s", op->name, name);
}

bool op_draws_in_training(const Op *op, const double *attr) {
    if (op_is(op, TRAIT_RANDOM | TRAIT_MOVES)) return true;
    return op_is(op, TRAIT_MAY_DROP) && attr && attr[op_attr_index(op, "p")] > 0;
}

double node_attr(const Node *node, const char *name) {
    return node->attr[op_attr_index(node->op, name)];
}

int node_int(const Node *node, const char *name) {
    return (int)node_attr(node, name);
}

int op_along(const Node *node, int operand, int axis) {
    if (node->in[operand]->type.kind != KIND_SAMPLE) return ALONG_WHOLE;
    if (node->op->along) return node->op->along(node, operand, axis);
    return node->op->row ? axis : ALONG_ALL;
}

bool node_is(const Node *node, const char *op_name) {
    return !strcmp(node->op->name, op_name);
}

bool node_is_tensor(const Node *node) {
    return node_is(node, "param") || node_is(node, "state");
}

void node_bug(const Node *node, const char *format, ...) {
    char words[400];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    const char *name = node->name ? node->name : "";
    bug("node %d (%s%s%s%s, %s:%d): %s", node->id, node->op->name, *name ? " \"" : "", name,
        *name ? "\"" : "", node->loc.file ? node->loc.file : "", node->loc.line, words);
}

int node_parts(const Node *node) {
    if (node->type.kind == KIND_SAMPLE) return node->type.parts;
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i]->type.kind == KIND_SAMPLE) return node->in[i]->type.parts;
    return 1;
}

bool node_once(const Node *node) {
    bool once = node->type.kind == KIND_SAMPLE ? node->type.once : node->type.kind == KIND_PARAM;
    bool samples = false;
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i]->type.kind != KIND_SAMPLE) continue;
        once = once && node->in[i]->type.once;
        samples = true;
    }
    return once && (samples || node->type.kind == KIND_SAMPLE);
}

int64_t node_values(const Node *node, int batch) {
    if (node->type.kind != KIND_SAMPLE || node->type.once) return 1;
    return (int64_t)batch * node->type.parts;
}

int64_t node_count(const Node *node) {
    return shape_count(node->type.shape);
}

const char *node_words(Graph *graph, const Node *node) {
    if (!node->name) return node->op->name;
    return arena_printf(graph->arena, "%s \"%s\"", node->op->name, node->name);
}

/* "(84), the output of linear "fc2" (line 9)" */
static const char *operand_words(Graph *g, const Node *in) {
    const char *what;
    switch (in->type.kind) {
    case KIND_SCHEDULE:
        what = "a number";
        break;
    case KIND_SCALAR:
        what = "a loss (one number for the batch)";
        break;
    case KIND_SPLIT:
        what = "a number of the whole split (only + - * / ^, nn.sqrt, nn.log and nn.exp take it)";
        break;
    case KIND_PARAM:
        what = "a parameter";
        break;
    default:
        what = in->type.classes
                   ? arena_printf(g->arena, "a class index of %d classes", in->type.classes)
                   : shape_text(g->arena, in->type.shape);
    }
    /* What a file wrote is the parameter, or the value that is copied. */
    while (node_is(in, "repeat") || node_is(in, "shared")) in = in->in[0];
    if (!in->op->min_in && in->name)
        return arena_printf(g->arena, "%s, the %s", what, node_words(g, in));
    if (node_is(in, "number")) return what;
    const char *line = in->loc.line ? arena_printf(g->arena, " (line %d)", in->loc.line) : "";
    return arena_printf(g->arena, "%s, the output of %s%s", what, node_words(g, in), line);
}

bool op_error(Graph *graph, const Node *node, int operand, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *words = arena_vprintf(graph->arena, format, args);
    va_end(args);
    const char *got = operand >= 0 ? arena_printf(graph->arena, ", got %s",
                                                  operand_words(graph, node->in[operand]))
                                   : "";
    diag_error(graph->diag, node->loc, "%s: %s%s", node_words(graph, node), words, got);
    return false;
}
