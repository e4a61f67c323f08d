/* The built-in sets: samples of one or two digits. */
#include <math.h>
#include <string.h>

#include "cut.h"
#include "digits.h"
#include "random.h"
#include "safetensors.h"

enum { MAX_FIELDS = 6, COMPARISON = -1, MAX_BLOCK = 2 };

typedef struct DigitField {
    const char *name;
    int channels; /* as many digits, one after the other; 0: a label */
    int classes;  /* of a label */
    int digit;    /* number of its first digit in the sample, or COMPARISON of both */
} DigitField;

typedef struct DigitSet {
    const char *name;
    int digits; /* in a sample */
    int block;  /* blocks of so many pixels squared become one */
    int n_fields;
    DigitField fields[MAX_FIELDS];
} DigitSet;

static const DigitSet sets[] = {
    {"mnist-pairs",
     2,
     2,
     6,
     {{"left", 1, 0, 0},
      {"right", 1, 0, 1},
      {"pair", 2, 0, 0},
      {"left_digit", 0, DIGIT_CLASSES, 0},
      {"right_digit", 0, DIGIT_CLASSES, 1},
      {"comparison", 0, 2, COMPARISON}}},
    {"mnist", 1, 1, 2, {{"image", 1, 0, 0}, {"digit", 0, DIGIT_CLASSES, 0}}},
};
enum { SETS = sizeof sets / sizeof *sets };

/* NULL if the set's field fits the model's, else words that name both. */
static const char *field_mismatch(const DigitSet *set, const DigitField *have,
                                  const NnField *want) {
    bool label = want->kind == NN_LABEL, has_label = have->channels == 0;
    if (has_label != label)
        return format_text("field \"%s\": the model wants %s, %s has %s", want->name,
                           label ? "a label" : "real values", set->name,
                           has_label ? "a label" : "real values");
    if (label)
        return have->classes == want->classes
                   ? NULL
                   : format_text("label \"%s\": the model wants %d classes, %s has %d", want->name,
                                 want->classes, set->name, have->classes);
    if (want->windows)
        return format_text("field \"%s\": %s has no sequences", want->name, set->name);
    const int side = DIGIT_SIDE / set->block, dim[] = {have->channels, side, side};
    char a[SHAPE_TEXT], b[SHAPE_TEXT];
    return same_shape(3, dim, want->rank, want->dim)
               ? NULL
               : format_text("field \"%s\": the model wants shape %s, %s has %s", want->name,
                             shape_words(a, want->rank, want->dim), set->name,
                             shape_words(b, 3, dim));
}

static const DigitField *set_field(const DigitSet *set, const char *name) {
    for (int i = 0; i < set->n_fields; i++)
        if (strcmp(set->fields[i].name, name) == 0) return &set->fields[i];
    return NULL;
}

/* NULL if the set has all fields that the model wants. */
static const char *set_mismatch(const DigitSet *set, const NnModel *model) {
    const char *why = NULL;
    for (int i = 0; i < model->n_fields && !why; i++) {
        const NnField *want = &model->fields[i];
        const DigitField *have = set_field(set, want->name);
        why = have ? field_mismatch(set, have, want)
                   : format_text("field \"%s\": the model wants it, data set %s has none of that "
                                 "name",
                                 want->name, set->name);
    }
    return why;
}

/* The set that the architecture names or, if it names none, that has its first field. NULL, and
 * `why`, if it does not fit. */
static const DigitSet *choose_set(const NnModel *model, const char **why) {
    *why = model->data ? format_text("data set \"%s\" is none of the built-in ones (mnist-pairs, "
                                     "mnist); give its samples with --data FILE.safetensors",
                                     model->data)
                       : "no built-in data set has the model's fields; give its samples with "
                         "--data FILE.safetensors";
    for (int i = 0; i < SETS; i++) {
        if (!(model->data ? strcmp(sets[i].name, model->data) == 0
                          : model->n_fields > 0 && set_field(&sets[i], model->fields[0].name)))
            continue;
        *why = set_mismatch(&sets[i], model);
        return *why ? NULL : &sets[i];
    }
    return NULL;
}

bool dataset_builtin(const NnModel *model) {
    const char *why;
    return choose_set(model, &why) != NULL;
}

/* The digits of a split: sample i has set->digits of them, from order[i * set->digits] on. */
typedef struct Draw {
    const Digits *digits;
    int *order; /* of all digits of the file, or from somewhere in it */
    int samples;
} Draw;

