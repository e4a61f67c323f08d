/* Reads and writes parameters and checkpoints; checks that a file fits the model. */
#include "weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of checkpoints. Those before it have no "nngen". */
enum { VERSION = 4 };

/* Equal values of these, equal data and an equal model make equal trainings. */
static const OptionId settings[] = {OPTION_SEED,      OPTION_ROUNDS,    OPTION_EPOCHS,
                                    OPTION_BATCH,     OPTION_DATA_SEED, OPTION_PAIRS,
                                    OPTION_VAL_PAIRS, OPTION_TEST_PAIRS};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* The tensors of a file: parameters and, unless phase is NO_PHASE, the phase's moments. */
enum { NO_PHASE = -1 };

typedef struct Entry {
    int slot, param;
    const char *name;
} Entry;

static int entry_count(const NnModel *model, int phase) {
    if (phase == NO_PHASE) return model->n_params;
    return model->n_params + model->phases[phase].n_slots * model->phases[phase].n_trained;
}

static Entry entry_of(const NnModel *model, int phase, int i) {
    if (i < model->n_params) return (Entry){0, i, model->params[i].name};
    const NnPhase *p = &model->phases[phase];
    int slot = (i - model->n_params) / p->n_trained;
    int param = p->trained[(i - model->n_params) % p->n_trained];
    return (Entry){slot + 1, param,
                   format_text("state/%s/%s", p->slots[slot], model->params[param].name)};
}

typedef struct Source {
    const Engine *engine;
    int phase;
} Source;

static const float *entry_values(const void *context, int i) {
    const Source *source = context;
    const Engine *engine = source->engine;
    Entry entry = entry_of(engine->model, source->phase, i);
    engine->model->get(engine->state, source->phase == NO_PHASE ? 0 : source->phase, entry.slot,
                       entry.param, engine->values);
    return engine->values;
}

static bool write_entries(const Engine *engine, int phase, json_t *meta, const char *path) {
    const NnModel *model = engine->model;
    size_t mark = memory_mark();
    int n = entry_count(model, phase);
    TensorOut *tensors = allocate((size_t)n, sizeof *tensors);
    for (int i = 0; i < n; i++) {
        Entry entry = entry_of(model, phase, i);
        const NnParam *param = &model->params[entry.param];
        tensors[i] = (TensorOut){entry.name, param->rank, param->dim, param->count, NULL};
    }
    const Source source = {engine, phase};
    bool ok = tensors_write_made(path, n, tensors, entry_values, &source, meta);
    memory_release(mark);
    return ok;
}

int64_t weights_bytes(const NnModel *model, bool moments) {
    int64_t most = 0, count = 0;
    for (int p = 0; moments && p < model->n_phases; p++)
        if (model->phases[p].n_slots * model->phases[p].trained_count > most)
            most = model->phases[p].n_slots * model->phases[p].trained_count;
    for (int i = 0; i < model->n_params; i++) count += model->params[i].count;
    return (count + most) * (int64_t)sizeof(float);
}

/* Whether the tensor is one of the model, or of a checkpoint's states. */
static bool is_known(const NnModel *model, const char *name) {
    bool known = strncmp(name, "state/", 6) == 0;
    for (int k = 0; !known && k < model->n_params; k++)
        known = strcmp(name, model->params[k].name) == 0;
    return known;
}

/* Whether the file has these tensors and, apart from states, no others. */
static bool entries_fit(const NnModel *model, int phase, const TensorFile *file) {
    for (int i = 0; i < entry_count(model, phase); i++) {
        Entry entry = entry_of(model, phase, i);
        const NnParam *param = &model->params[entry.param];
        if (!tensors_have(file, entry.name, param->rank, param->dim)) return false;
    }
    for (int i = 0; i < file->n_tensors; i++) {
        const char *name = file->tensors[i].name;
        if (!is_known(model, name))
            return problem("%s: tensor \"%s\": the model has none of that name", file->path, name);
    }
    return true;
}

