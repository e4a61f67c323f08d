/* Checkpoints: what a training goes on from. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entries.h"
#include "table.h"
#include "weights.h"

/* Of checkpoints. Those before it have no "nngen". */
enum { VERSION = 5 };

/* Equal values of these, equal data and an equal model make equal trainings. */
static const OptionId settings[] = {OPTION_SEED,      OPTION_ROUNDS,     OPTION_EPOCHS,
                                    OPTION_BATCH,     OPTION_DATA_SEED,  OPTION_PAIRS,
                                    OPTION_VAL_PAIRS, OPTION_TEST_PAIRS, OPTION_EVAL_EVERY,
                                    OPTION_PATIENCE,  OPTION_STEPS,      OPTION_SPLIT_SEED};
enum { SETTINGS = sizeof settings / sizeof *settings };
static const OptionId real_settings[] = {OPTION_LR_SCALE, OPTION_MIN_DELTA, OPTION_VAL_SPLIT,
                                         OPTION_TEST_SPLIT};
enum { REAL_SETTINGS = sizeof real_settings / sizeof *real_settings };
static const OptionId text_settings[] = {OPTION_KEEP, OPTION_MONITOR, OPTION_MAP};
enum { TEXT_SETTINGS = sizeof text_settings / sizeof *text_settings };

/* The numbers of a position. */
static const struct {
    const char *key;
    size_t at;
} integers[] =
    {
        {"at_round", offsetof(Position, round)},
        {"at_phase", offsetof(Position, phase)},
        {"at_epoch", offsetof(Position, epoch)},
        {"at_batch", offsetof(Position, batch)},
        {"data", offsetof(Position, data)},
        {"initial", offsetof(Position, initial)},
        {"samples", offsetof(Position, samples)},
        {"evaluated", offsetof(Position, evaluated)},
        {"waited", offsetof(Position, waited)},
        {"best_epoch", offsetof(Position, best_epoch)},
        {"best_step", offsetof(Position, best_step)},
},
  reals[] = {
      {"loss_sum", offsetof(Position, loss)},       {"lr", offsetof(Position, lr)},
      {"grad_norm", offsetof(Position, grad_norm)}, {"first_loss", offsetof(Position, first_loss)},
      {"gained", offsetof(Position, gained)},       {"best", offsetof(Position, best)},
};
enum { INTEGERS = sizeof integers / sizeof *integers, REALS = sizeof reals / sizeof *reals };

static json_t *position_json(const Position *at) {
    json_t *json = json_object();
    for (int i = 0; i < INTEGERS; i++)
        json_object_set_new(
            json, integers[i].key,
            json_integer(*(const int64_t *)(const void *)((const char *)at + integers[i].at)));
    for (int i = 0; i < REALS; i++)
        json_object_set_new(
            json, reals[i].key,
            json_number(*(const double *)(const void *)((const char *)at + reals[i].at)));
    return json;
}

/* The running losses of the members that take turns in a phase. */
static void members_write(const NnPhase *phase, const Position *at, json_t *state) {
    if (!phase->n_members) return;
    json_t *losses = json_array(), *samples = json_array();
    for (int i = 0; i < phase->n_members; i++) {
        json_array_append_new(losses, json_number(at->member_loss[i]));
        json_array_append_new(samples, json_integer(at->member_samples[i]));
    }
    json_object_set_new(state, "member_loss_sums", losses);
    json_object_set_new(state, "member_samples", samples);
}

static bool members_read(const char *path, const NnPhase *phase, const json_t *state,
                         Position *at) {
    const json_t *losses = json_object_get(state, "member_loss_sums");
    const json_t *samples = json_object_get(state, "member_samples");
    int64_t left = at->samples;
    if (!phase->n_members) return true;
    for (int i = 0; i < phase->n_members; i++) {
        const json_t *loss = json_array_get(losses, (size_t)i);
        const json_t *count = json_array_get(samples, (size_t)i);
        if (!json_is_number(loss) || !json_is_integer(count))
            return problem("%s: not a whole checkpoint: the losses of members are missing", path);
        const int64_t n = json_integer_value(count);
        if (n < 0 || n > left) return problem("%s: its position is impossible", path);
        at->member_loss[i] = json_number_value(loss);
        at->member_samples[i] = n;
        left -= n;
    }
    return left == 0 || problem("%s: its position is impossible", path);
}

