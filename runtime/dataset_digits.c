/* The built-in sets: samples of one or two digits. */
#include <math.h>
#include <string.h>

#include "dataset.h"
#include "digits.h"
#include "random.h"
#include "safetensors.h"

enum { HALF = DIGIT_SIDE / 2, MAX_FIELDS = 6, COMPARISON = -1, MAX_BLOCK = 2 };

typedef struct DigitSet {
    const char *name;
    int digits; /* in a sample */
    int block;  /* blocks of so many pixels squared become one */
    int n_fields;
    struct {
        NnField field;
        int digit; /* first digit of the sample that it tells of, or COMPARISON of both */
    } fields[MAX_FIELDS];
} DigitSet;

static const DigitSet sets[] = {
    {"mnist-pairs",
     2,
     2,
     6,
     {{{"left", NN_INPUT, 3, {1, HALF, HALF}, HALF *HALF, 0, true}, 0},
      {{"right", NN_INPUT, 3, {1, HALF, HALF}, HALF *HALF, 0, true}, 1},
      {{"pair", NN_INPUT, 3, {2, HALF, HALF}, 2 * HALF *HALF, 0, true}, 0},
      {{"left_digit", NN_LABEL, 0, {0}, 1, DIGIT_CLASSES, false}, 0},
      {{"right_digit", NN_LABEL, 0, {0}, 1, DIGIT_CLASSES, false}, 1},
      {{"comparison", NN_LABEL, 0, {0}, 1, 2, false}, COMPARISON}}},
    {"mnist",
     1,
     1,
     2,
     {{{"image", NN_INPUT, 3, {1, DIGIT_SIDE, DIGIT_SIDE}, DIGIT_PIXELS, 0, true}, 0},
      {{"digit", NN_LABEL, 0, {0}, 1, DIGIT_CLASSES, false}, 0}}},
};
enum { SETS = sizeof sets / sizeof *sets };

/* Whether the set's field is what the model wants; a message names both sides. */
static bool field_matches(const char *set, const NnField *have, const NnField *want) {
    bool label = want->kind == NN_LABEL, has_label = have->kind == NN_LABEL;
    if (has_label != label)
        return problem("field \"%s\": the model wants %s, %s has %s", want->name,
                       label ? "a label" : "real values", set,
                       has_label ? "a label" : "real values");
    if (label)
        return have->classes == want->classes ||
               problem("label \"%s\": the model wants %d classes, %s has %d", want->name,
                       want->classes, set, have->classes);
    char a[SHAPE_TEXT], b[SHAPE_TEXT];
    return same_shape(have->rank, have->dim, want->rank, want->dim) ||
           problem("field \"%s\": the model wants shape %s, %s has %s", want->name,
                   shape_words(a, want->rank, want->dim), set,
                   shape_words(b, have->rank, have->dim));
}

/* Whether the set has all fields that the model wants; with a message if `complain`. */
static bool serves(const DigitSet *set, const NnModel *model, bool complain) {
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *want = &model->fields[i], *have = NULL;
        for (int k = 0; k < set->n_fields; k++)
            if (strcmp(set->fields[k].field.name, want->name) == 0) have = &set->fields[k].field;
        if (!have)
            return complain && problem("field \"%s\": the model wants it, data set %s has none of "
                                       "that name",
                                       want->name, set->name);
        if (complain && !field_matches(set->name, have, want)) return false;
    }
    return true;
}

/* The set that the architecture names or, if it names none, that has its fields. */
static const DigitSet *choose_set(const NnModel *model) {
    for (int i = 0; i < SETS; i++)
        if (model->data ? strcmp(sets[i].name, model->data) == 0 : serves(&sets[i], model, false))
            return serves(&sets[i], model, true) ? &sets[i] : NULL;
    if (model->data)
        problem("data set \"%s\" is none of the built-in ones (mnist-pairs, mnist); give its "
                "samples with --data FILE.safetensors",
                model->data);
    else
        problem("no built-in data set has the model's fields; give its samples with --data "
                "FILE.safetensors");
    return NULL;
}

/* Which digits are whose: sample i of a split has the digits from order[i * set->digits] on. */
typedef struct Draw {
    int *train, *test; /* all digits in some order */
    const int *order[SPLIT_COUNT];
    int samples[SPLIT_COUNT];
} Draw;

static bool draw_pairs(Draw *draw, const DataRequest *request, int train, int test,
                       const char *source) {
    if (request->pairs > train / 2)
        return problem("%s: %d training pairs wanted, its %d training digits make only %d", source,
                       request->pairs, train, train / 2);
    if ((int64_t)request->val_pairs + request->test_pairs > test / 2)
        return problem("%s: %d validation and %d test pairs wanted, its %d test digits make only "
                       "%d together",
                       source, request->val_pairs, request->test_pairs, test, test / 2);
    random_permutation(random_stream(request->seed, "training pairs"), train, draw->train);
    random_permutation(random_stream(request->seed, "test pairs"), test, draw->test);
    draw->samples[SPLIT_TRAIN] = request->pairs;
    draw->samples[SPLIT_VAL] = request->val_pairs;
    draw->samples[SPLIT_TEST] = request->test_pairs;
    /* Test pairs from the front, validation pairs from the back: neither number moves the other. */
    draw->order[SPLIT_VAL] = draw->test + test - 2 * request->val_pairs;
    return true;
}

