/* Reads the text of dump.c. The text comes from nngen itself, so a mistake in it is a bug. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/writer.h"
#include "double.h"
#include "op.h"
#include "optimizer.h"
#include "text.h"

typedef struct Parser {
    Graph *g;
    const char *p; /* rest of the text */
} Parser;

static bool accept(Parser *s, const char *word) {
    size_t n = strlen(word);
    while (*s->p == ' ') s->p++;
    if (strncmp(s->p, word, n) != 0) return false;
    s->p += n;
    return true;
}

static void expect(Parser *s, const char *word) {
    if (!accept(s, word)) bug("graph text: expected `%s` at `%.40s`", word, s->p);
}

static double number(Parser *s, const char *name) {
    expect(s, name);
    expect(s, "=");
    return double_read(&s->p);
}

static int whole(Parser *s, const char *name) {
    double value = number(s, name);
    if (value < 0 || value > INT_MAX || value != (int)value)
        bug("graph text: %s is %g, not a whole number", name, value);
    return (int)value;
}

static Node *node(Parser *s) {
    expect(s, "%");
    double id = double_read(&s->p);
    if (id < 0 || id >= s->g->n_nodes || id != (int)id) bug("graph text: no node %g", id);
    return s->g->nodes[(int)id];
}

static const char *text_of(Parser *s, size_t n) {
    const char *text = arena_strndup(s->g->arena, s->p, n);
    s->p += n;
    return text;
}

static const char *quoted(Parser *s) {
    expect(s, "\"");
    const char *text = text_of(s, strcspn(s->p, "\"\n"));
    expect(s, "\"");
    return text;
}

static const char *word(Parser *s) {
    return text_of(s, strspn(s->p, "abcdefghijklmnopqrstuvwxyz0123456789_"));
}

static void parse_node(Parser *s) {
    Arena *arena = s->g->arena;
    Node **in = NULL;
    int n_in = 0, cap_in = 0;
    if (double_read(&s->p) != s->g->n_nodes) bug("graph text: nodes are out of order");
    expect(s, "= ");
    const char *name = word(s);
    const Op *op = op_by_name(name);
    if (!op) bug("graph text: unknown op `%s`", name);
    expect(s, "(");
    while (!accept(s, ")")) {
        if (n_in) expect(s, ",");
        ARENA_PUSH(arena, in, n_in, cap_in, node(s));
    }
    const Attrs attrs = attrs_new(arena, op);
    for (int i = 0; i < op->n_attrs; i++)
        attr_set(op, i, attrs.values, number(s, op->attrs[i].name));
    expect(s, ": ");
    const char *type = text_of(s, strcspn(s->p, " \n"));
    while (*s->p == ' ') s->p++;
    const char *label = *s->p == '"' ? quoted(s) : NULL;
    Loc loc = {"", 0};
    if (accept(s, "@")) {
        loc.file = quoted(s);
        expect(s, ":");
        double line = double_read(&s->p);
        if (line < 1 || line > INT_MAX) bug("graph text: no line %g", line);
        loc.line = (int)line;
    }
    Node *made = graph_add(s->g, op, loc, label, n_in, in, &attrs);
    if (made->type.kind == KIND_ERROR)
        bug("graph text: node %d (%s) does not fit its operands", made->id, name);
    if (strcmp(type, type_text(arena, made->type)) != 0)
        bug("graph text: node %d (%s) is %s, not %s", made->id, name, type_text(arena, made->type),
            type);
}

/* Room for one more item; lists of phases and roots are short. */
static void *grown(Parser *s, const void *items, int n, size_t size) {
    char *room = arena_alloc(s->g->arena, (size_t)n + 1, size);
    if (n) memcpy(room, items, (size_t)n * size);
    return room;
}

static Optimizer parse_optimizer(Parser *s) {
    expect(s, "lr=");
    Node *lr = node(s);
    expect(s, "optimizer=");
    const char *name = word(s);
    int i = 0;
    while (all_optimizers[i] && strcmp(name, all_optimizers[i]->name) != 0) i++;
    if (!all_optimizers[i]) bug("graph text: unknown optimizer `%s`", name);
    Optimizer o = {.kind = all_optimizers[i], .lr = lr};
    for (int j = 0; j < o.kind->n_options; j++) o.option[j] = number(s, o.kind->options[j].name);
    return o;
}