/* A real that is not finite is `null`: a first loss that is still to come. */
static bool read_position(const char *path, const json_t *state, Position *at) {
    for (int i = 0; i < INTEGERS; i++) {
        const json_t *value = json_object_get(state, integers[i].key);
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return problem("%s: not a whole checkpoint: \"%s\" is missing or impossible", path,
                           integers[i].key);
        *(int64_t *)(void *)((char *)at + integers[i].at) = json_integer_value(value);
    }
    for (int i = 0; i < REALS; i++) {
        const json_t *value = json_object_get(state, reals[i].key);
        if (!json_is_number(value) && !json_is_null(value))
            return problem("%s: not a whole checkpoint: \"%s\" is missing or impossible", path,
                           reals[i].key);
        *(double *)(void *)((char *)at + reals[i].at) =
            json_is_null(value) ? INFINITY : json_number_value(value);
    }
    return true;
}

static Contents contents_of(const NnModel *model, int phase, float *const *kept) {
    return (Contents){phase, kept, model->phases[phase].ema > 0};
}

bool checkpoint_save(const Engine *engine, const Options *options, const Position *at,
                     float *const *kept, const char *path) {
    const NnModel *model = engine->model;
    json_t *state = position_json(at);
    members_write(&model->phases[at->phase], at, state);
    json_object_set_new(state, "version", json_integer(VERSION));
    json_object_set_new(state, "model", json_string(model->name));
    json_object_set_new(state, "source_sha256", json_string(model->source_sha256));
    json_object_set_new(state, "nngen", json_string(model->version));
    json_t *lengths = json_array();
    for (int p = 0; p < model->n_phases; p++)
        json_array_append_new(lengths, json_integer(at->lengths[p]));
    json_object_set_new(state, "phase_lengths", lengths);
    for (int i = 0; i < SETTINGS; i++)
        json_object_set_new(state, option_name(settings[i]),
                            json_integer(options->number[settings[i]]));
    for (int i = 0; i < REAL_SETTINGS; i++)
        json_object_set_new(state, option_name(real_settings[i]),
                            json_real(options->real[real_settings[i]]));
    for (int i = 0; i < TEXT_SETTINGS; i++) {
        const char *text = options->text[text_settings[i]];
        json_object_set_new(state, option_name(text_settings[i]),
                            text ? json_string(text) : json_null());
    }
    json_t *text = json_string(keep(json_dumps(state, JSON_REAL_PRECISION(17)), free));
    json_decref(state);
    return entries_write(engine, contents_of(model, (int)at->phase, kept),
                         json_pack("{s:s, s:o}", "format", "pt", "checkpoint", text), path);
}

static bool read_setting(const char *path, const json_t *state, OptionId id, Options *options) {
    const char *name = option_name(id);
    json_t *value = json_object_get(state, name);
    int64_t was = json_integer_value(value), now = options->number[id];
    if (!json_is_integer(value) || !option_takes(id, was))
        return problem("%s: not a whole checkpoint: \"%s\" is missing or impossible", path, name);
    if ((id == OPTION_EPOCHS || id == OPTION_STEPS) && option_given(options, id))
        return true; /* see read_lengths */
    options->number[id] = was;
    if (!option_given(options, id) || now == was) return true;
    return was == 0 && id != OPTION_SEED && id != OPTION_DATA_SEED && id != OPTION_SPLIT_SEED
               ? problem("%s was begun without --%s: it cannot go on with one", path, name)
               : problem("%s was begun with --%s %" PRId64 ", not %" PRId64, path, name, was, now);
}

static bool read_real_setting(const char *path, const json_t *state, OptionId id,
                              Options *options) {
    const char *name = option_name(id);
    const json_t *value = json_object_get(state, name);
    const double was = json_number_value(value), now = options->real[id];
    if (!json_is_number(value))
        return problem("%s: not a whole checkpoint: \"%s\" is missing", path, name);
    options->real[id] = was;
    if (!option_given(options, id) || now == was) return true;
    return problem("%s was begun with --%s %s, not %s", path, name, real_text(was, 17),
                   real_text(now, 17));
}

static bool read_text_setting(const char *path, const json_t *state, OptionId id,
                              Options *options) {
    const char *name = option_name(id), *now = options->text[id];
    const json_t *value = json_object_get(state, name);
    const char *was = json_string_value(value);
    if (!was && !json_is_null(value))
        return problem("%s: not a whole checkpoint: \"%s\" is missing", path, name);
    options->text[id] = was;
    if (!now || (was && strcmp(now, was) == 0)) return true;
    return was ? problem("%s was begun with --%s %s, not %s", path, name, was, now)
               : problem("%s was begun without --%s: it cannot go on with one", path, name);
}

