/* Batches for `check`: random samples whose decisions (the sign before a ReLU, the winner of a
 * window) are far enough from ties that rounding does not turn them, if such samples are found. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "random.h"
#include "schedule.h"

/* Compiled code may be off by value_bound of a tensor's largest value; a decision that is as near
 * to a tie may turn. In a network of a hundred thousand decisions most samples have one that near.
 * After some tries the farthest is so far from ties that roundings hardly reach it. */
enum { TRIES = 32, BATCH_TRIES = 6 };
static const double tie_width = 1e-5;

static const char *field_op(const NnField *field) {
    static const char *const ops[] = {
        [NN_INPUT] = "input", [NN_LABEL] = "label", [NN_TARGET] = "target"};
    return ops[field->kind];
}

int graph_phase_of(const NnModel *model, int phase, int64_t step) {
    int at = 0;
    for (int p = 0; p < phase; p++) at += schedule_members(&model->phases[p]);
    return at + nn_member(&model->phases[phase], step);
}

/* Room for fields and parameters; parameters are set. `field` gets the room of each field, NULL for
 * one that the graph does not have. */
static Reference reference_begin(const Graph *graph, Engine *engine, const NnCall *call,
                                 bool evaluates, double **field) {
    const NnModel *model = engine->model;
    const Env env = {
        .batch = call->batch,
        .dropout = call->dropout,
        .evaluates = evaluates,
        .seed = call->seed,
        .first_sample = call->first_sample,
        .epoch = (double)call->epoch,
        .epochs = (double)call->epochs,
        .step = (double)call->step,
        .steps = (double)call->steps,
    };
    Reference r = reference_new(graph, graph_phase_of(model, call->phase, call->step), env);
    for (int i = 0; i < model->n_fields; i++)
        field[i] = reference_room(&r, field_op(&model->fields[i]), model->fields[i].name,
                                  (int64_t)call->batch * model->fields[i].count);
    for (int i = 0; i < model->n_params; i++) {
        const NnParam *param = &model->params[i];
        double *values = reference_room(&r, param->role == NN_WEIGHT ? "param" : "state",
                                        param->name, param->count);
        model->get(engine->state, 0, 0, i, engine->values);
        for (int64_t k = 0; values && k < param->count; k++) values[k] = (double)engine->values[k];
    }
    return r;
}

/* What generated code makes of an element: the float that it computes with. */
static double normalised(const NnField *field, NnType type, double x, double mean,
                         double deviation) {
    if (field->normal.bytes && type != NN_U8) return (double)(float)x;
    const double y = field->normal.bytes ? (double)((float)x / 255.0f) : x * field->normal.scale;
    return (double)(float)((y - mean) / deviation);
}

/* Copies the engine's fields into `samples` samples from number `first` on. */
static void set_fields(const Engine *engine, double *const *field, int first, int samples) {
    const NnCall call = {.types = engine->types};
    for (int i = 0; i < engine->model->n_fields; i++) {
        const NnField *f = &engine->model->fields[i];
        const NnType type = nn_field_type(engine->model->fields, &call, i);
        const size_t mark = memory_mark(), moments = (size_t)f->normal.moments;
        double *mean = allocate(moments, sizeof *mean);
        double *deviation = allocate(moments, sizeof *deviation);
        if (moments) engine->model->get_normal(engine->state, i, mean, deviation);
        const int64_t end = (int64_t)(first + samples) * f->count;
        for (int64_t k = (int64_t)first * f->count; field[i] && engine->fields[i] && k < end; k++) {
            const double x = nn_number(engine->fields[i], type, k);
            const int64_t c = moments ? k % f->count / f->normal.run % f->normal.moments : 0;
            field[i][k] = f->kind == NN_LABEL ? x
                          : moments           ? normalised(f, type, x, mean[c], deviation[c])
                                              : (double)(float)x;
        }
        memory_release(mark);
    }
}

Reference reference_of(const Graph *graph, Engine *engine, const NnCall *call) {
    double **field = allocate((size_t)engine->model->n_fields, sizeof *field);
    Reference r = reference_begin(graph, engine, call, false, field);
    set_fields(engine, field, 0, call->batch);
    reference_run(&r);
    return r;
}

/* Whether the graph takes the field's logarithm, or the like. */
static bool wants_positive(const Graph *graph, const NnField *field) {
    for (int i = 0; i < graph->n_nodes; i++) {
        const Node *n = graph->nodes[i];
        for (int k = 0; n->op->positive && k < n->n_in; k++)
            if (!strcmp(n->in[k]->op->name, field_op(field)) &&
                !strcmp(n->in[k]->name, field->name))
                return true;
    }
    return false;
}

/* Sample `index` of the batch becomes draw `number`. */
static void draw_sample(Checker *c, int index, uint64_t number, double *const *field) {
    engine_draw(&c->engine, index, random_fork(random_stream(c->seed, "check"), number));
    for (int i = 0; i < c->model->n_fields; i++) {
        const NnField *f = &c->model->fields[i];
        float *drawn = (float *)c->engine.room[i] + (size_t)index * (size_t)f->count;
        if (f->kind == NN_LABEL || !wants_positive(c->graph, f)) continue;
        for (int k = 0; k < f->count; k++) drawn[k] = 0.5f + fabsf(drawn[k]);
    }
    set_fields(&c->engine, field, index, 1);
}