/* The file's tensor for an entry; NULL where none fits, as --load-partial allows. */
static const Tensor *entry_tensor(const NnModel *model, Entry entry, const TensorFile *file) {
    const NnParam *param = &model->params[entry.param];
    const Tensor *tensor = tensors_find(file, entry.name);
    const bool fits = tensor && same_shape(param->rank, param->dim, tensor->rank, tensor->dim);
    return fits ? tensor : NULL;
}

/* Refuses values that are not finite: ReLU would hide them. */
static bool entries_finite(const Engine *engine, int phase, const TensorFile *file) {
    for (int i = 0; i < entry_count(engine->model, phase); i++) {
        Entry entry = entry_of(engine->model, phase, i);
        const Tensor *tensor = entry_tensor(engine->model, entry, file);
        if (tensor && !tensor_floats(file, tensor, engine->values)) return false;
        for (int64_t k = 0; tensor && k < tensor->count; k++)
            if (!isfinite(engine->values[k]))
                return problem(
                    "%s: tensor \"%s\" holds a value that is not finite; train anew, or go "
                    "back to an earlier file",
                    file->path, entry.name);
    }
    return true;
}

static bool take_entries(Engine *engine, int phase, const TensorFile *file) {
    if (!entries_finite(engine, phase, file)) return false;
    int of = phase == NO_PHASE ? 0 : phase;
    for (int i = 0; i < entry_count(engine->model, phase); i++) {
        Entry entry = entry_of(engine->model, phase, i);
        const Tensor *tensor = entry_tensor(engine->model, entry, file);
        if (!tensor || !tensor_floats(file, tensor, engine->values)) continue;
        engine->model->set(engine->state, of, entry.slot, entry.param, engine->values);
    }
    engine_prepare(engine, of);
    return true;
}

bool weights_load(Engine *engine, const char *path) {
    TensorFile file;
    if (!tensors_read(path, &file) || !entries_fit(engine->model, NO_PHASE, &file)) return false;
    return take_entries(engine, NO_PHASE, &file);
}

/* "a, b" for "a" and "b". */
static const char *and_also(const char *list, const char *item) {
    return *list ? format_text("%s, %s", list, item) : item;
}

static void tell_parts(const char *path, const char *what, const char *list) {
    if (*list) note("%s: %s: %s", path, what, list);
}

/* Whether at least one parameter can be taken from the file, and none is wrong; reports which are
 * taken and which are not. */
static bool partial_fits(const Engine *engine, const TensorFile *file) {
    const NnModel *model = engine->model;
    const char *taken = "", *skipped = "", *left = "";
    char have[SHAPE_TEXT], want[SHAPE_TEXT];
    for (int i = 0; i < model->n_params; i++) {
        const NnParam *param = &model->params[i];
        const Tensor *tensor = tensors_find(file, param->name);
        if (tensor && !tensor_has_floats(file, tensor)) return false;
        if (entry_tensor(model, entry_of(model, NO_PHASE, i), file))
            taken = and_also(taken, param->name);
        else if (!tensor)
            skipped = and_also(skipped, format_text("%s (missing)", param->name));
        else
            skipped = and_also(skipped, format_text("%s (%s, %s wanted)", param->name,
                                                    shape_words(have, tensor->rank, tensor->dim),
                                                    shape_words(want, param->rank, param->dim)));
    }
    for (int i = 0; i < file->n_tensors; i++) {
        const char *name = file->tensors[i].name;
        if (!is_known(model, name)) left = and_also(left, name);
    }
    if (!*taken)
        return problem(
            "%s: has no tensor of a name and shape that model \"%s\" has; the first of "
            "the model is %s %s",
            file->path, model->name, model->n_params ? model->params[0].name : "none",
            model->n_params ? shape_words(want, model->params[0].rank, model->params[0].dim) : "");
    if (!entries_finite(engine, NO_PHASE, file)) return false;
    tell_parts(file->path, "loaded", taken);
    tell_parts(file->path, "skipped, initial values stay", skipped);
    tell_parts(file->path, "left over, not in the model", left);
    return true;
}