/* The lengths of the phases, which more --epochs, or --steps, raise. */
static bool read_lengths(const NnModel *model, const char *path, const json_t *state,
                         Options *options, Position *at) {
    const OptionId id = model->phases[0].steps ? OPTION_STEPS : OPTION_EPOCHS;
    const char *unit = option_name(id);
    const json_t *list = json_object_get(state, "phase_lengths");
    const int64_t was = json_integer_value(json_object_get(state, unit));
    if (was && was < model->n_phases)
        return problem("%s: its number of %s is impossible", path, unit);
    at->lengths = allocate((size_t)model->n_phases, sizeof *at->lengths);
    schedule_lengths(model, was, at->lengths);
    const int64_t total = schedule_total(model, at->lengths);
    bool good = json_array_size(list) == (size_t)model->n_phases;
    for (int p = 0; list && good && p < model->n_phases; p++) {
        at->lengths[p] = json_integer_value(json_array_get(list, (size_t)p));
        good = at->lengths[p] > 0 && at->lengths[p] <= total;
    }
    if (!good || schedule_total(model, at->lengths) != total)
        return problem("%s: not a whole checkpoint: \"phase_lengths\" is impossible", path);
    const int64_t now = options->number[id];
    if (!option_given(options, id) || now == total) {
        options->number[id] = was;
        return true;
    }
    if (now < total)
        return problem("%s was begun with %" PRId64 " %s, --%s %" PRId64
                       " is less: a training can go on longer, not shorter",
                       path, total, unit, unit, now);
    note("%" PRId64 " %s instead of %" PRId64
         ": schedules (nn.epochs, nn.steps) stretch to the new length",
         now, unit, total);
    schedule_more(model, (int)at->phase, now, at->lengths);
    return true;
}

/* Whether these versions of nngen compute the same bits: the first two numbers are the same. */
static bool same_results(const char *a, const char *b) {
    for (int dots = 0; *a == *b; a++, b++)
        if (!*a || (*a == '.' && ++dots == 2)) return true;
    return false;
}

static bool wrong_result(const NnModel *model, const char *path, const char *nngen) {
    return problem("%s: a checkpoint of %s, whose results differ in last bits from those of "
                   "nngen %s: it cannot be resumed; --load takes its weights",
                   path, nngen ? format_text("nngen %s", nngen) : "another nngen", model->version);
}

/* Whether the checkpoint is one of this model, of an nngen that computes the same. */
static bool is_of_model(const NnModel *model, const char *path, const json_t *state) {
    const char *name = json_string_value(json_object_get(state, "model"));
    const char *hash = json_string_value(json_object_get(state, "source_sha256"));
    const char *nngen = json_string_value(json_object_get(state, "nngen"));
    const bool known = json_integer_value(json_object_get(state, "version")) == VERSION;
    if (!name || !hash)
        return problem("%s: not a whole checkpoint: \"%s\" is missing", path,
                       name ? "source_sha256" : "model");
    if (!known || !nngen || !same_results(nngen, model->version))
        return wrong_result(model, path, known ? nngen : NULL);
    if (strcmp(name, model->name) != 0)
        return problem("%s: a checkpoint of model \"%s\", not of \"%s\"", path, name, model->name);
    if (strcmp(hash, model->source_sha256) != 0)
        return problem(
            "%s: a checkpoint of another version of model \"%s\": source %.12s, not %.12s", path,
            name, hash, model->source_sha256);
    return true;
}

bool checkpoint_read(const NnModel *model, const char *path, Options *options, Position *at,
                     TensorFile *file) {
    if (!tensors_read(path, file)) return false;
    const char *text = tensors_meta(file, "checkpoint");
    if (!text) return problem("%s: not a checkpoint (it has no state to resume from)", path);
    json_error_t error;
    json_t *state = keep_json(json_loads(text, JSON_REJECT_DUPLICATES, &error));
    if (!state) return problem("%s: not a whole checkpoint: %s", path, error.text);
    if (!is_of_model(model, path, state)) return false;
    for (int i = 0; i < SETTINGS; i++)
        if (!read_setting(path, state, settings[i], options)) return false;
    for (int i = 0; i < REAL_SETTINGS; i++)
        if (!read_real_setting(path, state, real_settings[i], options)) return false;
    for (int i = 0; i < TEXT_SETTINGS; i++)
        if (!read_text_setting(path, state, text_settings[i], options)) return false;
    if (!read_position(path, state, at)) return false;
    if (at->phase >= model->n_phases || at->round >= options->number[OPTION_ROUNDS])
        return problem("%s: its position is impossible", path);
    if (!members_read(path, &model->phases[at->phase], state, at)) return false;
    float *none = NULL;
    const Contents contents = contents_of(model, (int)at->phase, isfinite(at->best) ? &none : NULL);
    return read_lengths(model, path, state, options, at) && entries_fit(model, contents, file);
}

bool checkpoint_take(Engine *engine, const TensorFile *file, int phase, float *const *kept) {
    engine->model->reset(engine->state, phase);
    return entries_take(engine, contents_of(engine->model, phase, kept), file);
}
