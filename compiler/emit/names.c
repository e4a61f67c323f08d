/* Names in a generated file: the model's constant, kernels, the values that they
 * read and write, and where in the source they come from. */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

const char *emit_identifier(Arena *arena, const char *name) {
    char *s = arena_strdup(arena, name);
    for (char *p = s; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9')))
            *p = '_';
    return s;
}

const char *emit_symbol(Arena *arena, const Graph *graph) {
    return arena_printf(arena, "nn_model_%s", emit_identifier(arena, graph->name));
}

const char *emit_place(Arena *arena, Loc loc) {
    if (loc.line <= 0) return "";
    const char *slash = strrchr(loc.file, '/'), *name = slash ? slash + 1 : loc.file;
    char *clean = arena_strdup(arena, name);
    for (char *c = clean; *c; c++)
        if (*c < ' ' || *c > '~' || strchr("\\?*", *c)) *c = '_';
    return arena_printf(arena, "%s:%d", clean, loc.line);
}

const char *emit_placed(Arena *arena, const char *name, Loc loc) {
    const char *place = emit_place(arena, loc);
    return arena_printf(arena, "%s%s%s", name, *place ? ", " : "", place);
}

void emit_heading(Writer *w, const char *text) {
    w_line(w, "/* ==== %s ==== */", text);
    w_line(w, "%s", "");
}

typedef struct Numbered {
    const char *name;
    int index;
} Numbered;

static int by_name(const void *a, const void *b) {
    const Numbered *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : x->index - y->index;
}

static int name_is(const void *name, const void *numbered) {
    return strcmp(name, ((const Numbered *)numbered)->name);
}

/* Makes names unique: the first of equal ones stays, the others get _2, _3 ... */
static void number_names(Arena *arena, const char **names, int n) {
    if (!n) return;
    const size_t count = (size_t)n;
    Numbered *sorted = ARENA_ARRAY(arena, Numbered, count);
    for (int i = 0; i < n; i++) sorted[i] = (Numbered){names[i], i};
    qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 1, number = 1; i < count; i++) {
        const char *name = sorted[i].name, **to = &names[sorted[i].index];
        if (strcmp(sorted[i - 1].name, name) != 0) {
            number = 1;
            continue;
        }
        do *to = arena_printf(arena, "%s_%zu", name, ++number);
        while (bsearch(*to, sorted, count, sizeof *sorted, name_is));
    }
}

const char *const *emit_kernel_names(Arena *arena, const Entry *entry) {
    const char **names = ARENA_ARRAY(arena, const char *, entry->n_kernels + 1);
    for (int i = 0; i < entry->n_kernels; i++) names[i] = entry->kernels[i]->name;
    number_names(arena, names, entry->n_kernels);
    return names;
}

/* One step towards the origin of a value: its first operand of a sample. */
static const Node *made_of(const Node *node) {
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i]->type.kind == KIND_SAMPLE) return node->in[i];
    return NULL;
}

static bool joins(const Node *node) {
    int values = 0;
    for (int i = 0; i < node->n_in; i++) values += node->in[i]->type.kind == KIND_SAMPLE;
    return values > 1;
}

/* A value without a name is called after the layer that it follows, and its op: "conv1_relu". A
 * value that joins several is called after its op; a loss and a gradient are named after their
 * values. */
static const char *stem(Arena *arena, const Node *node, bool gradient) {
    if (node->name) return emit_identifier(arena, node->name);
    const char *op = node->op->name;
    size_t length = strlen(op);
    if (length > 5 && !strcmp(op + length - 5, "_grad")) length -= 5;
    const Node *of = made_of(node);
    const bool leads = gradient || op_is(node->op, TRAIT_ACCESS) || op_is(node->op, TRAIT_LOSS);
    if (joins(node) && !leads) of = NULL;
    while (of && !of->name) of = made_of(of);
    return of ? arena_printf(arena, "%s_%.*s", emit_identifier(arena, of->name), (int)length, op)
              : arena_strndup(arena, op, length);
}

/* Which nodes of an entry are gradients of values: those of losses, and what is computed of them.
 */
static bool *find_gradients(Arena *arena, const Graph *graph) {
    bool *is = ARENA_ARRAY(arena, bool, graph->n_nodes + 1);
    for (int i = 0; i < graph->n_nodes; i++) {
        const Node *node = graph->nodes[i];
        is[i] = op_is(node->op, TRAIT_LOSS_GRADIENT);
        for (int j = 0; j < node->n_in && !is[i]; j++) is[i] = is[node->in[j]->id];
    }
    return is;
}

/* x_: a field; y_: a value; dx_: the gradient of the loss in what the layer reads, dy_: in what it
 * makes. */
