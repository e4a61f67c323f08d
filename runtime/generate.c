/* Text from a model that tells the next symbol: symbols are the classes of its label {T}, which
 * their names write. The text so far, at most its last T symbols, lies at the beginning of the
 * window, and the probabilities of the place of the last one decide. A model whose code can walk
 * along a sequence computes that place alone; when the window moves on, the whole window. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "random.h"
#include "trained.h"
#include "weights.h"

typedef struct Writer {
    const NnModel *model;
    Engine engine;
    const char *const *names;   /* of the symbols */
    int field, length, classes; /* the label that is read, its places and symbols */
    float **predictions;
    const float *probabilities; /* [length][classes], or of one place */
    void *cache;                /* of NnCode.next, NULL: the model has none */
    int walked;                 /* places of the text that the cache has */
} Writer;

/* The label that the model reads, and the probabilities that it gives. */
static bool find_parts(Writer *w) {
    const NnModel *model = w->model;
    int fields = 0, found = -1;
    for (int i = 0; i < model->n_fields; i++) {
        if (!model->fields[i].predicts) continue;
        fields++;
        w->field = i;
    }
    const NnField *field = &model->fields[w->field];
    if (fields != 1 || field->kind != NN_LABEL)
        return problem("model \"%s\": generate wants a model whose predictions read one label {T}, "
                       "the text so far, and no other field",
                       model->name);
    w->length = field->count;
    w->classes = field->classes;
    for (int i = 0; i < model->n_predictions && found < 0; i++)
        if (model->predictions[i].count == w->length * w->classes && !model->predictions[i].classes)
            found = i;
    if (found < 0)
        return problem(
            "model \"%s\": generate wants a prediction of shape (%d, %d): for each place "
            "of \"%s\" the probabilities of the symbol after it, as nn.softmax gives them",
            model->name, w->length, w->classes, field->name);
    w->predictions = predictions_new(model, 1);
    w->probabilities = w->predictions[found];
    if (model->predictions[found].next == w->classes) w->cache = allocate(model->cache_bytes, 1);
    return true;
}

/* The symbol whose name `text` begins with, the longest one; -1: none. */
static int symbol_at(const Writer *w, const char *text) {
    size_t longest = 0;
    int found = -1;
    for (int i = 0; i < w->classes; i++) {
        const size_t length = strlen(w->names[i]);
        if (length <= longest || strncmp(text, w->names[i], length) != 0) continue;
        longest = length;
        found = i;
    }
    return found;
}

/* The symbols of the prompt, in room for so many bytes; their number, 0 after a message. */
static int read_prompt(const Writer *w, const char *text, int *symbols) {
    int n = 0;
    if (!*text) problem("--prompt is empty; begin with one symbol at least");
    for (const char *at = text; *at;) {
        const int symbol = symbol_at(w, at);
        if (symbol < 0) {
            problem("--prompt: the model has no symbol for what follows \"%.*s\"", (int)(at - text),
                    text);
            return 0;
        }
        symbols[n++] = symbol;
        at += strlen(w->names[symbol]);
    }
    return n;
}

/* The probabilities after the last of `n` symbols, with `fill` after them. */
static const float *predict_next(Writer *w, const int *symbols, int n, int fill) {
    int32_t *room = w->engine.room[w->field];
    const int from = n > w->length ? n - w->length : 0, count = n - from;
    for (int i = 0; i < w->length; i++) room[i] = i < count ? symbols[from + i] : fill;
    engine_take_drawn(&w->engine);
    NnCall call = engine_call(&w->engine, trained_when(&w->engine), 1);
    call.predictions = w->predictions;
    if (w->cache && from == 0) {
        call.cache = w->cache;
        for (; w->walked < n; w->walked++) {
            call.place = w->walked;
            w->engine.code->next(&call);
        }
        return w->probabilities;
    }
    w->engine.code->predict(&call);
    return w->probabilities + (ptrdiff_t)(count - 1) * w->classes;
}

