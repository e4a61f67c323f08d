/* Attributes and messages that all ops share. */
#include "op.h"

#include <limits.h>
#include <math.h>
#include <string.h>

int op_attr_index(const Op *op, const char *name) {
    for (int i = 0; i < op->n_attrs; i++)
        if (!strcmp(op->attrs[i].name, name)) return i;
    bug("op %s has no attribute %s", op->name, name);
}

bool op_draws_in_training(const Op *op, const Attrs *attrs) {
    if (op_is(op, TRAIT_RANDOM | TRAIT_MOVES)) return true;
    return op_is(op, TRAIT_MAY_DROP) && attrs &&
           attr_get(op, op_attr_index(op, "p"), attrs->values) > 0;
}

/* Equal names need not be one string. */
static bool same_type(const char *a, const char *b) {
    return a == b || (a && b && !strcmp(a, b));
}

void node_check_attrs(const Node *node, const char *type) {
    const char *own = node->op->attrs_type;
    if (!same_type(own, type)) node_bug(node, "has %s, not %s", own ? own : "no attributes", type);
}

double attr_get(const Op *op, int i, const void *values) {
    const void *at = (const char *)values + op->attrs[i].offset;
    switch (op->attrs[i].type) {
    case ATTR_REAL:
        return *(const double *)at;
    case ATTR_BOOL:
        return *(const bool *)at;
    case ATTR_BITS:
        return *(const uint32_t *)at;
    default:
        return *(const int *)at;
    }
}

void attr_set(const Op *op, int i, void *values, double value) {
    void *at = (char *)values + op->attrs[i].offset;
    const AttrType type = op->attrs[i].type;
    const double low = type == ATTR_INT || type == ATTR_WORD ? INT_MIN : 0;
    const double high = type == ATTR_BOOL ? 1 : type == ATTR_BITS ? UINT32_MAX : INT_MAX;
    if (type != ATTR_REAL && !(value >= low && value <= high && value == floor(value)))
        bug("attribute %s of %s cannot be %g", op->attrs[i].name, op->name, value);
    switch (type) {
    case ATTR_REAL:
        *(double *)at = value;
        break;
    case ATTR_BOOL:
        *(bool *)at = value != 0;
        break;
    case ATTR_BITS:
        *(uint32_t *)at = (uint32_t)value;
        break;
    default:
        *(int *)at = (int)value;
    }
}

static Attrs room_for(Arena *arena, const Op *op) {
    return (Attrs){op->attrs_type, op->attrs_size ? arena_alloc(arena, 1, op->attrs_size) : NULL};
}

Attrs attrs_new(Arena *arena, const Op *op) {
    Attrs made = room_for(arena, op);
    for (int i = 0; i < op->n_attrs; i++) attr_set(op, i, made.values, op->attrs[i].preset);
    return made;
}

Attrs attrs_copy(Arena *arena, const Op *op, const Attrs *attrs) {
    if (!attrs) return attrs_new(arena, op);
    if (op->attrs_type && !same_type(attrs->type, op->attrs_type))
        bug("%s has %s, and gets %s", op->name, op->attrs_type, attrs->type ? attrs->type : "none");
    Attrs made = room_for(arena, op);
    for (int i = 0; i < op->n_attrs; i++) {
        static const size_t sizes[] = {[ATTR_REAL] = sizeof(double),
                                       [ATTR_INT] = sizeof(int),
                                       [ATTR_BOOL] = sizeof(bool),
                                       [ATTR_BITS] = sizeof(uint32_t),
                                       [ATTR_WORD] = sizeof(int)};
        const AttrSpec *a = &op->attrs[i];
        memcpy((char *)made.values + a->offset, (const char *)attrs->values + a->offset,
               sizes[a->type]);
    }
    return made;
}

bool attrs_equal(const Op *op, const Attrs *a, const Attrs *b) {
    if (!same_type(a->type, b->type)) return false;
    for (int i = 0; i < op->n_attrs; i++) {
        const double x = attr_get(op, i, a->values), y = attr_get(op, i, b->values);
        if (memcmp(&x, &y, sizeof x) != 0) return false;
    }
    return true;
}

double node_attr(const Node *node, const char *name) {
    return attr_get(node->op, op_attr_index(node->op, name), node->attrs.values);
}

int node_int(const Node *node, const char *name) {
    return (int)node_attr(node, name);
}

int op_along(const Node *node, int operand, int axis) {
    if (node->in[operand]->type.kind != KIND_SAMPLE) return ALONG_WHOLE;
    if (node->op->along) return node->op->along(node, operand, axis);
    return node->op->row ? axis : ALONG_ALL;
}

void node_set(Node *node, const char *name, double value) {
    attr_set(node->op, op_attr_index(node->op, name), node->attrs.values, value);
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