static bool draw_images(Draw *draw, int train, int test, const char *source) {
    int val = train > 10000 ? 5000 : train / 10;
    if (val < 1)
        return problem("%s: %d training digits are too few for a validation set", source, train);
    for (int i = 0; i < train; i++) draw->train[i] = i;
    for (int i = 0; i < test; i++) draw->test[i] = i;
    draw->samples[SPLIT_TRAIN] = train - val;
    draw->samples[SPLIT_VAL] = val;
    draw->samples[SPLIT_TEST] = test;
    draw->order[SPLIT_VAL] = draw->train + train - val;
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

/* Gives each sum of a block its normalised value, by mean and deviation over `n` digits. */
static void make_levels(const Digits *digits, const int *order, int n, int block, float *level,
                        Dataset *data) {
    int levels = 255 * block * block + 1;
    int64_t seen[255 * MAX_BLOCK * MAX_BLOCK + 1] = {0};
    uint16_t sums[DIGIT_PIXELS];
    double total = 0, mean = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        int pixels = block_sums(digits, order[i], block, sums);
        for (int k = 0; k < pixels; k++) seen[sums[k]]++;
        total += pixels;
    }
    for (int v = 0; v < levels; v++) level[v] = (float)v / (float)(levels - 1);
    for (int v = 0; v < levels; v++) mean += (double)seen[v] * (double)level[v];
    mean /= total;
    for (int v = 0; v < levels; v++)
        squares += (double)seen[v] * ((double)level[v] - mean) * ((double)level[v] - mean);
    data->mean = mean;
    data->deviation = squares > 0 ? sqrt(squares / total) : 1;
    for (int v = 0; v < levels; v++)
        level[v] = (float)(((double)level[v] - mean) / data->deviation);
}

static int label_of(const Digits *digits, const int *sample, int digit) {
    const unsigned char *labels = digits->labels;
    return digit == COMPARISON ? labels[sample[0]] <= labels[sample[1]] : labels[sample[digit]];
}

static void fill(const NnModel *model, const DigitSet *set, const Digits *digits, const int *order,
                 const float *level, Split *split) {
    uint16_t sums[DIGIT_PIXELS];
    split_reserve(split, set->n_fields);
    for (int f = 0; f < set->n_fields; f++) {
        const NnField *field = &set->fields[f].field;
        bool label = field->kind == NN_LABEL;
        int digit = set->fields[f].digit;
        if (!label && !model_field(model, field->name)) continue;
        DataField *to = split_add(split, field->name, label ? 0 : field->count);
        float *out = to->floats;
        for (int i = 0; i < split->samples; i++) {
            const int *sample = order + (size_t)i * (size_t)set->digits;
            if (label) to->labels[i] = label_of(digits, sample, digit);
            for (int channel = 0; !label && channel < field->dim[0]; channel++) {
                int n = block_sums(digits, sample[digit + channel], set->block, sums);
                for (int k = 0; k < n; k++) *out++ = level[sums[k]];
            }
        }
    }
}

static bool make_splits(const NnModel *model, const DigitSet *set, const DataRequest *request,
                        const Digits *train, const Digits *test, Dataset *data) {
    int *train_order = allocate((size_t)train->count, sizeof(int));
    int *test_order = allocate((size_t)test->count, sizeof(int));
    Draw draw = {
        .train = train_order, .test = test_order, .order = {train_order, NULL, test_order}};
    bool pairs = set->digits == 2;
    if (pairs ? !draw_pairs(&draw, request, train->count, test->count, data->source)
              : !draw_images(&draw, train->count, test->count, data->source))
        return false;
    float level[255 * MAX_BLOCK * MAX_BLOCK + 1];
    make_levels(train, train_order, draw.samples[SPLIT_TRAIN] * set->digits, set->block, level,
                data);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (!request->wanted[s]) continue;
        bool of_test = s == SPLIT_TEST || (pairs && s == SPLIT_VAL);
        data->split[s].samples = draw.samples[s];
        fill(model, set, of_test ? test : train, draw.order[s], level, &data->split[s]);
    }
    return true;
}

bool dataset_digits(const NnModel *model, const DataRequest *request, const char *folder,
                    Dataset *data) {
    const DigitSet *set = choose_set(model);
    Digits train, test;
    return set && digits_get(folder, true, &train) && digits_get(folder, false, &test) &&
           make_splits(model, set, request, &train, &test, data);
}
