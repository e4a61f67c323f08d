#include "checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weights.h"

static const char magic[] = "nngen checkpoint 1";

/* Numbers of the metadata; all are whole and none is negative. */
static const struct {
    const char *key;
    size_t offset;
} numbers[] = {
    {"seed", offsetof(Checkpoint, settings.seed)},
    {"rounds", offsetof(Checkpoint, settings.rounds)},
    {"epochs", offsetof(Checkpoint, settings.epochs)},
    {"batch", offsetof(Checkpoint, settings.batch)},
    {"data_seed", offsetof(Checkpoint, settings.data_seed)},
    {"pairs", offsetof(Checkpoint, settings.pairs)},
    {"val_pairs", offsetof(Checkpoint, settings.val_pairs)},
    {"test_pairs", offsetof(Checkpoint, settings.test_pairs)},
    {"data", offsetof(Checkpoint, settings.data)},
    {"at_round", offsetof(Checkpoint, at.round)},
    {"at_phase", offsetof(Checkpoint, at.phase)},
    {"at_epoch", offsetof(Checkpoint, at.epoch)},
    {"at_batch", offsetof(Checkpoint, at.batch)},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static char *state_name(const NnModel *model, int phase, int slot, int param) {
    return format_text("state/%s/%s", model->phases[phase].slots[slot - 1],
                       model->params[param].name);
}

bool checkpoint_write(const Engine *engine, const Checkpoint *checkpoint, const char *path) {
    const NnModel *model = engine->model;
    const NnPhase *phase = &model->phases[checkpoint->at.phase];
    size_t most = (size_t)model->n_params + (size_t)phase->n_slots * (size_t)phase->n_trained;
    TensorOut *tensors = allocate(most, sizeof *tensors);
    int n = 0;
    for (int i = 0; i < model->n_params; i++)
        tensors[n++] = weights_tensor(engine, 0, 0, i, model->params[i].name);
    for (int slot = 1; slot <= phase->n_slots; slot++) {
        for (int i = 0; i < phase->n_trained; i++) {
            char *name = state_name(model, (int)checkpoint->at.phase, slot, phase->trained[i]);
            tensors[n++] =
                weights_tensor(engine, (int)checkpoint->at.phase, slot, phase->trained[i], name);
            free(name);
        }
    }
    json_t *meta = json_pack("{s:s, s:s, s:s, s:s}", "format", "pt", "checkpoint", magic, "model",
                             model->name, "source_sha256", model->source_sha256);
    for (int i = 0; i < NUMBERS; i++) {
        int64_t value;
        memcpy(&value, (const char *)checkpoint + numbers[i].offset, sizeof value);
        json_object_set_new(meta, numbers[i].key, json_sprintf("%" PRId64, value));
    }
    json_object_set_new(meta, "loss_sum", json_sprintf("%a", checkpoint->at.loss));
    json_object_set_new(meta, "seconds", json_sprintf("%.3f", checkpoint->at.seconds));
    bool ok = tensors_write(path, n, tensors, meta);
    for (int i = 0; i < n; i++) {
        free((void *)(uintptr_t)tensors[i].name);
        free((void *)(uintptr_t)tensors[i].values);
    }
    free(tensors);
    return ok;
}

static bool read_number(const TensorFile *file, const char *key, int64_t *out) {
    const char *text = tensors_meta(file, key);
    char *end;
    errno = 0;
    long long value = text ? strtoll(text, &end, 10) : 0;
    if (!text || !*text || *end || errno || value < 0)
        return problem("%s: not a whole checkpoint: its \"%s\" is %s", file->path, key,
                       text ? "no number" : "missing");
    *out = value;
    return true;
}

static bool read_real(const TensorFile *file, const char *key, double *out) {
    const char *text = tensors_meta(file, key);
    char *end;
    *out = text ? strtod(text, &end) : 0;
    if (!text || !*text || *end || !isfinite(*out))
        return problem("%s: not a whole checkpoint: its \"%s\" is %s", file->path, key,
                       text ? "no number" : "missing");
    return true;
}

/* Whether `state/` holds exactly the moments of the phase. */
static bool moments_fit(const NnModel *model, int phase_index, const TensorFile *file) {
    const NnPhase *phase = &model->phases[phase_index];
    for (int slot = 1; slot <= phase->n_slots; slot++) {
        for (int i = 0; i < phase->n_trained; i++) {
            char *name = state_name(model, phase_index, slot, phase->trained[i]);
            const NnParam *param = &model->params[phase->trained[i]];
            bool ok = tensors_have(file, name, param->rank, param->dim);
            free(name);
            if (!ok) return false;
        }
    }
    return true;
}

bool checkpoint_read(const NnModel *model, const char *path, Checkpoint *checkpoint,
                     TensorFile *file) {
    *checkpoint = (Checkpoint){0};
    if (!tensors_read(path, file)) return false;
    const char *kind = tensors_meta(file, "checkpoint"), *name = tensors_meta(file, "model");
    const char *hash = tensors_meta(file, "source_sha256");
    bool ok = true;
    if (!kind || !name || !hash)
        ok = problem("%s: not a checkpoint (it has no state to resume from)", path);
    else if (strcmp(kind, magic) != 0)
        ok = problem("%s: a checkpoint of another version: \"%s\"", path, kind);
    else if (strcmp(name, model->name) != 0)
        ok = problem("%s: a checkpoint of model \"%s\", not of \"%s\"", path, name, model->name);
    else if (strcmp(hash, model->source_sha256) != 0)
        ok = problem("%s: a checkpoint of another version of model \"%s\": source %.12s, not %.12s",
                     path, name, hash, model->source_sha256);
    for (int i = 0; ok && i < NUMBERS; i++) {
        int64_t value = 0;
        ok = read_number(file, numbers[i].key, &value);
        memcpy((char *)checkpoint + numbers[i].offset, &value, sizeof value);
    }
    ok = ok && read_real(file, "loss_sum", &checkpoint->at.loss) &&
         read_real(file, "seconds", &checkpoint->at.seconds);
    if (ok && checkpoint->at.phase >= model->n_phases)
        ok =
            problem("%s: phase %" PRId64 " of %d", path, checkpoint->at.phase + 1, model->n_phases);
    ok = ok && weights_fit(model, file) && moments_fit(model, (int)checkpoint->at.phase, file);
    if (!ok) tensors_free(file);
    return ok;
}

void checkpoint_take(Engine *engine, const Checkpoint *checkpoint, const TensorFile *file) {
    const NnModel *model = engine->model;
    int phase_index = (int)checkpoint->at.phase;
    const NnPhase *phase = &model->phases[phase_index];
    weights_take(engine, file);
    model->reset(engine->state, phase_index);
    for (int slot = 1; slot <= phase->n_slots; slot++) {
        for (int i = 0; i < phase->n_trained; i++) {
            char *name = state_name(model, phase_index, slot, phase->trained[i]);
            tensor_floats(tensors_find(file, name), engine->values);
            free(name);
            model->set(engine->state, phase_index, slot, phase->trained[i], engine->values);
        }
    }
    engine_prepare(engine, phase_index);
}