/* The nodes whose values decisions may follow: gradients make no further ones. */
static Node **decided(Arena *arena, const Reference *r, int *n) {
    Node **wanted = ARENA_ARRAY(arena, Node *, r->n_wanted);
    *n = 0;
    for (int i = 0; i < r->n_wanted; i++)
        if (!r->wanted[i]->op->backward_only && r->wanted[i]->type.kind != KIND_PARAM)
            wanted[(*n)++] = r->wanted[i];
    return wanted;
}

/* The least margin of the sample's decisions, in forward alone; less than `stop` as soon as one
 * is. */
static double sample_margin(const Reference *r, int index, double stop) {
    const Graph *graph = r->graph;
    Arena *arena = arena_new();
    double margin = INFINITY, **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    for (int i = 0; i < graph->n_nodes; i++) {
        const Node *node = graph->nodes[i];
        if (!r->values[i] || node->n_in > 0) continue;
        const bool own = node->type.kind == KIND_SAMPLE && !node->type.once;
        values[i] = r->values[i] + (own ? index * node_count(node) : 0);
    }
    Env env = r->env;
    env.batch = 1;
    env.first_sample += index;
    env.margin = &margin;
    env.stop = stop;
    int n;
    Node **wanted = decided(arena, r, &n);
    interpret(arena, graph, &env, wanted, n, values);
    arena_free(arena);
    return margin;
}

/* The least margin of all samples. */
static double batch_margin(const Reference *r) {
    Arena *arena = arena_new();
    double **values = ARENA_ARRAY(arena, double *, r->graph->n_nodes), least = INFINITY;
    memcpy(values, r->values, sizeof *values * (size_t)r->graph->n_nodes);
    Env env = r->env;
    env.margin = ARENA_ARRAY(arena, double, env.batch);
    for (int i = 0; i < env.batch; i++) env.margin[i] = INFINITY;
    int n;
    Node **wanted = decided(arena, r, &n);
    interpret(arena, r->graph, &env, wanted, n, values);
    for (int i = 0; i < env.batch; i++) least = fmin(least, env.margin[i]);
    arena_free(arena);
    return least;
}

static void show_progress(Checker *c) {
    if (!progress_due(&c->progress)) return;
    char phase[32];
    snprintf(phase, sizeof phase, "phase %d/%d", c->phase + 1, c->model->n_phases);
    const char *const fields[] = {"check", c->model->n_phases > 1 ? phase : NULL, NULL};
    progress_show(&c->progress, (double)c->drawn / (double)c->to_draw, fields);
}

/* Samples one by one, as their decisions do not depend on each other. */
static void draw_samples(Checker *c, Reference *r, double *const *field) {
    const int tries = c->model->n_fields > 0 ? TRIES : 1; /* random values stay */
    for (int i = 0; i < c->batch; i++, c->drawn++) {
        uint64_t best = 0, number = 0;
        double best_margin = -1;
        show_progress(c);
        for (int try = 0; try < tries && best_margin < tie_width; try++) {
            number = c->draws++;
            draw_sample(c, i, number, field);
            c->redrawn += try > 0;
            double margin = sample_margin(r, i, best_margin);
            if (margin <= best_margin) continue;
            best = number;
            best_margin = margin;
        }
        if (best != number) draw_sample(c, i, best, field);
        if (best_margin >= tie_width) continue;
        c->tied++;
        r->tie = tie_width;
    }
}

static void draw_all(Checker *c, uint64_t first, double *const *field) {
    for (int i = 0; i < c->batch; i++) draw_sample(c, i, first + (uint64_t)i, field);
}

/* All samples at once, where what one becomes depends on the others. */
static void draw_together(Checker *c, Reference *r, double *const *field) {
    uint64_t best = 0, first = 0;
    double best_margin = -1;
    for (int try = 0; try < BATCH_TRIES && best_margin < tie_width; try++) {
        show_progress(c);
        first = c->draws;
        c->draws += (uint64_t)c->batch;
        draw_all(c, first, field);
        c->redrawn += try > 0 ? c->batch : 0;
        const double margin = batch_margin(r);
        if (margin <= best_margin) continue;
        best = first;
        best_margin = margin;
    }
    if (best != first) draw_all(c, best, field);
    c->drawn += c->batch;
    if (best_margin >= tie_width) return;
    c->tied += c->batch;
    r->tie = tie_width;
}

Reference draw_batch(Checker *c, const NnCall *call, bool evaluates) {
    double **field = allocate((size_t)c->model->n_fields, sizeof *field);
    engine_take_drawn(&c->engine);
    Reference r = reference_begin(c->graph, &c->engine, call, evaluates, field);
    (c->together && !evaluates ? draw_together : draw_samples)(c, &r, field);
    reference_run(&r);
    return r;
}
