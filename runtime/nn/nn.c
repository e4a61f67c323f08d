/* The small interface over model.h: see nn.h. */
#if defined(__GNUC__) && !defined(__clang__)
/* The same bits where the machine has fused multiply-adds. */
#pragma GCC optimize("fp-contract=off")
#endif

#include "../nn.h"

#include "../moments.h"
#include "../random.h"
#include "handle.h"
#include "write.h"

/* Samples of a part of an evaluation, so that sums are rounded as those of programs are. */
enum { EVALUATION_PART = 256, PATH_ROOM = 4096 };

size_t nn_bytes(const NnModel *model, const NnOptions *options) {
    return divide(NULL, model, options, !options->constant);
}

Nn *nn_open(const NnModel *model, const NnOptions *options, char *words) {
    return open_handle(model, options, NULL, words);
}

Nn *nn_share(const Nn *owner, const NnOptions *options, char *words) {
    return open_handle(owner->model, options, owner->state, words);
}

void nn_close(Nn *net) {
    if (!net || !net->block) return;
    const NnOptions options = net->options;
    if (!options.allocate)
        free(net->block);
    else if (options.release)
        options.release(options.arg, net->block);
}

const char *nn_words(const Nn *net) {
    return net->words;
}

const NnModel *nn_model(const Nn *net) {
    return net->model;
}

const void *nn_state(const Nn *net) {
    return net->state;
}

const char *nn_isa(const Nn *net) {
    return net->code->isa;
}

static void prepare(Nn *net) {
    NnCall call = call_of(net, 1);
    net->code->prepare(&call);
}

bool nn_init(Nn *net, uint64_t seed) {
    if (!may_write(net)) return false;
    net->gradient.batch = 0; /* the room for draws is the work area */
    for (int i = 0; i < net->model->n_params; i++) {
        init_values(&net->model->params[i], seed, net->values, net->room);
        net->model->set(net->state, 0, 0, i, net->values);
    }
    net->training.begun = false;
    prepare(net);
    return true;
}

/* Samples of a field, side by side. */
typedef struct Samples {
    const char *values;
    size_t bytes; /* of one */
} Samples;

static const void *samples_at(const void *arg, int64_t i) {
    const Samples *samples = arg;
    return samples->values + (size_t)i * samples->bytes;
}

static void set_moments(Nn *net, int field, const double *mean, const double *deviation) {
    const NnNormal *normal = &net->model->fields[field].normal;
    net->model->set_normal(net->state, field, normal->mean ? normal->mean : mean,
                           normal->deviation ? normal->deviation : deviation);
}

bool nn_measure(Nn *net, int64_t n, const void *const *fields) {
    const NnModel *model = net->model;
    const NnCall call = {.types = net->options.types};
    int64_t seen[256] = {
        0}; /* the bytes of all fields that are normalised as MNIST's have one mean */
    if (!may_write(net)) return false;
    if (n < 1) return fail(net, "means are measured on one sample or more");
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < model->n_fields; i++) {
            const NnField *field = &model->fields[i];
            const NnType type = nn_field_type(model->fields, &call, i);
            const bool bytes = field->normal.bytes;
            if (!moments_are_measured(&field->normal) || (bytes && type != NN_U8)) continue;
            if (!fields[i]) return fail(net, "a field that is measured is missing");
            const Samples samples = {fields[i], (size_t)field->count * (size_t)nn_type_size(type)};
            const Measured m = {&field->normal, type, n, field->count, samples_at, &samples};
            Moments *to = &net->moments[i];
            if (turn == 0 && bytes)
                moments_count(&m, 0, seen);
            else if (turn == 1 && bytes)
                moments_of_counts(&field->normal, seen, to->mean, to->deviation);
            else if (turn == 1)
                moments_measure(&m, to->mean, to->deviation);
            if (turn == 1) set_moments(net, i, to->mean, to->deviation);
        }
    prepare(net);
    return true;
}

/* Sets what the file has; all was checked. False, with words, where it can't be read again. */
static bool take_contents(Nn *net, Source *source, Contents *c) {
    const NnModel *model = net->model;
    for (int i = 0; i < model->n_params; i++) {
        const NnParam *param = &model->params[i];
        const Place place = param_place(c, i);
        if (place.at && !read_values(source, c, param->name, place, param->count, net->values))
            return false;
        for (int64_t k = 0; !place.at && k < param->count; k++) net->values[k] = (float)param->a;
        model->set(net->state, 0, 0, i, net->values);
    }
    for (int i = 0; i < model->n_fields; i++) {
        const Moments *m = &c->moments[i];
        if (moments_are_measured(&model->fields[i].normal) && m->has_mean && m->has_deviation)
            set_moments(net, i, m->mean, m->deviation);
    }
    net->training.begun = false;
    prepare(net);
    return true;
}

