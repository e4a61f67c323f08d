#include <stdlib.h>
#include <string.h>

#include "dataset_build.h"
#include "random.h"

enum { HALF = DIGIT_SIDE / 2, HALF_PIXELS = HALF * HALF };
enum { LEFT, RIGHT, PAIR, LEFT_DIGIT, RIGHT_DIGIT, COMPARISON, PAIR_FIELDS };

static const FieldSpec fields[PAIR_FIELDS] = {
    [LEFT] = {"left", 3, {1, HALF, HALF}, 0},
    [RIGHT] = {"right", 3, {1, HALF, HALF}, 0},
    [PAIR] = {"pair", 3, {2, HALF, HALF}, 0},
    [LEFT_DIGIT] = {"left_digit", 0, {0}, DIGIT_CLASSES},
    [RIGHT_DIGIT] = {"right_digit", 0, {0}, DIGIT_CLASSES},
    [COMPARISON] = {"comparison", 0, {0}, 2},
};

/* Averages 2x2 blocks; the result is in 0 .. 1. */
static void halve(const unsigned char *image, float *out) {
    for (int row = 0; row < HALF; row++) {
        for (int column = 0; column < HALF; column++) {
            const unsigned char *at = image + 2 * row * DIGIT_SIDE + 2 * column;
            int sum = at[0] + at[1] + at[DIGIT_SIDE] + at[DIGIT_SIDE + 1];
            out[row * HALF + column] = (float)sum / (4 * 255.0f);
        }
    }
}

/* The images of the pairs (order[2i], order[2i+1]): [pairs][2][14*14]. */
static float *pair_images(const Digits *digits, const int *order, int pairs) {
    float *images = allocate((size_t)pairs * 2 * HALF_PIXELS, sizeof *images);
    unsigned char room[DIGIT_PIXELS];
    for (int i = 0; i < 2 * pairs; i++)
        halve(digits_image(digits, order[i], room), images + (size_t)i * HALF_PIXELS);
    return images;
}

static void copy_side(const float *images, int side, DataField *field, int pairs) {
    for (int i = 0; field && i < pairs; i++)
        memcpy(field->floats + (size_t)i * HALF_PIXELS,
               images + (size_t)(2 * i + side) * HALF_PIXELS, HALF_PIXELS * sizeof(float));
}

/* Fills the split with the fields of its pairs; `images` are normalised. */
static void fill(const NnModel *model, const Digits *digits, const int *order, const float *images,
                 Split *split) {
    int pairs = split->samples;
    copy_side(images, 0, split_add_spec(split, model, &fields[LEFT]), pairs);
    copy_side(images, 1, split_add_spec(split, model, &fields[RIGHT]), pairs);
    DataField *pair = split_add_spec(split, model, &fields[PAIR]);
    if (pair) memcpy(pair->floats, images, (size_t)pairs * 2 * HALF_PIXELS * sizeof(float));
    for (int kind = LEFT_DIGIT; kind < PAIR_FIELDS; kind++) {
        int32_t *labels = split_add_spec(split, model, &fields[kind])->labels;
        for (int i = 0; i < pairs; i++) {
            int left = digits->labels[order[2 * i]], right = digits->labels[order[2 * i + 1]];
            labels[i] = kind == LEFT_DIGIT ? left : kind == RIGHT_DIGIT ? right : left <= right;
        }
    }
}

static bool load(const NnModel *model, const DataRequest *request, const Digits *train,
                 const Digits *test, Dataset *data) {
    if (request->pairs > train->count / 2)
        return problem("%s: %d training pairs wanted, its %d training digits make only %d",
                       data->source, request->pairs, train->count, train->count / 2);
    if ((int64_t)request->val_pairs + request->test_pairs > test->count / 2)
        return problem(
            "%s: %d validation and %d test pairs wanted, its %d test digits make only %d "
            "together",
            data->source, request->val_pairs, request->test_pairs, test->count, test->count / 2);
    int *train_order = allocate((size_t)train->count, sizeof(int));
    int *test_order = allocate((size_t)test->count, sizeof(int));
    random_permutation(random_stream(request->seed, "training pairs"), train->count, train_order);
    random_permutation(random_stream(request->seed, "test pairs"), test->count, test_order);
    /* Test pairs from the front, validation pairs from the back: neither number moves the other. */
    const int *orders[SPLIT_COUNT] = {
        [SPLIT_TRAIN] = train_order,
        [SPLIT_VAL] = test_order + test->count - 2 * request->val_pairs,
        [SPLIT_TEST] = test_order,
    };
    const int pairs[SPLIT_COUNT] = {request->pairs, request->val_pairs, request->test_pairs};
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (s != SPLIT_TRAIN && !request->wanted[s]) continue;
        const Digits *digits = s == SPLIT_TRAIN ? train : test;
        float *images = pair_images(digits, orders[s], pairs[s]);
        int64_t count = (int64_t)pairs[s] * 2 * HALF_PIXELS;
        if (s == SPLIT_TRAIN) data_measure(images, count, &data->mean, &data->deviation);
        if (request->wanted[s]) {
            data_normalise(images, count, data->mean, data->deviation);
            data->split[s].samples = pairs[s];
            fill(model, digits, orders[s], images, &data->split[s]);
        }
        free(images);
    }
    free(train_order);
    free(test_order);
    return true;
}

const DataSpec pairs_spec = {"mnist-pairs", fields, PAIR_FIELDS, load};
