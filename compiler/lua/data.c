/* The data sets that nngen knows, so that a wrong field is reported before there is a program. */
#include <string.h>

#include "../../common/nearest.h"
#include "front.h"

static const char *const sets[] = {"mnist-pairs", "mnist", "cifar10", NULL};

static const struct {
    const char *data, *field;
    Shape shape;
    int classes;
} known[] = {
    {"mnist-pairs", "left", {3, {1, 14, 14}}, 0}, {"mnist-pairs", "right", {3, {1, 14, 14}}, 0},
    {"mnist-pairs", "pair", {3, {2, 14, 14}}, 0}, {"mnist-pairs", "left_digit", {0, {0}}, 10},
    {"mnist-pairs", "right_digit", {0, {0}}, 10}, {"mnist-pairs", "comparison", {0, {0}}, 2},
    {"mnist", "image", {3, {1, 28, 28}}, 0},      {"mnist", "digit", {0, {0}}, 10},
    {"cifar10", "image", {3, {3, 32, 32}}, 0},    {"cifar10", "class", {0, {0}}, 10}};
enum { N_KNOWN = sizeof known / sizeof *known };

static bool is_data_field(const Node *n) {
    return n->type.kind != KIND_ERROR && op_is(n->op, TRAIT_FIELD);
}

static const char *type_words(Arena *arena, Shape shape, int classes) {
    return classes ? arena_printf(arena, "a label of %d classes", classes)
                   : arena_printf(arena, "real values of shape %s", shape_text(arena, shape));
}

/* Reports a field that differs from the data set's field of that name. */
static void check_field(Front *f, const char *data, const Node *n) {
    const char *names[N_KNOWN + 1] = {NULL}, *list = "";
    int count = 0;
    for (int i = 0; i < N_KNOWN; i++) {
        if (strcmp(known[i].data, data) != 0) continue;
        list = arena_printf(f->arena, "%s%s%s", list, count ? ", " : "", known[i].field);
        names[count++] = known[i].field;
        if (strcmp(known[i].field, n->name) != 0) continue;
        if (known[i].classes != n->type.classes || !shape_equal(known[i].shape, n->type.shape))
            diag_error(f->diag, n->loc, "field \"%s\" of data \"%s\" is %s, not %s", n->name, data,
                       type_words(f->arena, known[i].shape, known[i].classes),
                       type_words(f->arena, n->type.shape, n->type.classes));
        return;
    }
    const char *near = nearest_name(n->name, names);
    if (near)
        diag_error(f->diag, n->loc, "data \"%s\" has no field \"%s\"; did you mean \"%s\"?", data,
                   n->name, near);
    else
        diag_error(f->diag, n->loc, "data \"%s\" has no field \"%s\"; it has %s", data, n->name,
                   list);
}

void data_check(Front *f, Loc loc, const char *data) {
    int set = 0;
    while (sets[set] && strcmp(data, sets[set]) != 0) set++;
    if (!sets[set]) {
        const char *near = nearest_name(data, sets);
        if (near)
            diag_error(f->diag, loc, "model: unknown data \"%s\"; did you mean \"%s\"?", data,
                       near);
        else
            diag_error(
                f->diag, loc,
                "model: unknown data \"%s\"; there are \"%s\", \"%s\" and \"%s\"; without `data` "
                "any file that has the fields serves",
                data, sets[0], sets[1], sets[2]);
        return;
    }
    for (int i = 0; i < f->graph->n_nodes; i++) {
        const Node *n = f->graph->nodes[i];
        if (is_data_field(n)) check_field(f, data, n);
    }
}

/* Bytes of MNIST's fields are normalised unless the file says how. */
static void normalise_digits(Graph *g, const Node *n) {
    const PerChannel measured = {.measured = true};
    if (n->type.classes) return;
    FieldData *field = fields_data(g, n->name);
    if (field->normalised) return;
    field->normalised = field->bytes = true;
    field->scale = 1.0 / 255.0;
    field->mean = field->deviation = measured;
}

static int windows_of(const Graph *g, const Node *n) {
    const FieldData *data = graph_field(g, n->name);
    return data ? data->windows : 0;
}

/* Class indices of a label whose data may hold what is no class must not be taken for places. */
static void check_ignored(Front *f) {
    const Graph *g = f->graph;
    bool *loose = ARENA_ARRAY(f->arena, bool, g->n_nodes + 1);
    for (int i = 0; i < g->n_nodes; i++) {
        const Node *n = g->nodes[i];
        const FieldData *data = n->op == &op_label ? graph_field(g, n->name) : NULL;
        loose[i] = data && data->ignores;
        for (int j = 0; j < n->n_in; j++) {
            if (!loose[n->in[j]->id]) continue;
            if (n->op == &op_one_hot || op_is(n->op, TRAIT_COMPARISON)) continue;
            loose[i] = true;
            if (n->type.classes) continue;
            diag_error(
                f->diag, n->loc,
                "%s: the label may hold values that are no class, as ignore_index of another "
                "loss says: state it here, too, or use nn.one_hot and masks",
                n->op->name);
            return;
        }
    }
}

void data_finish(Front *f) {
    Graph *g = f->graph;
    check_ignored(f);
    const Node *first = NULL;
    for (int i = 0; i < g->n_nodes; i++) {
        const Node *n = g->nodes[i];
        if (!is_data_field(n)) continue;
        if (!first) first = n;
        if (windows_of(g, n) != windows_of(g, first)) {
            diag_error(f->diag, n->loc,
                       "field \"%s\" has windows = %d, \"%s\" has %d (line %d): all fields of a "
                       "model have the same",
                       n->name, windows_of(g, n), first->name, windows_of(g, first),
                       first->loc.line);
            return;
        }
    }
    const bool digits = g->data && !strncmp(g->data, "mnist", 5);
    for (int i = 0; digits && i < g->n_nodes; i++)
        if (is_data_field(g->nodes[i])) normalise_digits(g, g->nodes[i]);
}
