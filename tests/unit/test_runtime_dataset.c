/* Data sets: their splits, their normalisation, wrong requests and files. */
#define _GNU_SOURCE
#include <math.h>

#include "../../runtime/dataset.h"
#include "../../runtime/digits.h"
#include "../../runtime/safetensors.h"
#include "../runtime/support.h"
#include "../runtime/toy_model.h"

enum { HALF = 14 * 14 };

static NnField pair_fields[] = {
    {IMAGE_FIELD("left", 1, 14, MEASURED_BYTES)},
    {IMAGE_FIELD("right", 1, 14, MEASURED_BYTES)},
    {IMAGE_FIELD("pair", 2, 14, MEASURED_BYTES)},
    {LABEL_FIELD("left_digit", 10)},
    {LABEL_FIELD("right_digit", 10)},
    {LABEL_FIELD("comparison", 2)},
};
enum { LEFT, RIGHT, PAIR, LEFT_DIGIT, RIGHT_DIGIT, COMPARISON };

static NnModel pairs_model(void) {
    return (NnModel){.name = "pairs", .data = "mnist-pairs", .n_fields = 6, .fields = pair_fields};
}

static DataRequest request_for(const char *source) {
    return (DataRequest){.source = source,
                         .pairs = 200,
                         .val_pairs = 60,
                         .test_pairs = 80,
                         .wanted = {true, true, true},
                         .quiet = true};
}

/* MNIST's folder, or NULL. Paths are absolute: tests change their folder. */
static const char *mnist_folder(void) {
    static char path[4096];
    const char *named = getenv("NNGEN_DATA");
    if (named && *named && realpath(named, path)) return path;
#ifdef NNGEN_SOURCE
    if (realpath(NNGEN_SOURCE "/../shared/mnist", path)) return path;
#endif
    return NULL;
}

static const float *floats(const Split *split, int field, int sample) {
    return split_values(split, split->bound[field], sample);
}

static int label(const Split *split, int field, int sample) {
    return (int)split_class(split, split->bound[field], sample);
}

static void expect_consistent(const Split *split) {
    for (int i = 0; i < split->samples; i++) {
        ck_assert(memcmp(floats(split, PAIR, i), floats(split, LEFT, i), HALF * 4) == 0);
        ck_assert(memcmp(floats(split, PAIR, i) + HALF, floats(split, RIGHT, i), HALF * 4) == 0);
        int left = label(split, LEFT_DIGIT, i), right = label(split, RIGHT_DIGIT, i);
        ck_assert(left >= 0 && left < 10 && right >= 0 && right < 10);
        ck_assert_int_eq(label(split, COMPARISON, i), left <= right);
    }
}

/* Digits of these sources are all different, so equal images mean one digit used twice. */
static void expect_disjoint(const Split *const *splits, int n) {
    for (int s = 0; s < n; s++) {
        for (int i = 0; i < 2 * splits[s]->samples; i++) {
            const float *a = floats(splits[s], PAIR, 0) + (size_t)i * HALF;
            for (int t = s; t < n; t++)
                for (int k = t == s ? i + 1 : 0; k < 2 * splits[t]->samples; k++)
                    ck_assert(memcmp(a, floats(splits[t], PAIR, 0) + (size_t)k * HALF, HALF * 4));
        }
    }
}

static void check_pairs(const char *source) {
    NnModel model = pairs_model();
    DataRequest request = request_for(source);
    Dataset data, other;
    ck_assert_msg(dataset_load(&model, &request, &data), "%s", problem_text());
    const Split *train = &data.split[SPLIT_TRAIN];
    ck_assert_int_eq(train->samples, 200);
    ck_assert_int_eq(data.split[SPLIT_VAL].samples, 60);
    ck_assert_int_eq(data.split[SPLIT_TEST].samples, 80);
    for (int s = 0; s < SPLIT_COUNT; s++) expect_consistent(&data.split[s]);
    const Split *const held_out[] = {&data.split[SPLIT_VAL], &data.split[SPLIT_TEST]};
    expect_disjoint(&train, 1);
    expect_disjoint(held_out, 2);
    double sum = 0, squares = 0;
    for (int i = 0; i < 200 * 2 * HALF; i++) {
        double x = (double)floats(train, PAIR, 0)[i];
        sum += x;
        squares += x * x;
    }
    ck_assert(fabs(sum / (200 * 2 * HALF)) < 1e-5);
    ck_assert(fabs(squares / (200 * 2 * HALF) - 1) < 1e-5);

    /* The same again, whatever else is asked for; other pairs with another seed. */
    request.val_pairs = 90;
    request.wanted[SPLIT_TRAIN] = request.wanted[SPLIT_VAL] = false;
    ck_assert(dataset_load(&model, &request, &other));
    ck_assert_uint_eq(split_fingerprint(&data.split[SPLIT_TEST], &model),
                      split_fingerprint(&other.split[SPLIT_TEST], &model));
    request.seed = 1;
    ck_assert(dataset_load(&model, &request, &other));
    ck_assert_uint_ne(split_fingerprint(&data.split[SPLIT_TEST], &model),
                      split_fingerprint(&other.split[SPLIT_TEST], &model));
}

