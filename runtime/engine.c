#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

Status engine_code(const NnModel *model, const Options *options, const NnCode **code) {
    const char *isa = options->text[OPTION_ISA];
    for (int i = 0; i < model->n_codes; i++) {
        if (isa && strcmp(model->codes[i].isa, isa) != 0) continue;
        if (model->codes[i].supported()) {
            *code = &model->codes[i];
            return STATUS_OK;
        }
        if (isa) break;
    }
    problem("this machine does not have %s", isa ? isa : "any of the instruction sets");
    return STATUS_FAILED;
}

Status engine_open(Engine *engine, const NnModel *model, const Options *options, int max_batch) {
    *engine = (Engine){.model = model, .max_batch = max_batch};
    if (engine_code(model, options, &engine->code) != STATUS_OK) return STATUS_FAILED;
    int64_t threads = options->number[OPTION_THREADS];
    engine->threads = threads ? (int)threads : team_processors();
    engine->team = team_new(engine->threads);
    if (!engine->team) return STATUS_FAILED;
    engine->state = allocate_aligned(NN_ALIGN, model->state_bytes);
    engine->work = allocate_aligned(NN_ALIGN, model->work_bytes(max_batch, engine->threads));
    size_t n = (size_t)model->n_fields, batch = (size_t)max_batch;
    engine->room = allocate(n, sizeof *engine->room);
    engine->fields = allocate(n, sizeof *engine->fields);
    for (size_t i = 0; i < n; i++)
        engine->room[i] = allocate(batch * (size_t)model->fields[i].count, sizeof(float));
    int64_t largest = 0;
    for (int i = 0; i < model->n_params; i++)
        if (model->params[i].count > largest) largest = model->params[i].count;
    engine->values = allocate((size_t)largest, sizeof(float));
    return STATUS_OK;
}

void engine_close(Engine *engine) {
    team_free(engine->team);
    if (engine->room)
        for (int i = 0; i < engine->model->n_fields; i++) free(engine->room[i]);
    free(engine->room);
    free(engine->fields);
    free(engine->values);
    free(engine->state);
    free(engine->work);
    *engine = (Engine){0};
}

NnCall engine_call(const Engine *engine, int phase) {
    return (NnCall){
        .state = engine->state,
        .work = engine->work,
        .fields = engine->fields,
        .phase = phase,
        .threads = engine->threads,
        .parallel = engine->threads > 1 ? team_run : NULL,
        .team = engine->team,
        .epochs = 1,
        .steps = 1,
    };
}

void engine_gather(Engine *engine, const Split *split, const int *order, int first, int batch) {
    for (int i = 0; i < engine->model->n_fields; i++) {
        const char *from = split->bound[i];
        size_t size = (size_t)engine->model->fields[i].count * sizeof(float);
        if (!from || !order) {
            engine->fields[i] = from ? from + (size_t)first * size : NULL;
            continue;
        }
        char *to = engine->room[i];
        for (int k = 0; k < batch; k++)
            memcpy(to + (size_t)k * size, from + (size_t)order[first + k] * size, size);
        engine->fields[i] = to;
    }
}

void initial_values(const NnParam *param, uint64_t seed, float *out) {
    uint64_t key = random_stream(seed, param->name);
    for (int64_t i = 0; i < param->count; i++) {
        uint64_t at = (uint64_t)i;
        double value = param->a;
        if (param->init == NN_UNIFORM) value = random_between(key, at, param->a, param->b);
        if (param->init == NN_NORMAL) value = param->a + param->b * random_normal(key, at);
        out[i] = (float)value;
    }
}

void engine_init(Engine *engine, uint64_t seed) {
    for (int i = 0; i < engine->model->n_params; i++) {
        initial_values(&engine->model->params[i], seed, engine->values);
        engine->model->set(engine->state, 0, 0, i, engine->values);
    }
    engine_prepare(engine, 0);
}

void engine_prepare(Engine *engine, int phase) {
    NnCall call = engine_call(engine, phase);
    call.batch = 1;
    engine->code->prepare(&call);
}

bool engine_param_broken(Engine *engine, int param) {
    engine->model->get(engine->state, 0, 0, param, engine->values);
    for (int64_t i = 0; i < engine->model->params[param].count; i++)
        if (!isfinite(engine->values[i])) return true;
    return false;
}
