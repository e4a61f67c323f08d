/* The test pairs of the study as they look: a line for each, `index,left,right`, the images as 196
 * bytes in hexadecimal, row by row.
 *
 *   study-pairs DATA DATA_SEED PAIRS VAL_PAIRS TEST_PAIRS
 *   study-pairs --compiler     which compiler made this program, and so the others of this build */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"

extern const NnModel nn_model_sharing;

enum { PIXELS = 14 * 14 };

// Clang's version begins with its name, that of gcc is a number.
#ifdef __clang__
static const char compiler[] = __VERSION__;
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

static float pixel(const Split *split, const DataField *image, int sample, int i) {
    return (float)nn_number(split_values(split, image, sample), image->type, i);
}

static void print_image(const Split *split, const DataField *image, int sample, float low,
                        float high) {
    for (int i = 0; i < PIXELS; i++)
        printf("%02x",
               (unsigned)((pixel(split, image, sample, i) - low) / (high - low) * 255.0f + 0.5f));
}

static const DataField *field(const Split *split, const char *name) {
    for (int i = 0; i < split->n_fields; i++)
        if (!strcmp(split->fields[i].name, name)) return &split->fields[i];
    return NULL;
}

int main(int argc, char **argv) {
    report_program("study-pairs");
    if (argc == 2 && !strcmp(argv[1], "--compiler"))
        return puts(compiler) < 0 ? STATUS_FAILED : STATUS_OK;
    if (argc != 6) return (int)usage_problem("five arguments are wanted, not %d", argc - 1);
    const DataRequest request = {.source = argv[1],
                                 .seed = strtoull(argv[2], NULL, 10),
                                 .pairs = atoi(argv[3]),
                                 .val_pairs = atoi(argv[4]),
                                 .test_pairs = atoi(argv[5]),
                                 .wanted = {[SPLIT_TEST] = true},
                                 .predict_only = true,
                                 .quiet = true};
    Dataset data;
    if (!dataset_load(&nn_model_sharing, &request, &data)) return STATUS_FAILED;
    const Split *test = &data.split[SPLIT_TEST];
    const DataField *left = field(test, "left"), *right = field(test, "right");
    if (!left || !right) return problem("%s: no left and right images", argv[1]), STATUS_FAILED;
    float low = pixel(test, left, 0, 0), high = low;
    for (int i = 0; i < test->samples * PIXELS; i++) {
        const float a = pixel(test, left, i / PIXELS, i % PIXELS);
        const float b = pixel(test, right, i / PIXELS, i % PIXELS);
        low = a < low ? a : b < low ? b : low;
        high = a > high ? a : b > high ? b : high;
    }
    if (high <= low) high = low + 1.0f;
    puts("index,left,right");
    for (int s = 0; s < test->samples; s++) {
        printf("%d,", s);
        print_image(test, left, s, low, high);
        putchar(',');
        print_image(test, right, s, low, high);
        putchar('\n');
    }
    if (fflush(stdout) != 0 || ferror(stdout)) return problem("cannot write"), STATUS_FAILED;
    return STATUS_OK;
}
