/* The tensors of files of parameters and of checkpoints. */
#include "entries.h"

#include <math.h>
#include <string.h>

#include "class_names.h"
#include "normal.h"
#include "schedule.h"
#include "trained.h"

/* A checkpoint may have further copies of the parameters, below these names. */
static const struct {
    int slot;
    const char *prefix;
} further[] = {{0, "state/raw/"}, {NN_AVERAGE, "state/ema/"}};

/* How many: the state's where kept values or averages have the parameters' own names, and the
 * averages where kept values have these. */
static int further_copies(Contents what) {
    if (what.phase == NO_PHASE) return 0;
    return (what.kept || what.averages) + (what.kept && what.averages);
}

/* Moments of a phase: of each member those of what it trains. */
static int moment_count(const NnPhase *phase) {
    int n = 0;
    for (int i = 0; i < schedule_members(phase); i++) {
        const NnMember member = schedule_member(phase, i);
        n += member.n_slots * member.n_trained;
    }
    return n;
}

/* Moment i of them. */
static Entry moment_of(const NnPhase *phase, int i) {
    NnMember member = schedule_member(phase, 0);
    for (int m = 1; i >= member.n_slots * member.n_trained; m++) {
        i -= member.n_slots * member.n_trained;
        member = schedule_member(phase, m);
    }
    return (Entry){.slot = member.first_slot + i / member.n_trained + 1,
                   .param = member.trained[i % member.n_trained]};
}

static int entry_count(const NnModel *model, Contents what) {
    const int named = (1 + further_copies(what)) * model->n_params + model->n_ties;
    if (what.phase == NO_PHASE) return named;
    return named + moment_count(&model->phases[what.phase]);
}

Entry entry_of(const NnModel *model, Contents what, int i) {
    const int own = what.kept ? KEPT : what.averages ? NN_AVERAGE : 0, n = model->n_params;
    if (i < n) return (Entry){own, i, model->params[i].name};
    i -= n;
    if (i < model->n_ties) return (Entry){own, model->ties[i].param, model->ties[i].name};
    i -= model->n_ties;
    if (i < further_copies(what) * n) {
        const char *name = model->params[i % n].name;
        return (Entry){further[i / n].slot, i % n,
                       format_text("%s%s", further[i / n].prefix, name)};
    }
    i -= further_copies(what) * n;
    const NnPhase *phase = &model->phases[what.phase];
    Entry moment = moment_of(phase, i);
    moment.name =
        format_text("state/%s/%s", phase->slots[moment.slot - 1], model->params[moment.param].name);
    return moment;
}

typedef struct Source {
    const Engine *engine;
    Contents what;
} Source;

static const float *entry_values(const void *context, int i) {
    const Source *source = context;
    const Engine *engine = source->engine;
    const Entry entry = entry_of(engine->model, source->what, i);
    if (entry.slot == KEPT) return source->what.kept[entry.param];
    engine->model->get(engine->state, source->what.phase == NO_PHASE ? 0 : source->what.phase,
                       entry.slot, entry.param, engine->values);
    return engine->values;
}

bool entries_write(const Engine *engine, Contents what, json_t *meta, const char *path) {
    const NnModel *model = engine->model;
    size_t mark = memory_mark();
    int n = entry_count(model, what);
    TensorOut *tensors = allocate((size_t)n, sizeof *tensors);
    for (int i = 0; i < n; i++) {
        Entry entry = entry_of(model, what, i);
        const NnParam *param = &model->params[entry.param];
        tensors[i] = (TensorOut){entry.name,   param->rank, param->dim,
                                 param->count, NULL,        param->role == NN_COUNT};
    }
    normals_write(engine, meta);
    class_names_write(engine, meta);
    trained_write(engine, meta);
    const Source source = {engine, what};
    bool ok = tensors_write_made(path, n, tensors, entry_values, &source, meta);
    memory_release(mark);
    return ok;
}

int64_t weights_bytes(const NnModel *model, bool moments, bool kept) {
    int64_t most = 0, count = 0;
    for (int p = 0; moments && p < model->n_phases; p++) {
        int64_t sum = 0;
        for (int i = 0; i < moment_count(&model->phases[p]); i++)
            sum += model->params[moment_of(&model->phases[p], i).param].count;
        if (sum > most) most = sum;
    }
    const int copies = 1 + kept + (moments && nn_has_averages(model));
    for (int i = 0; i < model->n_params; i++) count += copies * model->params[i].count;
    for (int i = 0; i < model->n_ties; i++) count += model->params[model->ties[i].param].count;
    return (count + most) * (int64_t)sizeof(float);
}

bool entry_is_known(const NnModel *model, const char *name) {
    bool known = strncmp(name, "state/", 6) == 0;
    for (int k = 0; !known && k < model->n_params; k++)
        known = strcmp(name, model->params[k].name) == 0;
    for (int k = 0; !known && k < model->n_ties; k++)
        known = strcmp(name, model->ties[k].name) == 0;
    return known;
}

/* Under which name of its parameter the file has the entry, NULL: under none. A parameter of
 * several names may be there under any of them. */