bool initial_read(Engine *engine, const char *path, bool partial, Initial *initial) {
    const NnModel *model = engine->model;
    TensorFile *file = &initial->file;
    if (!tensors_read(path, file)) return false;
    if (partial ? !partial_fits(engine, file)
                : !entries_fit(model, NO_PHASE, file) || !entries_finite(engine, NO_PHASE, file))
        return false;
    uint64_t hash = 1;
    for (int i = 0; i < model->n_params; i++) {
        const Tensor *tensor = entry_tensor(model, entry_of(model, NO_PHASE, i), file);
        if (!tensor || !tensor_floats(file, tensor, engine->values)) continue;
        hash = fingerprint(hash ^ (uint64_t)i, engine->values, tensor->count);
    }
    initial->fingerprint = (int64_t)(hash >> 1 | 1);
    return true;
}

void initial_take(Engine *engine, const Initial *initial) {
    take_entries(engine, NO_PHASE, &initial->file);
}

/* PyTorch's tools look for the key `format`. */
bool weights_save(const Engine *engine, const char *path) {
    return write_entries(engine, NO_PHASE, json_pack("{s:s}", "format", "pt"), path);
}

bool checkpoint_save(const Engine *engine, const Options *options, const Position *at,
                     const char *path) {
    const NnModel *model = engine->model;
    json_t *state =
        json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "version", VERSION, "model",
                  model->name, "source_sha256", model->source_sha256, "at_round",
                  (json_int_t)at->round, "at_phase", (json_int_t)at->phase, "at_epoch",
                  (json_int_t)at->epoch, "at_batch", (json_int_t)at->batch, "data",
                  (json_int_t)at->data, "loss_sum", at->loss, "seconds", at->seconds);
    json_t *epochs = json_array();
    for (int p = 0; p < model->n_phases; p++)
        json_array_append_new(epochs, json_integer(at->epochs[p]));
    json_object_set_new(state, "phase_epochs", epochs);
    json_object_set_new(state, "nngen", json_string(model->version));
    if (at->initial) json_object_set_new(state, "initial", json_integer(at->initial));
    if (isfinite(at->first_loss))
        json_object_set_new(state, "first_loss", json_real(at->first_loss));
    for (int i = 0; i < SETTINGS; i++)
        json_object_set_new(state, option_name(settings[i]),
                            json_integer(options->number[settings[i]]));
    json_t *text = json_string(keep(json_dumps(state, JSON_REAL_PRECISION(17)), free));
    json_decref(state);
    return write_entries(engine, (int)at->phase,
                         json_pack("{s:s, s:o}", "format", "pt", "checkpoint", text), path);
}

static bool read_setting(const char *path, const json_t *state, OptionId id, Options *options) {
    const char *name = option_name(id);
    json_t *value = json_object_get(state, name);
    int64_t was = json_integer_value(value), now = options->number[id];
    if (!json_is_integer(value) || !option_takes(id, was))
        return problem("%s: not a whole checkpoint: \"%s\" is missing or impossible", path, name);
    if (id == OPTION_EPOCHS && option_given(options, id)) return true; /* see read_epochs */
    options->number[id] = was;
    if (!option_given(options, id) || now == was) return true;
    return was == 0 && id == OPTION_BATCH
               ? problem("%s was begun without --%s: it cannot go on with one", path, name)
               : problem("%s was begun with --%s %" PRId64 ", not %" PRId64, path, name, was, now);
}

