#include <math.h>
#include <string.h>

#include "dataset_build.h"

static const FieldSpec fields[] = {
    {"image", 3, {1, DIGIT_SIDE, DIGIT_SIDE}, 0},
    {"digit", 0, {0}, DIGIT_CLASSES},
};

/* Mean and deviation of the pixels, from a count of each of the 256 values. */
static void measure_digits(const Digits *digits, int count, double *mean, double *deviation) {
    int64_t seen[256] = {0};
    unsigned char room[DIGIT_PIXELS];
    for (int i = 0; i < count; i++) {
        const unsigned char *image = digits_image(digits, i, room);
        for (int k = 0; k < DIGIT_PIXELS; k++) seen[image[k]]++;
    }
    double total = (double)count * DIGIT_PIXELS, sum = 0, squares = 0;
    for (int v = 0; v < 256; v++) sum += (double)seen[v] * v / 255.0;
    *mean = sum / total;
    for (int v = 0; v < 256; v++) squares += (double)seen[v] * pow(v / 255.0 - *mean, 2);
    *deviation = sqrt(squares / total);
    if (!(*deviation > 0)) *deviation = 1;
}

static void fill(const NnModel *model, const Digits *digits, int first, const float *level,
                 Split *split) {
    DataField *image = split_add_spec(split, model, &fields[0]);
    unsigned char room[DIGIT_PIXELS];
    for (int i = 0; image && i < split->samples; i++) {
        const unsigned char *pixels = digits_image(digits, first + i, room);
        float *out = image->floats + (size_t)i * DIGIT_PIXELS;
        for (int k = 0; k < DIGIT_PIXELS; k++) out[k] = level[pixels[k]];
    }
    int32_t *labels = split_add_spec(split, model, &fields[1])->labels;
    for (int i = 0; i < split->samples; i++) labels[i] = digits->labels[first + i];
}

static bool load(const NnModel *model, const DataRequest *request, const Digits *train,
                 const Digits *test, Dataset *data) {
    int n_val = train->count > 10000 ? 5000 : train->count / 10;
    int n_train = train->count - n_val;
    if (n_val < 1)
        return problem("%s: %d training digits are too few for a validation set", data->source,
                       train->count);
    measure_digits(train, n_train, &data->mean, &data->deviation);
    float level[256];
    for (int v = 0; v < 256; v++) level[v] = (float)((v / 255.0 - data->mean) / data->deviation);
    const int samples[SPLIT_COUNT] = {n_train, n_val, test->count};
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (!request->wanted[s]) continue;
        data->split[s].samples = samples[s];
        fill(model, s == SPLIT_TEST ? test : train, s == SPLIT_VAL ? n_train : 0, level,
             &data->split[s]);
    }
    return true;
}

const DataSpec mnist_spec = {"mnist", fields, 2, load};