static const char *entry_name(const NnModel *model, Entry entry, const TensorFile *file) {
    if (tensors_find(file, entry.name) || entry.slot > 0) return entry.name;
    if (strncmp(entry.name, "state/", 6) == 0) return entry.name;
    const char *own = model->params[entry.param].name;
    if (tensors_find(file, own)) return own;
    for (int k = 0; k < model->n_ties; k++)
        if (model->ties[k].param == entry.param && tensors_find(file, model->ties[k].name))
            return model->ties[k].name;
    return entry.name;
}

/* Older files of PyTorch, and layers without parameters, lack some tensors. */
static bool may_lack(const NnParam *param) {
    return param->role == NN_COUNT || param->role == NN_FIXED;
}

static bool entry_fits(const TensorFile *file, const char *name, const NnParam *param) {
    const Tensor *tensor = tensors_find(file, name);
    if (!tensor && may_lack(param)) return true;
    return tensors_have(file, name, param->role == NN_COUNT, param->rank, param->dim);
}

bool entries_fit(const NnModel *model, Contents what, const TensorFile *file) {
    for (int i = 0; i < entry_count(model, what); i++) {
        Entry entry = entry_of(model, what, i);
        const NnParam *param = &model->params[entry.param];
        if (!entry_fits(file, entry_name(model, entry, file), param)) return false;
    }
    for (int i = 0; i < file->n_tensors; i++) {
        const char *name = file->tensors[i].name;
        if (!entry_is_known(model, name))
            return problem("%s: tensor \"%s\": the model has none of that name", file->path, name);
    }
    return true;
}

const Tensor *entry_tensor(const NnModel *model, Entry entry, const TensorFile *file) {
    const NnParam *param = &model->params[entry.param];
    const Tensor *tensor = tensors_find(file, entry_name(model, entry, file));
    const bool fits = tensor && same_shape(param->rank, param->dim, tensor->rank, tensor->dim);
    return fits ? tensor : NULL;
}

/* Whether the file's tensors of each parameter of several names are equal; a message if not. */
static bool ties_agree(const Engine *engine, const TensorFile *file) {
    const NnModel *model = engine->model;
    for (int k = 0; k < model->n_ties; k++) {
        const NnTie *tie = &model->ties[k];
        const NnParam *param = &model->params[tie->param];
        const Entry own = {0, tie->param, param->name}, other = {0, tie->param, tie->name};
        const Tensor *a = entry_tensor(model, own, file), *b = entry_tensor(model, other, file);
        if (!a || !b || a == b) continue;
        const size_t mark = memory_mark();
        float *values = allocate((size_t)param->count, sizeof *values);
        const bool read = tensor_floats(file, a, values) && tensor_floats(file, b, engine->values);
        const bool equal =
            read && !memcmp(values, engine->values, (size_t)param->count * sizeof *values);
        memory_release(mark);
        if (!read) return false;
        if (!equal)
            return problem("%s: tensors \"%s\" and \"%s\" differ; they are one parameter of the "
                           "model: leave one of them out",
                           file->path, param->name, tie->name);
    }
    return true;
}

bool entries_finite(const Engine *engine, Contents what, const TensorFile *file) {
    if (!ties_agree(engine, file)) return false;
    for (int i = 0; i < entry_count(engine->model, what); i++) {
        Entry entry = entry_of(engine->model, what, i);
        const Tensor *tensor = entry_tensor(engine->model, entry, file);
        if (tensor && !tensor_numbers(file, tensor, engine->values)) return false;
        for (int64_t k = 0; tensor && k < tensor->count; k++)
            if (!isfinite(engine->values[k]))
                return problem(
                    "%s: tensor \"%s\" holds a value that is not finite; train anew, or go "
                    "back to an earlier file",
                    file->path, entry.name);
    }
    return true;
}

/* The entry's values in the file, or those of a tensor that it may lack. */
static const float *entry_read(const Engine *engine, Entry entry, const TensorFile *file) {
    const NnParam *param = &engine->model->params[entry.param];
    const Tensor *tensor = entry_tensor(engine->model, entry, file);
    if (tensor) return tensor_numbers(file, tensor, engine->values) ? engine->values : NULL;
    if (entry.slot > 0 || !may_lack(param)) return NULL;
    for (int64_t i = 0; i < param->count; i++) engine->values[i] = (float)param->a;
    return engine->values;
}

bool entries_take(Engine *engine, Contents what, const TensorFile *file) {
    Normal *known = allocate((size_t)engine->model->n_fields, sizeof *known);
    if (!entries_finite(engine, what, file) || !normals_in(engine->model, file, false, known))
        return false;
    entries_set(engine, what, file, known);
    return true;
}

void entries_set(Engine *engine, Contents what, const TensorFile *file, const Normal *known) {
    normals_take(engine, known);
    class_names_read(engine, file);
    trained_read(engine, file);
    const int of = what.phase == NO_PHASE ? 0 : what.phase;
    for (int i = 0; i < entry_count(engine->model, what); i++) {
        Entry entry = entry_of(engine->model, what, i);
        const size_t bytes = (size_t)engine->model->params[entry.param].count * sizeof(float);
        const float *values = entry_read(engine, entry, file);
        if (values && entry.slot == KEPT)
            memcpy(what.kept[entry.param], values, bytes);
        else if (values)
            engine->model->set(engine->state, of, entry.slot, entry.param, values);
    }
    engine_prepare(engine, of);
}
