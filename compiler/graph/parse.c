/* Reads the text of dump.c. The text comes from nngen itself, so a mistake in it is a bug. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

typedef struct Parser {
    Graph *g;
    const char *p; /* rest of the line */
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

static double number(Parser *s) {
    char *end;
    double v = strtod(s->p, &end);
    if (end == s->p) bug("graph text: expected a number at `%.40s`", s->p);
    s->p = end;
    return v;
}

static double named_number(Parser *s, const char *name) {
    expect(s, name);
    expect(s, "=");
    return number(s);
}

static Node *node(Parser *s) {
    expect(s, "%");
    int id = (int)number(s);
    if (id < 0 || id >= s->g->n_nodes) bug("graph text: no node %d", id);
    return s->g->nodes[id];
}

static const char *quoted(Parser *s) {
    expect(s, "\"");
    size_t n = strcspn(s->p, "\"\n");
    char *text = arena_printf(s->g->arena, "%.*s", (int)n, s->p);
    s->p += n;
    expect(s, "\"");
    return text;
}

static const char *word(Parser *s) {
    size_t n = strspn(s->p, "abcdefghijklmnopqrstuvwxyz0123456789_");
    char *text = arena_printf(s->g->arena, "%.*s", (int)n, s->p);
    s->p += n;
    return text;
}

static void parse_node(Parser *s) {
    Node *in[1024];
    double attr[MAX_ATTRS] = {0};
    int n_in = 0;
    if ((int)number(s) != s->g->n_nodes) bug("graph text: nodes are out of order");
    expect(s, "= ");
    const Op *op = op_by_name(word(s));
    if (!op) bug("graph text: unknown op at `%.40s`", s->p);
    expect(s, "(");
    while (!accept(s, ")")) {
        if (n_in) expect(s, ",");
        if (n_in == 1024) bug("graph text: too many operands");
        in[n_in++] = node(s);
    }
    for (int i = 0; i < op->n_attrs; i++) attr[i] = named_number(s, op->attrs[i].name);
    expect(s, ":");
    while (*s->p && *s->p != '\n' && *s->p != '"') s->p++;
    const char *name = *s->p == '"' ? quoted(s) : NULL;
    Node *made = graph_add(s->g, op, (Loc){"", 0}, name, n_in, in, attr);
    if (made->type.kind == KIND_ERROR)
        bug("graph text: node %d does not fit its operands", made->id);
}

static void parse_phase(Parser *s) {
    static const char *const optimizers[] = {"sgd", "adam", "adamw", "rmsprop"};
    Graph *g = s->g;
    Phase *grown = ARENA_ARRAY(g->arena, Phase, g->n_phases + 1);
    if (g->n_phases) memcpy(grown, g->phases, sizeof *grown * (size_t)g->n_phases);
    g->phases = grown;
    Phase *p = &g->phases[g->n_phases++];
    p->loc.file = "";
    number(s);
    p->epochs = (int)named_number(s, "epochs");
    p->batch = (int)named_number(s, "batch");
    p->shuffle = named_number(s, "shuffle") != 0;
    expect(s, "loss=");
    p->loss = node(s);
    expect(s, "lr=");
    p->optimizer.lr = node(s);
    expect(s, "optimizer=");
    const char *kind = word(s);
    for (int i = 0; i < OPTIMIZER_COUNT; i++)
        if (!strcmp(kind, optimizers[i])) p->optimizer.kind = (OptimizerKind)i;
    p->optimizer.momentum = named_number(s, "momentum");
    p->optimizer.dampening = named_number(s, "dampening");
    p->optimizer.weight_decay = named_number(s, "weight_decay");
    p->optimizer.nesterov = named_number(s, "nesterov") != 0;
    p->optimizer.centered = named_number(s, "centered") != 0;
    p->optimizer.beta1 = named_number(s, "beta1");
    p->optimizer.beta2 = named_number(s, "beta2");
    p->optimizer.eps = named_number(s, "eps");
    p->optimizer.alpha = named_number(s, "alpha");
}

static void parse_trained(Parser *s) {
    Phase *p = &s->g->phases[s->g->n_phases - 1];
    Trained *grown = ARENA_ARRAY(s->g->arena, Trained, p->n_trained + 1);
    if (p->n_trained) memcpy(grown, p->trained, sizeof *grown * (size_t)p->n_trained);
    p->trained = grown;
    Trained *t = &p->trained[p->n_trained++];
    t->param = node(s);
    expect(s, "gradient=");
    t->gradient = accept(s, "%-1") ? NULL : node(s);
}

static void parse_frozen(Parser *s) {
    Phase *p = &s->g->phases[s->g->n_phases - 1];
    Node **grown = ARENA_ARRAY(s->g->arena, Node *, p->n_frozen + 1);
    if (p->n_frozen) memcpy(grown, p->frozen, sizeof *grown * (size_t)p->n_frozen);
    p->frozen = grown;
    p->frozen[p->n_frozen++] = node(s);
}

static void parse_named(Parser *s, Named **list, int *n) {
    Named *grown = ARENA_ARRAY(s->g->arena, Named, *n + 1);
    if (*n) memcpy(grown, *list, sizeof *grown * (size_t)*n);
    *list = grown;
    grown[*n].name = quoted(s);
    grown[(*n)++].node = node(s);
}

Graph *graph_parse(Arena *arena, Diag *diag, const char *text) {
    Parser s = {graph_new(arena, diag), text};
    while (*s.p) {
        if (accept(&s, "%"))
            parse_node(&s);
        else if (accept(&s, "model"))
            s.g->name = quoted(&s);
        else if (accept(&s, "data"))
            s.g->data = quoted(&s);
        else if (accept(&s, "phase "))
            parse_phase(&s);
        else if (accept(&s, "trained"))
            parse_trained(&s);
        else if (accept(&s, "frozen"))
            parse_frozen(&s);
        else if (accept(&s, "metric"))
            parse_named(&s, &s.g->metrics, &s.g->n_metrics);
        else if (accept(&s, "predict"))
            parse_named(&s, &s.g->predictions, &s.g->n_predictions);
        else
            bug("graph text: unknown line `%.40s`", s.p);
        s.p += strcspn(s.p, "\n");
        if (*s.p) s.p++;
    }
    return s.g;
}