/* Finds what the file has of the model. */
static Contents contents_of(Nn *net) {
    const NnModel *model = net->model;
    memset(net->places, 0, (size_t)(model->n_params + model->n_ties) * sizeof *net->places);
    for (int i = 0; i < model->n_fields; i++)
        net->moments[i].has_mean = net->moments[i].has_deviation = false;
    return (Contents){
        .model = model, .places = net->places, .moments = net->moments, .words = net->words};
}

static bool load(Nn *net, Source *source) {
    Contents c = contents_of(net);
    return find_tensors(source, &c) && check_tensors(source, &c, net->values) &&
           take_contents(net, source, &c);
}

/* False with words. */
static bool open_source(Nn *net, const char *path, Source *source) {
    *source = (Source){.file = fopen(path, "rb")};
    if (!source->file) return fail(net, "the file can't be opened");
    const long size = fseek(source->file, 0, SEEK_END) == 0 ? ftell(source->file) : -1;
    source->size = size > 0 ? (uint64_t)size : 0;
    if (size >= 0) return true;
    fclose(source->file);
    return fail(net, "the file can't be read");
}

bool nn_load(Nn *net, const char *path) {
    Source source;
    if (!may_write(net) || !open_source(net, path, &source)) return false;
    const bool ok = load(net, &source);
    fclose(source.file);
    return ok;
}

bool nn_load_memory(Nn *net, const void *bytes, size_t size) {
    return may_write(net) && load(net, &(Source){.bytes = bytes, .size = size});
}

bool nn_load_names(Nn *net, const char *path, const char *label, const char **names, char *room,
                   size_t bytes) {
    Contents c = contents_of(net);
    Source source;
    for (int i = 0; i < net->model->n_fields && !c.label; i++) {
        const NnField *field = &net->model->fields[i];
        if (field->kind == NN_LABEL && strcmp(field->name, label) == 0) c.label = field;
    }
    c.room = room;
    c.bytes = bytes;
    if (!c.label) return fail(net, "the model has no label of that name");
    if (!open_source(net, path, &source)) return false;
    const bool found = find_tensors(&source, &c);
    fclose(source.file);
    if (!found) return false;
    return (c.named && split_names(room, c.label->classes, names)) ||
           fail(net, "the file has no such names");
}

size_t nn_save_memory(Nn *net, void *bytes, size_t room) {
    Sink to = {.bytes = bytes, .room = room};
    put_file(net, &to);
    return to.size;
}

bool nn_save(Nn *net, const char *path) {
    char unfinished[PATH_ROOM];
    const int n = snprintf(unfinished, sizeof unfinished, "%s.unfinished", path);
    if (n < 0 || n >= PATH_ROOM) return fail(net, "the path is too long");
    Sink to = {.file = fopen(unfinished, "wb")};
    if (!to.file) return fail(net, "the file can't be made");
    put_file(net, &to);
    const bool written = !ferror(to.file);
    if (fclose(to.file) == 0 && written && rename(unfinished, path) == 0) return true;
    remove(unfinished);
    return fail(net, "the file can't be written");
}

/* Index of a parameter, -1 and words if there is none. */
static int find_param(Nn *net, const char *name) {
    const int index = name_index(net->model, name);
    if (index >= 0) return (int)(param_at(net->model, index) - net->model->params);
    fail(net, "the model has no parameter ");
    nn_say(net->words, name, 0);
    return -1;
}

bool nn_get(Nn *net, const char *name, float *values) {
    const int param = find_param(net, name);
    if (param >= 0) net->model->get(net->state, 0, 0, param, values);
    return param >= 0;
}

bool nn_set(Nn *net, const char *name, const float *values) {
    const int param = may_write(net) ? find_param(net, name) : -1;
    if (param < 0) return false;
    net->model->set(net->state, 0, 0, param, values);
    prepare(net);
    return true;
}

static bool is_good(Nn *net, NnEntry entry, const NnCall *call) {
    return !nn_call_problem(net->model, entry, call, net->words);
}

/* Points net->fields and net->predictions to samples `first` and after. */
static void point_to(Nn *net, int64_t first, const void *const *fields, float *const *predictions) {
    const NnModel *model = net->model;
    const NnCall call = {.types = net->options.types};
    for (int i = 0; i < model->n_fields; i++) {
        const NnType type = nn_field_type(model->fields, &call, i);
        const char *values = fields ? fields[i] : NULL;
        const size_t sample = (size_t)model->fields[i].count * (size_t)nn_type_size(type);
        net->fields[i] = values ? values + (size_t)first * sample : NULL;
    }
    for (int i = 0; i < model->n_predictions; i++) {
        float *values = predictions ? predictions[i] : NULL;
        net->predictions[i] = values ? values + first * model->predictions[i].count : NULL;
    }
}

/* In a phase that keeps averages they take the place of the parameters, and these theirs; a second
 * call undoes it. */