static void parse_phase(Parser *s) {
    Graph *g = s->g;
    g->phases = grown(s, g->phases, g->n_phases, sizeof *g->phases);
    Phase *p = &g->phases[g->n_phases++];
    p->loc.file = "";
    if (double_read(&s->p) != g->n_phases) bug("graph text: phases are out of order");
    p->epochs = whole(s, "epochs");
    p->batch = whole(s, "batch");
    p->shuffle = whole(s, "shuffle");
    expect(s, "loss=");
    p->loss = node(s);
    p->optimizer = parse_optimizer(s);
}

static Phase *last_phase(Parser *s) {
    if (!s->g->n_phases) bug("graph text: a parameter of no phase");
    return &s->g->phases[s->g->n_phases - 1];
}

static void parse_group(Parser *s) {
    Phase *p = last_phase(s);
    p->groups = grown(s, p->groups, p->n_groups, sizeof *p->groups);
    p->groups[p->n_groups++] = parse_optimizer(s);
}

static void parse_averaged(Parser *s) {
    Phase *p = last_phase(s);
    p->accumulate = whole(s, "accumulate");
    p->ema = number(s, "ema");
}

static void parse_clipped(Parser *s) {
    Phase *p = last_phase(s);
    p->clip_norm = number(s, "norm");
    p->clip_value = number(s, "value");
}

static void parse_counted(Parser *s) {
    Phase *p = last_phase(s);
    p->steps = whole(s, "steps");
    p->eval_every = whole(s, "eval_every");
    p->eval_samples = whole(s, "eval_samples");
    p->drop_last = whole(s, "drop_last");
}

static void parse_turns(Parser *s) {
    Phase *p = last_phase(s);
    p->turn = whole(s, "steps");
    p->member = whole(s, "member");
    p->members = whole(s, "members");
}

static void parse_judged(Parser *s) {
    Phase *p = last_phase(s);
    p->keep_best = whole(s, "best");
    p->patience = whole(s, "patience");
    p->min_delta = number(s, "min_delta");
    expect(s, "monitor=");
    const char *name = quoted(s);
    p->monitor = *name ? name : NULL;
}

static void parse_trained(Parser *s) {
    Phase *p = last_phase(s);
    p->trained = grown(s, p->trained, p->n_trained, sizeof *p->trained);
    Trained *t = &p->trained[p->n_trained++];
    t->param = node(s);
    expect(s, "gradient=");
    t->gradient = accept(s, "none") ? NULL : node(s);
    if (*s->p == ' ') t->group = whole(s, "group");
}

static void parse_assigned(Parser *s) {
    Phase *p = last_phase(s);
    p->assigned = grown(s, p->assigned, p->n_assigned, sizeof *p->assigned);
    Assigned *a = &p->assigned[p->n_assigned++];
    a->state = node(s);
    expect(s, "value=");
    a->value = node(s);
}

static void parse_frozen(Parser *s) {
    Phase *p = last_phase(s);
    p->frozen = grown(s, p->frozen, p->n_frozen, sizeof *p->frozen);
    p->frozen[p->n_frozen++] = node(s);
}

static FieldData *field_data(Parser *s) {
    Graph *g = s->g;
    const char *name = quoted(s);
    FieldData *known = graph_field(g, name);
    if (known) return known;
    const FieldData field = {.name = name, .scale = 1};
    ARENA_PUSH(g->arena, g->fields, g->n_fields, g->cap_fields, field);
    return &g->fields[g->n_fields - 1];
}

static PerChannel parse_per_channel(Parser *s, const char *name) {
    expect(s, name);
    expect(s, "=");
    PerChannel p = {.measured = accept(s, "train")};
    if (p.measured) return p;
    p.n = (int)double_read(&s->p);
    double *values = ARENA_ARRAY(s->g->arena, double, p.n + 1);
    expect(s, ":");
    for (int i = 0; i < p.n; i++) {
        if (i) expect(s, ",");
        values[i] = double_read(&s->p);
    }
    p.values = values;
    return p;
}