static bool draw_pairs(const DataRequest *request, const char *source, Draw *draws) {
    Draw *train = &draws[SPLIT_TRAIN], *val = &draws[SPLIT_VAL], *test = &draws[SPLIT_TEST];
    int train_digits = train->digits->count, test_digits = test->digits->count;
    train->samples = request->pairs;
    val->samples = request->val_pairs;
    test->samples = request->test_pairs;
    if (train->samples > train_digits / 2)
        return problem("%s: %d training pairs wanted, its %d training digits make only %d", source,
                       train->samples, train_digits, train_digits / 2);
    if ((int64_t)val->samples + test->samples > test_digits / 2)
        return problem("%s: %d validation and %d test pairs wanted, its %d test digits make only "
                       "%d together",
                       source, val->samples, test->samples, test_digits, test_digits / 2);
    random_permutation(random_stream(request->seed, "training pairs"), train_digits, train->order);
    random_permutation(random_stream(request->seed, "test pairs"), test_digits, test->order);
    /* Test pairs come from the front, validation pairs from the back: the number of one does not
     * move the other. */
    *val = (Draw){test->digits, test->order + test_digits - 2 * val->samples, val->samples};
    return true;
}

static bool draw_images(const DataRequest *request, const char *source, Draw *draws) {
    Draw *train = &draws[SPLIT_TRAIN], *val = &draws[SPLIT_VAL], *test = &draws[SPLIT_TEST];
    int digits = train->digits->count;
    const bool replaced = request->cut[SPLIT_VAL].asked;
    val->samples = replaced ? 0 : digits > 10000 ? 5000 : digits / 10;
    if (val->samples < 1 && !replaced)
        return problem("%s: %d training digits are too few for a validation set", source, digits);
    train->samples = digits - val->samples;
    test->samples = test->digits->count;
    for (int i = 0; i < digits; i++) train->order[i] = i;
    for (int i = 0; i < test->samples; i++) test->order[i] = i;
    *val = (Draw){train->digits, train->order + train->samples, val->samples};
    return true;
}

/* The sums of the blocks of an image; returns their number. */
static int block_sums(const Digits *digits, int index, int block, uint16_t *sums) {
    unsigned char room[DIGIT_PIXELS];
    const unsigned char *image = digits_image(digits, index, room);
    int side = DIGIT_SIDE / block;
    for (int row = 0; row < side; row++) {
        for (int column = 0; column < side; column++) {
            const unsigned char *at = image + block * (row * DIGIT_SIDE + column);
            int sum = 0;
            for (int y = 0; y < block; y++)
                for (int x = 0; x < block; x++) sum += at[y * DIGIT_SIDE + x];
            *sums++ = (uint16_t)sum;
        }
    }
    return side * side;
}

/* What sums of blocks are worth: numbers from 0 to 255, and those normalised by mean and deviation
 * over the first `n` digits of a draw. */
typedef struct Levels {
    float number[255 * MAX_BLOCK * MAX_BLOCK + 1], normal[255 * MAX_BLOCK * MAX_BLOCK + 1];
    double mean, deviation;
} Levels;

static void make_levels(const Draw *draw, int n, int block, Levels *to) {
    int levels = 255 * block * block + 1;
    int64_t seen[255 * MAX_BLOCK * MAX_BLOCK + 1] = {0};
    uint16_t sums[DIGIT_PIXELS];
    double total = 0, mean = 0, squares = 0;
    float *level = to->normal;
    for (int i = 0; i < n; i++) {
        int pixels = block_sums(draw->digits, draw->order[i], block, sums);
        for (int k = 0; k < pixels; k++) seen[sums[k]]++;
        total += pixels;
    }
    for (int v = 0; v < levels; v++) to->number[v] = (float)v / (float)(block * block);
    for (int v = 0; v < levels; v++) level[v] = (float)v / (float)(levels - 1);
    for (int v = 0; v < levels; v++) mean += (double)seen[v] * (double)level[v];
    mean /= total;
    for (int v = 0; v < levels; v++)
        squares += (double)seen[v] * ((double)level[v] - mean) * ((double)level[v] - mean);
    to->mean = mean;
    to->deviation = squares > 0 ? sqrt(squares / total) : 1;
    for (int v = 0; v < levels; v++) level[v] = (float)(((double)level[v] - mean) / to->deviation);
}

/* The numbers by which generated code normalises bytes of the field. */
static void tell_levels(const NnModel *model, const Levels *levels, Dataset *data) {
    for (int i = 0; i < model->n_fields; i++)
        if (model->fields[i].normal.bytes)
            data->normals[i] = (Normal){&levels->mean, &levels->deviation};
}

