/* Memory, weights and batches of a model, and the evaluation of a split. */
#include "engine.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "class_names.h"
#include "init.h"
#include "normal.h"
#include "peers.h"
#include "random.h"
#include "schedule.h"

const NnCode *engine_code(const NnModel *model, const Options *options) {
    const char *isa = options->text[OPTION_ISA];
    for (int i = 0; i < model->n_codes; i++)
        if ((!isa || strcmp(model->codes[i].isa, isa) == 0) && model->codes[i].supported())
            return &model->codes[i];
    problem("this machine does not have %s", isa ? isa : "any of the instruction sets");
    return NULL;
}

bool engine_load(Engine *engine, const DataRequest *request) {
    DataRequest wanted = *request;
    wanted.measured = wanted.measured || normals_wanted(engine);
    if (!dataset_load(engine->model, &wanted, &engine->data)) return false;
    normals_settle(engine);
    class_names_settle(engine);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        const Split *split = &engine->data.split[s];
        if (split->samples > 0 && !normals_known(engine, split)) return false;
    }
    return true;
}

static void end_team(void *team) {
    team_end(team);
}

Team *engine_team(int threads) {
    int started;
    Team *team = team_start(threads, &started);
    if (team) return keep(team, end_team);
    problem("cannot start thread %d of %d: %s", started + 1, threads, strerror(errno));
    return NULL;
}

bool engine_open(Engine *engine, const NnModel *model, const Options *options, int max_batch,
                 const DataRequest *request) {
    int64_t threads = options->number[OPTION_THREADS];
    *engine = (Engine){
        .model = model,
        .code = engine_code(model, options),
        .threads = threads ? (int)threads : peers_threads(),
        .peers = peers_now(),
    };
    if (!engine->code) return false;
    engine->team = engine_team(engine->threads);
    if (!engine->team) return false;
    engine->state = allocate(model->state_bytes, 1);
    engine->work = allocate(model->work_bytes_among(max_batch, engine->threads, engine->peers), 1);
    size_t n = (size_t)model->n_fields, batch = (size_t)max_batch;
    engine->room = allocate(n, sizeof *engine->room);
    engine->fields = allocate(n, sizeof *engine->fields);
    engine->types = allocate(n, sizeof *engine->types);
    for (size_t i = 0; i < n; i++)
        engine->room[i] = allocate(batch * (size_t)model->fields[i].count, sizeof(double));
    int64_t largest = 0;
    for (int i = 0; i < model->n_params; i++)
        if (model->params[i].count > largest) largest = model->params[i].count;
    engine->values = allocate((size_t)largest, sizeof(float));
    engine->read = allocate(n, sizeof *engine->read);
    engine->normal = allocate(n, sizeof *engine->normal);
    engine->names = allocate(n, sizeof *engine->names);
    return !request || engine_load(engine, request);
}

NnCall engine_call(const Engine *engine, When when, int batch) {
    return (NnCall){
        .state = engine->state,
        .work = engine->work,
        .fields = engine->fields,
        .types = engine->types,
        .batch = batch,
        .phase = when.phase,
        .threads = engine->threads,
        .parallel = engine->threads > 1 ? team_run : NULL,
        .team = engine->team,
        .epoch = when.epoch,
        .epochs = when.epochs,
        .step = when.step,
        .steps = when.steps,
    };
}

/* Samples `from` to before `end` of the batch, in their places in it. */
static void gather_part(Engine *engine, const Split *split, const int *order, int first, int begin,
                        int end) {
    for (int i = 0; i < engine->model->n_fields; i++) {
        const DataField *from = split->bound[i];
        engine->fields[i] = NULL;
        if (!from) continue;
        engine->types[i] = from->type;
        if (!order && !split->rows && from->stride == from->count) {
            engine->fields[i] = split_values(split, from, first);
            continue;
        }
        const size_t size = (size_t)from->count * (size_t)nn_type_size(from->type);
        char *to = engine->room[i];
        for (int k = begin; k < end; k++)
            memcpy(to + (size_t)k * size,
                   split_values(split, from, order ? order[first + k] : first + k), size);
        engine->fields[i] = to;
    }
}

void engine_gather(Engine *engine, const Split *split, const int *order, int first, int batch) {
    gather_part(engine, split, order, first, 0, batch);
}

void engine_gather_own(Engine *engine, const Split *split, const int *order, int first, int batch) {
    int from, end;
    engine->model->samples(batch, engine->peers, &from, &end);
    gather_part(engine, split, order, first, from, end);
}

void engine_draw(Engine *engine, int index, uint64_t key) {
    for (int i = 0; i < engine->model->n_fields; i++) {
        const NnField *field = &engine->model->fields[i];
        uint64_t stream = random_stream(key, field->name);
        int32_t *labels = (int32_t *)engine->room[i] + (size_t)index * (size_t)field->count;
        float *floats = (float *)engine->room[i] + (size_t)index * (size_t)field->count;
        for (int k = 0; k < field->count; k++)
            if (field->kind == NN_LABEL)
                labels[k] = random_below(stream, (uint64_t)k, field->classes);
            else
                floats[k] = (float)random_normal(stream, (uint64_t)k);
    }
}

void engine_draw_normals(Engine *engine, uint64_t key) {
    for (int i = 0; i < engine->model->n_fields; i++) {
        const NnField *field = &engine->model->fields[i];
        const size_t n = (size_t)field->normal.moments;
        if (n == 0) continue;
        uint64_t stream = random_stream(key, field->name);
        double *mean = allocate(n, sizeof *mean), *deviation = allocate(n, sizeof *deviation);
        engine->model->get_normal(engine->state, i, mean, deviation);
        for (size_t k = 0; k < n; k++) {
            if (!field->normal.mean) mean[k] = random_between(stream, 2 * k, -1, 1);
            if (!field->normal.deviation) deviation[k] = random_between(stream, 2 * k + 1, 0.5, 2);
        }
        engine->model->set_normal(engine->state, i, mean, deviation);
    }
}