static void swap_averages(Nn *net) {
    const NnModel *model = net->model;
    if (!net->training.begun || !(model->phases[net->phase].ema > 0.0)) return;
    for (int i = 0; i < model->n_params; i++) {
        model->get(net->state, net->phase, NN_AVERAGE, i, net->averages);
        model->get(net->state, net->phase, 0, i, net->values);
        model->set(net->state, net->phase, NN_AVERAGE, i, net->values);
        model->set(net->state, net->phase, 0, i, net->averages);
    }
    prepare(net);
}

bool nn_predict(Nn *net, int n, const void *const *fields, float *const *predictions) {
    return nn_predict_from(net, 0, n, fields, predictions);
}

bool nn_predict_from(Nn *net, int64_t first, int n, const void *const *fields,
                     float *const *predictions) {
    const int most = batch_of(&net->options);
    if (n < 1) return fail(net, "a prediction wants one sample or more");
    if (first < 0) return fail(net, "samples are counted from 0");
    net->gradient.batch = 0;
    bool ok = true;
    swap_averages(net);
    for (int begin = 0; begin < n && ok; begin += most) {
        NnCall call = call_of(net, n - begin < most ? n - begin : most);
        point_to(net, begin, fields, predictions);
        call.predictions = net->predictions;
        call.first_sample = first + begin;
        ok = is_good(net, NN_PREDICT, &call);
        if (ok) net->code->predict(&call);
    }
    swap_averages(net);
    return ok;
}

bool nn_next(Nn *net, int place, int n, const void *const *fields, float *const *predictions) {
    if (net->model->places == 0)
        return fail(net, "the model is not causal along a sequence, or keeps nothing of it");
    if (n < 1 || n > batch_of(&net->options))
        return fail(net, "a place wants one sample or more, at most the handle's batch");
    net->gradient.batch = 0;
    NnCall call = call_of(net, n);
    point_to(net, 0, fields, predictions);
    call.predictions = net->predictions;
    call.place = place;
    call.cache = net->cache;
    swap_averages(net);
    const bool ok = is_good(net, NN_NEXT, &call);
    if (ok) net->code->next(&call);
    swap_averages(net);
    return ok;
}

/* As a program evaluates: schedules have the value of the last step. */
static NnCall evaluation_call(const Nn *net, int n) {
    const Training *t = &net->training;
    NnCall call = call_of(net, n);
    if (t->begun && t->step > 0) {
        call.step--;
        call.epoch -= t->at == 0;
    }
    return call;
}

bool nn_evaluate(Nn *net, int n, const void *const *fields, double *loss, double *metrics) {
    const NnModel *model = net->model;
    const int batch = batch_of(&net->options);
    const int most = batch < EVALUATION_PART ? batch : EVALUATION_PART;
    if (n < 1) return fail(net, "an evaluation wants one sample or more");
    if (model->n_phases == 0) return fail(net, "the model was made for inference alone");
    net->gradient.batch = 0;
    memset(net->sums, 0, (size_t)model->n_sums * sizeof(double));
    bool ok = true;
    swap_averages(net);
    for (int first = 0; first < n && ok; first += most) {
        NnCall call = evaluation_call(net, n - first < most ? n - first : most);
        point_to(net, first, fields, NULL);
        call.first_sample = first;
        call.sums = net->sums;
        ok = is_good(net, NN_EVALUATE, &call);
        if (ok) net->code->evaluate(&call);
    }
    swap_averages(net);
    if (!ok) return false;
    NnCall call = evaluation_call(net, n);
    call.sums = net->sums;
    call.metrics = metrics;
    model->score(&call);
    if (loss) *loss = call.loss;
    return true;
}

/* Whether the model has the phase and its weights may change. */
static bool may_train(Nn *net, int phase) {
    if (!may_write(net)) return false;
    if (net->model->n_phases == 0) return fail(net, "the model was made for inference alone");
    return (phase >= 0 && phase < net->model->n_phases) || fail(net, "the model has no such phase");
}

bool nn_begin(Nn *net, const NnTraining *training) {
    if (!may_train(net, training->phase)) return false;
    const NnPhase *phase = &net->model->phases[training->phase];
    const int batch = training->batch > 0 ? training->batch : phase->batch;
    const int64_t length = training->length, samples = training->samples;
    const int64_t accumulate = phase->accumulate > 1 ? phase->accumulate : 1;
    const int64_t batches = (samples + (phase->drop_last ? 0 : batch - 1)) / batch;
    if (batch > batch_of(&net->options)) {
        net->words[0] = '\0';
        nn_outside(net->words, "the batch", batch, 1, batch_of(&net->options));
        return false;
    }
    if (samples < 1 || batches < 1) return fail(net, "an epoch without a whole batch");
    const int64_t in_epoch = (batches + accumulate - 1) / accumulate;
    const int64_t steps = phase->steps ? (length > 0 ? length : phase->steps)
                                       : (length > 0 ? length : phase->epochs) * in_epoch;
    net->phase = training->phase;
    net->gradient.batch = 0;
    net->training = (Training){.begun = true,
                               .of = *training,
                               .batch = batch,
                               .batches = batches,
                               .epochs = (steps + in_epoch - 1) / in_epoch,
                               .steps = steps};
    net->model->reset(net->state, net->phase);
    return true;
}