static int label_of(const Digits *digits, const int *sample, int digit) {
    const unsigned char *labels = digits->labels;
    return digit == COMPARISON ? labels[sample[0]] <= labels[sample[1]] : labels[sample[digit]];
}

/* An input of the split: whole pixels are bytes where generated code normalises them, means of
 * pixels are floats, which are normalised here unless that code does it. */
static void fill_input(const DigitSet *set, const DigitField *field, const NnField *wanted,
                       const Draw *draw, const Levels *levels, Split *split) {
    const NnNormal *normal = &wanted->normal;
    const bool bytes = normal->moments && set->block == 1;
    const float *level = normal->moments && !normal->bytes ? levels->number : levels->normal;
    void *values = split_add(split, wanted, bytes ? NN_U8 : NN_F32);
    uint8_t *byte = values;
    float *number = values;
    uint16_t sums[DIGIT_PIXELS];
    for (int i = 0; i < split->samples; i++) {
        const int *sample = draw->order + (size_t)i * (size_t)set->digits;
        for (int channel = 0; channel < field->channels; channel++) {
            int n = block_sums(draw->digits, sample[field->digit + channel], set->block, sums);
            for (int k = 0; k < n; k++)
                if (bytes)
                    *byte++ = (uint8_t)sums[k];
                else
                    *number++ = level[sums[k]];
        }
    }
}

static void fill_label(const DigitSet *set, const DigitField *field, const Draw *draw,
                       Split *split) {
    const NnField label = {.name = field->name, .kind = NN_LABEL, .count = 1};
    uint8_t *classes = split_add(split, &label, NN_U8);
    for (int i = 0; i < split->samples; i++)
        classes[i] = (uint8_t)label_of(draw->digits, draw->order + (size_t)i * (size_t)set->digits,
                                       field->digit);
}

static void fill(const NnModel *model, const DigitSet *set, const Draw *draw, const Levels *levels,
                 Split *split) {
    split->samples = draw->samples;
    split_reserve(split, set->n_fields);
    for (int f = 0; f < set->n_fields; f++) {
        const DigitField *field = &set->fields[f];
        const NnField *wanted = model_field(model, field->name);
        if (!field->channels)
            fill_label(set, field, draw, split);
        else if (wanted)
            fill_input(set, field, wanted, draw, levels, split);
    }
}

/* Replaces val by samples of train. */
static void cut_draw(const DigitSet *set, const Cut *cut, Draw *draws) {
    const Draw all = draws[SPLIT_TRAIN];
    const size_t size = (size_t)set->digits * sizeof(int);
    for (int s = SPLIT_TRAIN; s <= SPLIT_VAL; s++)
        draws[s] = (Draw){all.digits, allocate((size_t)cut->n[s] + 1, size), (int)cut->n[s]};
    for (int i = 0; i < all.samples; i++) {
        int64_t place;
        const SplitId to = cut_place(cut, i, &place);
        memcpy(draws[to].order + place * set->digits, all.order + (size_t)i * (size_t)set->digits,
               size);
    }
}

bool dataset_digits(const NnModel *model, const DataRequest *request, const char *folder,
                    Dataset *data) {
    const char *why;
    const DigitSet *set = choose_set(model, &why);
    Digits train, test;
    if (!set) return problem("%s", why);
    if (request->map) return problem("--map goes with a data file, and %s is none", data->source);
    if (!digits_get(folder, true, &train) || !digits_get(folder, false, &test)) return false;
    Draw draws[SPLIT_COUNT] = {
        [SPLIT_TRAIN] = {&train, allocate((size_t)train.count, sizeof(int)), 0},
        [SPLIT_TEST] = {&test, allocate((size_t)test.count, sizeof(int)), 0},
    };
    if (set->digits == 2 ? !draw_pairs(request, data->source, draws)
                         : !draw_images(request, data->source, draws))
        return false;
    const bool has[SPLIT_COUNT] = {[SPLIT_TEST] = true};
    Cut cut;
    if (!cut_wanted(request, data->source, has, draws[SPLIT_TRAIN].samples, &cut)) return false;
    if (request->cut[SPLIT_VAL].asked) cut_draw(set, &cut, draws);
    const Draw *shown = &draws[SPLIT_TRAIN];
    Levels *levels = allocate(1, sizeof *levels);
    make_levels(shown, shown->samples * set->digits, set->block, levels);
    tell_levels(model, levels, data);
    for (int s = 0; s < SPLIT_COUNT; s++)
        if ((request->wanted[s] || (request->measured && s == SPLIT_TRAIN)) && draws[s].samples > 0)
            fill(model, set, &draws[s], levels, &data->split[s]);
    return true;
}