static void parse_normal(Parser *s) {
    FieldData *f = field_data(s);
    f->normalised = true;
    f->scale = number(s, "scale");
    f->bytes = whole(s, "bytes");
    f->mean = parse_per_channel(s, "mean");
    f->deviation = parse_per_channel(s, "deviation");
}

static void parse_array(Parser *s) {
    FieldData *f = field_data(s);
    f->windows = whole(s, "windows");
    f->offset = whole(s, "offset");
    const char *array = quoted(s);
    f->array = *array ? array : NULL;
}

static void parse_ignored(Parser *s) {
    FieldData *f = field_data(s);
    f->ignores = true;
    f->ignored = (int)number(s, "value");
}

static void parse_elements(Parser *s) {
    Node *of = node(s);
    const int64_t count = node_count(of);
    double *values = ARENA_ARRAY(s->g->arena, double, count);
    for (int64_t i = 0; i < count; i++)
        values[i] = accept(s, "inf")    ? (double)INFINITY
                    : accept(s, "-inf") ? -(double)INFINITY
                                        : double_read(&s->p);
    of->elements = values;
}

/* Undoes dump.c's `escaped`. */
static const char *unescaped(Parser *s) {
    char *text = arena_strdup(s->g->arena, quoted(s)), *to = text;
    for (const char *c = text; *c; c++) {
        unsigned byte = 0;
        if (*c == '%' && sscanf(c + 1, "%2x", &byte) == 1) c += 2;
        *to++ = byte ? (char)byte : *c;
    }
    *to = '\0';
    return text;
}

static void parse_classes(Parser *s) {
    FieldData *f = field_data(s);
    const char **names = NULL;
    int n = 0, cap = 0;
    while (*s->p == ' ') ARENA_PUSH(s->g->arena, names, n, cap, unescaped(s));
    f->classes = names;
    f->n_classes = n;
}

static void parse_named(Parser *s, Named **list, int *n) {
    *list = grown(s, *list, *n, sizeof **list);
    Named *named = &(*list)[(*n)++];
    named->name = quoted(s);
    named->node = node(s);
    if (*s->p == ' ') named->member = whole(s, "member");
}

Graph *graph_parse(Arena *arena, Diag *diag, const char *text) {
    Parser s = {graph_new(arena, diag), text};
    while (*s.p) {
        if (accept(&s, "%"))
            parse_node(&s);
        else if (accept(&s, "elements "))
            parse_elements(&s);
        else if (accept(&s, "model "))
            s.g->name = quoted(&s);
        else if (accept(&s, "data "))
            s.g->data = quoted(&s);
        else if (accept(&s, "normal "))
            parse_normal(&s);
        else if (accept(&s, "array "))
            parse_array(&s);
        else if (accept(&s, "ignored "))
            parse_ignored(&s);
        else if (accept(&s, "classes "))
            parse_classes(&s);
        else if (accept(&s, "phase "))
            parse_phase(&s);
        else if (accept(&s, "group "))
            parse_group(&s);
        else if (accept(&s, "averaged "))
            parse_averaged(&s);
        else if (accept(&s, "clipped "))
            parse_clipped(&s);
        else if (accept(&s, "counted "))
            parse_counted(&s);
        else if (accept(&s, "turns "))
            parse_turns(&s);
        else if (accept(&s, "judged "))
            parse_judged(&s);
        else if (accept(&s, "trained "))
            parse_trained(&s);
        else if (accept(&s, "assigned "))
            parse_assigned(&s);
        else if (accept(&s, "frozen "))
            parse_frozen(&s);
        else if (accept(&s, "metric "))
            parse_named(&s, &s.g->metrics, &s.g->n_metrics);
        else if (accept(&s, "predict "))
            parse_named(&s, &s.g->predictions, &s.g->n_predictions);
        expect(&s, "\n");
    }
    return s.g;
}

Graph *graph_parse_lines(Arena *arena, Diag *diag, const char *const *lines) {
    Writer *w = writer_new(arena);
    for (; *lines; lines++) w_line(w, "%s", *lines);
    return graph_parse(arena, diag, writer_text(w));
}