void engine_take_drawn(Engine *engine) {
    for (int i = 0; i < engine->model->n_fields; i++) {
        engine->fields[i] = engine->room[i];
        engine->types[i] = NN_PLAIN;
    }
}

void engine_init(Engine *engine, uint64_t seed) {
    for (int p = 0; p < engine->model->n_params; p++) {
        const NnParam *param = &engine->model->params[p];
        const size_t mark = memory_mark();
        init_values(param, seed, engine->values,
                    allocate((size_t)init_room(param), sizeof(double)));
        memory_release(mark);
        engine->model->set(engine->state, 0, 0, p, engine->values);
    }
    engine_prepare(engine, 0);
}

void engine_prepare(Engine *engine, int phase) {
    NnCall call = engine_call(engine, (When){.phase = phase, .epochs = 1, .steps = 1}, 1);
    engine->code->prepare(&call);
}

Scores scores_new(const NnModel *model) {
    return (Scores){.metrics = allocate((size_t)model->n_metrics, sizeof(double))};
}

float **predictions_new(const NnModel *model, int batch) {
    float **predictions = allocate((size_t)model->n_predictions, sizeof *predictions);
    for (int i = 0; i < model->n_predictions; i++)
        predictions[i] =
            allocate((size_t)batch * (size_t)model->predictions[i].count, sizeof(float));
    return predictions;
}

/* The losses of a phase whose members take turns are metrics. */
static bool phase_takes_turns(const NnModel *model, int phase) {
    return model->n_phases > 0 && model->phases[phase].n_members > 0;
}

/* So many of the split's samples, evenly spaced. */
static int *spaced(const Split *split, int count) {
    int *order = allocate((size_t)count, sizeof *order);
    for (int i = 0; i < count; i++) order[i] = (int)((int64_t)i * split->samples / count);
    return order;
}

static int peers_size_of(const Engine *engine) {
    return engine->peers ? engine->peers->size : 1;
}

/* Samples of an evaluation that are still to do. */
typedef struct Some {
    int first, end;
} Some;

/* Evaluates a batch of samples in each process, and adds their sums in the order of the batches. */
static bool evaluate_some(Engine *engine, const Split *split, const int *order, Some some,
                          When when, double *sums) {
    enum { STOP = 1 };
    const size_t n = (size_t)engine->model->n_sums, mark = memory_mark();
    const int size = peers_size_of(engine), rank = engine->peers ? engine->peers->rank : 0;
    const int batches = (some.end - some.first + EVALUATE_BATCH - 1) / EVALUATE_BATCH;
    double *all = allocate(n * (size_t)size, sizeof *all);
    const int first = some.first + rank * EVALUATE_BATCH, left = some.end - first;
    const int count = left < EVALUATE_BATCH ? left : EVALUATE_BATCH;
    bool ended = true;
    if (count > 0) {
        engine_gather(engine, split, order, first, count);
        NnCall call = engine_call(engine, when, count);
        call.first_sample = first;
        call.sums = all + (size_t)rank * n;
        engine->code->evaluate(&call);
    }
    const int done = some.first + size * EVALUATE_BATCH;
    if (engine->evaluated)
        ended = engine->evaluated(engine->evaluated_arg, done < some.end ? done : some.end);
    if (engine->peers) {
        uint32_t wishes;
        int from[NN_MAX_PEERS + 1];
        for (int i = 0; i <= size; i++) from[i] = i < batches ? i : batches;
        peers_wish(ended ? 0 : STOP);
        ended = engine->peers->gather(engine->peers->net, all, n * sizeof *all, from) &&
                peers_wishes(0, &wishes) && !(wishes & STOP);
    }
    for (int i = 0; i < size && i < batches; i++)
        for (size_t k = 0; k < n; k++) sums[k] += all[(size_t)i * n + k];
    memory_release(mark);
    return ended;
}

bool engine_evaluate(Engine *engine, const Split *split, int most, When when, Scores *scores) {
    const NnModel *model = engine->model;
    const int samples = most > 0 && most < split->samples ? most : split->samples;
    size_t mark = memory_mark();
    const int *order = samples < split->samples ? spaced(split, samples) : NULL;
    double *sums = allocate((size_t)model->n_sums, sizeof *sums);
    bool ended = true;
    for (int first = 0; ended && first < samples; first += EVALUATE_BATCH * peers_size_of(engine))
        ended = evaluate_some(engine, split, order, (Some){first, samples}, when, sums);
    if (ended) {
        NnCall call = engine_call(engine, when, samples);
        call.sums = sums;
        call.metrics = scores->metrics;
        model->score(&call);
        scores->loss = call.loss;
    }
    memory_release(mark);
    if (!ended) return false;
    const char *broken = isfinite(scores->loss) ? NULL : "loss";
    for (int m = 0; m < model->n_metrics && !broken; m++)
        if (!isfinite(scores->metrics[m])) broken = model->metrics[m].name;
    if (broken && !engine->told) note("%s: the %s is not finite", split->name, broken);
    engine->told = engine->told || broken;
    if (phase_takes_turns(model, when.phase)) scores->loss = NAN;
    return true;
}

json_t *scores_json(const NnModel *model, const Scores *scores, bool loss) {
    json_t *json = json_object();
    if (loss) json_object_set_new(json, "loss", json_number(scores->loss));
    for (int m = 0; m < model->n_metrics; m++)
        json_object_set_new(json, model->metrics[m].name, json_number(scores->metrics[m]));
    return json;
}