/* The epochs of the phases, which more --epochs raise. */
static bool read_epochs(const NnModel *model, const char *path, const json_t *state,
                        Options *options, Position *at) {
    const json_t *list = json_object_get(state, "phase_epochs");
    const int64_t was = json_integer_value(json_object_get(state, option_name(OPTION_EPOCHS)));
    if (was && was < model->n_phases)
        return problem("%s: its number of epochs is impossible", path);
    at->epochs = allocate((size_t)model->n_phases, sizeof *at->epochs);
    schedule_epochs(model, was, at->epochs);
    const int64_t total = schedule_total(model, at->epochs);
    bool good = json_array_size(list) == (size_t)model->n_phases;
    for (int p = 0; list && good && p < model->n_phases; p++) {
        at->epochs[p] = json_integer_value(json_array_get(list, (size_t)p));
        good = at->epochs[p] > 0 && at->epochs[p] <= total;
    }
    if (!good || schedule_total(model, at->epochs) != total)
        return problem("%s: not a whole checkpoint: \"phase_epochs\" is impossible", path);
    const int64_t now = options->number[OPTION_EPOCHS];
    if (!option_given(options, OPTION_EPOCHS) || now == total) {
        options->number[OPTION_EPOCHS] = was;
        return true;
    }
    if (now < total)
        return problem("%s was begun with %" PRId64 " epochs, --epochs %" PRId64
                       " is less: a training can go on longer, not shorter",
                       path, total, now);
    note("%" PRId64 " epochs instead of %" PRId64
         ": schedules (nn.epochs, nn.steps) stretch to the new length",
         now, total);
    schedule_more(model, (int)at->phase, now, at->epochs);
    return true;
}

/* Whether these versions of nngen compute the same bits: the first two numbers are the same. */
static bool same_results(const char *a, const char *b) {
    for (int dots = 0; *a == *b; a++, b++)
        if (!*a || (*a == '.' && ++dots == 2)) return true;
    return false;
}

bool checkpoint_read(const NnModel *model, const char *path, Options *options, Position *at,
                     TensorFile *file) {
    if (!tensors_read(path, file)) return false;
    const char *text = tensors_meta(file, "checkpoint"), *name, *hash;
    if (!text) return problem("%s: not a checkpoint (it has no state to resume from)", path);
    json_int_t version, round, phase, epoch, batch, data;
    json_error_t error;
    json_t *state = keep_json(json_loads(text, JSON_REJECT_DUPLICATES, &error));
    if (!state ||
        json_unpack_ex(state, &error, 0, "{s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:F, s:F}",
                       "version", &version, "model", &name, "source_sha256", &hash, "at_round",
                       &round, "at_phase", &phase, "at_epoch", &epoch, "at_batch", &batch, "data",
                       &data, "loss_sum", &at->loss, "seconds", &at->seconds) != 0)
        return problem("%s: not a whole checkpoint: %s", path, error.text);
    const char *nngen = json_string_value(json_object_get(state, "nngen"));
    if (version != VERSION || !nngen || !same_results(nngen, model->version))
        return problem(
            "%s: a checkpoint of %s, whose results differ in last bits from those of "
            "nngen %s: it cannot be resumed; --load takes its weights",
            path, version == VERSION && nngen ? format_text("nngen %s", nngen) : "another nngen",
            model->version);
    if (strcmp(name, model->name) != 0)
        return problem("%s: a checkpoint of model \"%s\", not of \"%s\"", path, name, model->name);
    if (strcmp(hash, model->source_sha256) != 0)
        return problem(
            "%s: a checkpoint of another version of model \"%s\": source %.12s, not %.12s", path,
            name, hash, model->source_sha256);
    for (int i = 0; i < SETTINGS; i++)
        if (!read_setting(path, state, settings[i], options)) return false;
    if (round < 0 || phase < 0 || epoch < 0 || batch < 0 || phase >= model->n_phases ||
        round >= options->number[OPTION_ROUNDS])
        return problem("%s: its position is impossible", path);
    const json_t *first_loss = json_object_get(state, "first_loss");
    at->round = round;
    at->phase = phase;
    at->epoch = epoch;
    at->batch = batch;
    at->data = data;
    at->initial = json_integer_value(json_object_get(state, "initial"));
    at->first_loss = first_loss ? json_number_value(first_loss) : INFINITY;
    return read_epochs(model, path, state, options, at) && entries_fit(model, (int)phase, file);
}

bool checkpoint_take(Engine *engine, const TensorFile *file, int phase) {
    engine->model->reset(engine->state, phase);
    return take_entries(engine, phase, file);
}