/* Whether what the model gives are probabilities, which do not depend on what comes later. */
static bool is_causal(Writer *w, const int *symbols, int n) {
    float *first = allocate((size_t)w->classes, sizeof *first);
    memcpy(first, predict_next(w, symbols, n, 0), (size_t)w->classes * sizeof *first);
    double sum = 0;
    bool good = true;
    for (int i = 0; i < w->classes; i++) {
        sum += (double)first[i];
        good = good && first[i] >= 0;
    }
    if (!good || !(fabs(sum - 1) < 1e-3))
        return problem("model \"%s\": what it predicts are no probabilities, which add up to 1; "
                       "predict nn.softmax of the logits",
                       w->model->name);
    if (w->cache) return true;
    const float *other = predict_next(w, symbols, n, w->classes - 1);
    return n >= w->length || !memcmp(first, other, (size_t)w->classes * sizeof *first) ||
           problem(
               "model \"%s\" is not causal: what it tells of a place depends on later ones, so it "
               "cannot continue a prompt of fewer than %d symbols",
               w->model->name, w->length);
}

/* A symbol by probabilities to the power of 1 / temperature; with temperature 0 the likeliest. */
static int draw(const Writer *w, const float *p, double temperature, double uniform) {
    int best = 0;
    double sum = 0, *weight = allocate((size_t)w->classes, sizeof *weight);
    for (int i = 1; i < w->classes; i++)
        if (p[i] > p[best]) best = i;
    if (temperature == 0) return best;
    for (int i = 0; i < w->classes; i++) {
        const double ratio = (double)p[i] / (double)p[best];
        sum += weight[i] = temperature == 1 ? ratio : pow(ratio, 1 / temperature);
    }
    double left = uniform * sum;
    for (int i = 0; i < w->classes; i++) {
        left -= weight[i];
        if (left < 0 && weight[i] > 0) return i;
    }
    return best;
}

static void put(const Writer *w, json_t *text, int symbol) {
    if (text)
        json_array_append_new(text, json_string(w->names[symbol]));
    else
        fputs(w->names[symbol], stdout);
}

bool generate_command(const NnModel *model, const Options *options) {
    Writer w = {.model = model};
    const char *prompt = options->text[OPTION_PROMPT];
    const int64_t length = options->number[OPTION_LENGTH];
    if (!find_parts(&w) || !engine_open(&w.engine, model, options, 1, NULL) ||
        !weights_load(&w.engine, options->text[OPTION_LOAD]))
        return false;
    w.names = model->fields[w.field].names ? model->fields[w.field].names : w.engine.names[w.field];
    if (!w.names)
        return problem("%s: has no names of the symbols of \"%s\": train on a file that nngen data "
                       "made of a text, or give nn.label names",
                       options->text[OPTION_LOAD], model->fields[w.field].name);
    int *symbols = allocate(strlen(prompt) + (size_t)length + 1, sizeof *symbols);
    int n = read_prompt(&w, prompt, symbols);
    if (!n || !is_causal(&w, symbols, n)) return false;
    json_t *text = option_given(options, OPTION_JSON) ? keep_json(json_array()) : NULL;
    for (int i = 0; i < n; i++) put(&w, text, symbols[i]);
    const uint64_t key = random_stream((uint64_t)options->number[OPTION_SEED], "generate");
    for (int64_t i = 0; i < length && !ferror(stdout); i++) {
        const size_t mark = memory_mark();
        const float *p = predict_next(&w, symbols, n, 0);
        symbols[n] =
            draw(&w, p, options->real[OPTION_TEMPERATURE], random_uniform(key, (uint64_t)i));
        put(&w, text, symbols[n++]);
        memory_release(mark);
    }
    if (text)
        json_line(stdout, json_pack("{s:O}", "symbols", text));
    else
        putchar('\n');
    return true;
}