static const char *sample_name(Arena *arena, const Buffer *b, bool gradient) {
    const Buffer *whole = b->whole ? b->whole : b;
    const char *kind = strrchr(whole->name, '.');
    const bool winner = !strncmp(b->name, "winner", 6);
    const Node *field = b->node;
    while (field->op->traits & TRAIT_ACCESS) field = field->in[0];
    const char *text;
    if (op_is(field->op, TRAIT_FIELD)) {
        text = arena_printf(arena, "x_%s%s", emit_identifier(arena, field->name),
                            kind ? arena_printf(arena, "_%s", kind + 1) : "");
    } else {
        const char *of = stem(arena, b->node, gradient);
        /* A sum of gradients is named after the value whose gradient it is. */
        const bool sum = b->node->name && !strcmp(b->node->op->name, "add");
        text = arena_printf(arena, "%s_%s%s",
                            winner      ? "winner"
                            : !gradient ? "y"
                            : sum       ? "dy"
                                        : "dx",
                            of, !strcmp(whole->name, "relayout") ? "_relayout" : "");
    }
    return b->whole ? arena_printf(arena, "%s_%d", text, b->part) : text;
}

static const char *buffer_name(Arena *arena, const Buffer *b, const bool *gradient) {
    const char *name = emit_identifier(arena, b->name);
    switch (b->space) {
    case SPACE_FIELD:
        return arena_printf(arena, "x_%s", name);
    case SPACE_STATE:
        return (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z')
                   ? name
                   : arena_printf(arena, "p_%s", name);
    case SPACE_SAMPLE:
        return sample_name(arena, b, gradient[b->node->id]);
    case SPACE_GRADIENT:
        return arena_printf(arena, "d_%s", emit_identifier(arena, b->node->name));
    case SPACE_SUM:
        return arena_printf(arena, "sum_%s", stem(arena, b->node, false));
    case SPACE_PARTIAL:
        return arena_printf(arena, "part_%s", stem(arena, b->node, false));
    case SPACE_BATCH:
        return arena_printf(arena, "batch_%s", stem(arena, b->node, false));
    case SPACE_OUTPUT:
        return arena_printf(arena, "out_%s", name);
    case SPACE_CACHE:
        return arena_printf(arena, "cache_%s", stem(arena, b->node, false));
    }
    bug("a buffer without a space");
}

int emit_state_index(const Plan *plan, const Buffer *b) {
    const bool derived = b->offset >= plan->param_floats;
    int low = 0, high = derived ? plan->n_derived : plan->n_params;
    while (low < high) {
        const int middle = (low + high) / 2;
        const Buffer *other = derived ? plan->derived[middle]->value : plan->params[middle].value;
        if (other->offset < b->offset)
            low = middle + 1;
        else
            high = middle;
    }
    return derived ? plan->n_params + low : low;
}

ValueNames emit_value_names(Arena *arena, const Plan *plan, const Entry *entry) {
    const int state = plan->n_params + plan->n_derived, n = state + entry->n_buffers;
    const char **names = ARENA_ARRAY(arena, const char *, n + 1);
    const bool *gradient = find_gradients(arena, entry->graph);
    for (int i = 0; i < plan->n_params; i++)
        names[i] = buffer_name(arena, plan->params[i].value, gradient);
    for (int i = 0; i < plan->n_derived; i++)
        names[plan->n_params + i] = buffer_name(arena, plan->derived[i]->value, gradient);
    for (int i = 0; i < entry->n_buffers; i++)
        names[state + i] = buffer_name(arena, entry->buffers[i], gradient);
    number_names(arena, names, n);
    return (ValueNames){plan, names};
}

int emit_entry_index(const Plan *plan, const Entry *entry) {
    int index = 0;
    while (plan->entries[index] != entry) index++;
    return index;
}

ValueNames emit_values(const Emission *em, const Entry *entry) {
    return em->values[emit_entry_index(em->plan, entry)];
}

const char *emit_value_name(ValueNames names, const Buffer *b) {
    const Plan *plan = names.plan;
    return b->space == SPACE_STATE ? names.name[emit_state_index(plan, b)]
                                   : names.name[plan->n_params + plan->n_derived + b->index];
}

const char *emit_what(Arena *arena, const Kernel *k) {
    const char *text = k->family->name;
    int n;
    const Node *const *follow = kernel_followers(arena, k, &n);
    for (int i = 0; i < n; i++) text = arena_printf(arena, "%s + %s", text, follow[i]->op->name);
    if (!k->partner) return text;
    const Op *op = k->partner->op;
    return arena_printf(arena, "%s + %s", text, op_is(op, TRAIT_KEPT) ? op->kernel : "gradient");
}

const Entry *emit_next_entry(const Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++)
        if (plan->entries[i]->kind == ENTRY_NEXT) return plan->entries[i];
    return NULL;
}

bool emit_traced(const Entry *entry) {
    return entry->kind != ENTRY_EVALUATE && entry->kind != ENTRY_NEXT;
}

int emit_kernel_index(const Plan *plan, const Entry *entry, const Kernel *kernel) {
    int index = 0;
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        if (!emit_traced(e)) {
            if (e == entry) return -1;
            continue;
        }
        if (e == entry) return index + (kernel ? kernel->index : e->n_kernels);
        index += e->n_kernels + (e->kind == ENTRY_TRAIN ? 2 : 0);
    }
    bug("entry %s is not in the plan", entry->name);
}

void emit_check(Emission *em, const char *entry) {
    w_line(em->w, "if (nn_broken_call(&%s, %s, call)) return;",
           emit_symbol(em->arena, em->plan->graph), entry);
}