START_TEST(synthetic_pairs) {
    check_pairs("synthetic");
}
END_TEST

START_TEST(mnist_pairs) {
    const char *folder = mnist_folder();
    if (!folder) {
        puts("mnist_pairs: skipped, no MNIST");
        return;
    }
    check_pairs(folder);
    /* The published mean and deviation of all training pixels; blocks of pixels vary less. */
    static NnField fields[] = {{IMAGE_FIELD("image", 1, 28, MEASURED_BYTES)},
                               {LABEL_FIELD("digit", 10)}};
    NnModel model = {.name = "m", .data = "mnist", .n_fields = 2, .fields = fields};
    DataRequest request = request_for(folder);
    request.wanted[SPLIT_TRAIN] = false;
    Dataset data;
    ck_assert_msg(dataset_load(&model, &request, &data), "%s", problem_text());
    ck_assert_int_eq(data.split[SPLIT_VAL].samples, 5000);
    ck_assert_int_eq(data.split[SPLIT_TEST].samples, 10000);
    ck_assert_int_eq(data.split[SPLIT_TRAIN].samples, 0);
    ck_assert(fabs(*data.normals[0].mean - .1307) < .001);
    ck_assert(fabs(*data.normals[0].deviation - .3081) < .001);
}
END_TEST

START_TEST(pixels_are_averaged) {
    Digits digits;
    ck_assert(digits_get(NULL, true, &digits));
    ck_assert_int_eq(digits.count, 60000);
    NnModel model = pairs_model();
    DataRequest request = request_for("synthetic");
    request.pairs = 30000; /* all of them */
    request.wanted[SPLIT_VAL] = request.wanted[SPLIT_TEST] = false;
    Dataset data;
    ck_assert(dataset_load(&model, &request, &data));
    /* Undo the normalisation: the average of all averages is that of all pixels. */
    unsigned char room[DIGIT_PIXELS];
    double sum = 0;
    for (int i = 0; i < digits.count; i++) {
        const unsigned char *image = digits_image(&digits, i, room);
        for (int k = 0; k < DIGIT_PIXELS; k++) sum += image[k];
    }
    ck_assert(fabs(sum / 255 / (double)DIGIT_PIXELS / digits.count - *data.normals[0].mean) < 1e-6);
}
END_TEST

static void expect_bad(const NnModel *model, const DataRequest *request, const char *words) {
    Dataset data;
    ck_assert(!dataset_load(model, request, &data));
    expect_problem(words);
}

START_TEST(bad_requests) {
    NnModel model = pairs_model();
    DataRequest request = request_for("synthetic");
    request.pairs = 30001;
    expect_bad(&model, &request, "make only 30000");
    request = request_for("synthetic");
    request.test_pairs = 4941;
    expect_bad(&model, &request, "make only 5000");
    request = request_for("no-such-folder");
    expect_bad(&model, &request, "no-such-folder");
    request = request_for("synthetic");
    model.data = "cifar";
    expect_bad(&model, &request, "cifar");
    NnField field = {IMAGE_FIELD("left", 1, 28, MEASURED_BYTES)};
    model.data = "mnist-pairs";
    model.n_fields = 1;
    model.fields = &field;
    expect_bad(&model, &request, "wants shape (1, 28, 28), mnist-pairs has (1, 14, 14)");
    field = (NnField){LABEL_FIELD("comparison", 3)};
    expect_bad(&model, &request, "wants 3 classes, mnist-pairs has 2");
    field = (NnField){.name = "comparison",
                      .kind = NN_TARGET,
                      .rank = 0,
                      .dim = {0},
                      .count = 1,
                      .classes = 0,
                      .predicts = false};
    expect_bad(&model, &request, "wants real values");
    field.name = "middle";
    expect_bad(&model, &request, "middle");
    model.data = NULL;
    expect_bad(&model, &request, "no built-in data set");
}
END_TEST