bool nn_order(Nn *net, int *order) {
    const Training *t = &net->training;
    if (!t->begun) return fail(net, "nn_begin comes first");
    if (t->of.samples > INT_MAX) return fail(net, "more than 2^31 - 1 samples");
    const int n = (int)t->of.samples;
    const uint64_t key = random_fork(random_stream(t->of.seed, "order"), (uint64_t)net->phase);
    if (net->model->phases[net->phase].shuffle)
        random_permutation(random_fork(key, (uint64_t)t->epoch), n, order);
    else
        for (int i = 0; i < n; i++) order[i] = i;
    return true;
}

int nn_wanted(const Nn *net) {
    const Training *t = &net->training;
    const int64_t left = t->of.samples - t->at * t->batch;
    if (!t->begun || t->step >= t->steps) return 0;
    return (int)(left < t->batch ? left : t->batch);
}

int64_t nn_epoch(const Nn *net) {
    return net->training.epoch;
}

static NnCall training_call(const Nn *net, int n) {
    const Training *t = &net->training;
    NnCall call = call_of(net, n);
    call.seed = random_fork(random_stream(t->of.seed, "dropout"), (uint64_t)net->phase);
    call.dropout = t->begun;
    call.first_sample = t->at * t->batch;
    call.peers = net->options.peers;
    return call;
}

static bool lose(Nn *net) {
    net->lost = true;
    return fail(net, "a peer is lost");
}

bool nn_lost(const Nn *net) {
    return net->lost;
}

void nn_own_samples(const Nn *net, int n, int *first, int *end) {
    *first = 0;
    *end = n;
    if (net->options.peers && net->model->samples)
        net->model->samples(n, net->options.peers, first, end);
}

bool nn_train_step(Nn *net, int n, const void *const *fields, double *loss) {
    Training *t = &net->training;
    const int wanted = nn_wanted(net);
    if (!t->begun) return fail(net, "nn_begin comes first");
    if (wanted == 0) return fail(net, "the phase has had its last step");
    if (n != wanted) {
        net->words[0] = '\0';
        return nn_outside(net->words, "n", n, wanted, wanted) && false;
    }
    const NnPhase *phase = &net->model->phases[net->phase];
    const int64_t accumulate = phase->accumulate > 1 ? phase->accumulate : 1;
    NnCall call = training_call(net, n);
    call.earlier = t->earlier;
    call.more = (t->at + 1) % accumulate != 0 && t->at + 1 < t->batches;
    point_to(net, 0, fields, NULL);
    if (!is_good(net, NN_TRAIN, &call)) return false;
    net->gradient.batch = 0;
    net->code->train(&call);
    if (call.lost) return lose(net);
    if (loss) *loss = call.loss;
    t->earlier = call.more ? t->earlier + n : 0;
    t->at++;
    if (!call.more) t->step++;
    if (t->at == t->batches) {
        t->at = 0;
        t->epoch++;
    }
    return true;
}

bool nn_end(Nn *net) {
    if (!net->training.begun) return fail(net, "nn_begin comes first");
    for (int i = 0; i < net->model->n_params; i++) {
        saved_values(net, i);
        net->model->set(net->state, 0, 0, i, net->values);
    }
    net->training.begun = false;
    prepare(net);
    return true;
}

bool nn_gradient(Nn *net, int n, const void *const *fields, double *loss) {
    if (net->model->n_phases == 0) return fail(net, "the model was made for inference alone");
    if (n > batch_of(&net->options)) return fail(net, "more samples than NnOptions.batch");
    NnCall call = training_call(net, n);
    point_to(net, 0, fields, NULL);
    if (!is_good(net, NN_GRADIENT, &call)) return false;
    net->code->gradient(&call);
    if (call.lost) return lose(net);
    net->gradient = call;
    if (loss) *loss = call.loss;
    return true;
}

bool nn_gradient_of(Nn *net, const char *name, float *gradient) {
    const NnCall *call = &net->gradient;
    if (call->batch == 0) return fail(net, "nn_gradient comes first");
    const int param = find_param(net, name);
    if (param < 0 || nn_access_problem(net->model, NN_GET_GRADIENT, net->work, call->phase, 0,
                                       param, gradient, net->words))
        return false;
    net->model->get_gradient(call, param, gradient);
    return true;
}