/* Digits that are cut off the training pairs: none is lost, none is in two splits. */
START_TEST(pairs_are_cut) {
    NnModel model = pairs_model();
    DataRequest request = request_for("synthetic");
    Dataset whole, data;
    ck_assert(dataset_load(&model, &request, &whole));
    request.cut[SPLIT_VAL] = (DataCut){true, 0.1};
    ck_assert_msg(dataset_load(&model, &request, &data), "%s", problem_text());
    const Split *const parts[] = {&data.split[SPLIT_TRAIN], &data.split[SPLIT_VAL]};
    ck_assert_int_eq(parts[0]->samples, 180);
    ck_assert_int_eq(parts[1]->samples, 20);
    expect_disjoint(parts, 2);
    for (int s = 0; s < 2; s++) expect_consistent(parts[s]);
    ck_assert(split_fingerprint(&whole.split[SPLIT_VAL], &model) !=
              split_fingerprint(parts[1], &model));
    /* Normalised by what is left. */
    double sum = 0;
    for (int i = 0; i < 180 * 2 * HALF; i++) sum += (double)floats(parts[0], PAIR, 0)[i];
    ck_assert(fabs(sum / (180 * 2 * HALF)) < 1e-5);
    request.cut[SPLIT_VAL].part = 0;
    request.spare = true;
    ck_assert(dataset_load(&model, &request, &data));
    ck_assert(data.split[SPLIT_VAL].samples == 0 && data.split[SPLIT_TRAIN].samples == 200);
    request.cut[SPLIT_TEST] = (DataCut){true, 0.1};
    expect_bad(&model, &request, "--test-split: synthetic has such a split already");
}
END_TEST

/* A data file for the toy model, with the mistake that `broken` names. */
static void write_data(const char *broken) {
    static float values[3 * HALF];
    for (int i = 0; i < 3 * HALF; i++) values[i] = (float)i;
    if (strcmp(broken, "value") == 0) values[100] = NAN;
    int n = strcmp(broken, "count") == 0 ? 2 : 3;
    int dim[] = {3, 1, 14, strcmp(broken, "shape") == 0 ? 7 : 14}, other[] = {n, 1, 14, 14};
    /* The writer writes F32 alone; labels are made of their bytes, with a type of equal size. */
    int one[] = {3};
    int32_t labels[] = {0, 1, strcmp(broken, "class") == 0 ? 2 : 1};
    float bits[3];
    memcpy(bits, labels, sizeof bits);
    TensorOut tensors[] = {
        {"test/left", 4, dim, dim[3] == 7 ? 3 * HALF / 2 : 3 * HALF, values, false},
        {strcmp(broken, "field") == 0 ? "test/up" : "test/right", 4, other, n * HALF, values,
         false},
        {"test/comparison", 1, one, 3, bits, false},
        {"test/extra", 1, one, 3, bits, false},
        {"unrelated", 1, one, 3, bits, false},
    };
    ck_assert(tensors_write("data.safetensors", 5, tensors, NULL));
    if (strcmp(broken, "type") == 0) return;
    size_t size;
    unsigned char *bytes = read_bytes("data.safetensors", &size);
    for (int i = 0; i < 2; i++) {
        unsigned char *name = memmem(bytes, size, i ? "test/extra" : "test/comparison",
                                     i ? strlen("test/extra") : strlen("test/comparison"));
        ck_assert_ptr_nonnull(name);
        unsigned char *type = memmem(name, 64, "F32", 3);
        ck_assert_ptr_nonnull(type);
        *type = 'I';
    }
    write_bytes("data.safetensors", bytes, size);
    free(bytes);
}

START_TEST(data_files) {
    enter_scratch();
    DataRequest request = request_for("data.safetensors");
    request.wanted[SPLIT_TRAIN] = request.wanted[SPLIT_VAL] = false;
    Dataset data;
    write_data("");
    ck_assert_msg(dataset_load(&nn_model_toy, &request, &data), "%s", problem_text());
    const Split *split = &data.split[SPLIT_TEST];
    ck_assert_int_eq(split->samples, 3);
    ck_assert(floats(split, LEFT, 2)[5] == (float)(2 * HALF + 5));
    ck_assert_int_eq(label(split, 2, 1), 1);
    ck_assert_int_eq(split->n_fields, 4); /* labels that the model does not read are kept */
    ck_assert(split_complete(split, &nn_model_toy));
    static const char *const cases[][2] = {
        {"value", "\"test/left\": value 100 is not finite"},
        {"count", "\"test/right\": 2 samples"},
        {"shape", "\"test/left\": shape (3, 1, 14, 7)"},
        {"class", "\"test/comparison\": label 2 of sample 2"},
        {"field", "has no \"test/right\""},
        {"type", "\"test/comparison\": F32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_data(cases[i][0]);
        expect_bad(&nn_model_toy, &request, cases[i][1]);
        expect_problem("data.safetensors");
    }
    write_data("");
    request.wanted[SPLIT_VAL] = true;
    expect_bad(&nn_model_toy, &request, "data.safetensors: has no val split; it has test");
    request.spare = true;
    ck_assert_msg(dataset_load(&nn_model_toy, &request, &data), "%s", problem_text());
    ck_assert_int_eq(data.split[SPLIT_VAL].samples, 0);
    /* The training split is never spared. */
    request.wanted[SPLIT_TRAIN] = true;
    expect_bad(&nn_model_toy, &request,
               "has no \"train/left\", which the model wants; it has test/left, test/right,");
    leave_scratch();
}
END_TEST

SUITE("dataset", TESTS(synthetic_pairs, mnist_pairs, pixels_are_averaged, bad_requests,
                       pairs_are_cut, data_files))
