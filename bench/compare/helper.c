/* helper data FILE PAIRS   pairs of images like the study's, as a data set that all peers read
 * helper peak              the machine's GFLOP/s of now */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peak.h"

enum { SIDE = 14, PIXELS = SIDE * SIDE, STROKES = 4 };

static uint32_t state = 1;

static double uniform(double low, double high) {
    state = state * 1664525u + 1013904223u;
    return low + (high - low) * (state >> 8) / (double)(1 << 24);
}

/* Soft spots on an empty ground: about a fifth of the pixels is lit, as in MNIST. */
static void draw(float *image) {
    double light[PIXELS] = {0};
    for (int s = 0; s < STROKES; s++) {
        const double cy = uniform(3, 11), cx = uniform(3, 11), size = uniform(1, 4);
        for (int i = 0; i < PIXELS; i++) {
            const double y = i / SIDE - cy, x = i % SIDE - cx;
            light[i] += exp(-(y * y + x * x) / size);
        }
    }
    for (int i = 0; i < PIXELS; i++) image[i] = (float)((fmin(light[i], 1.0) - 0.2) / 0.3);
}

static int write_data(const char *path, long pairs) {
    FILE *file = fopen(path, "wb");
    float *images = malloc((size_t)pairs * 2 * PIXELS * sizeof *images);
    int32_t *labels = malloc((size_t)pairs * 3 * sizeof *labels);
    if (!file || !images || !labels) {
        fprintf(stderr, "helper: cannot write %s\n", path);
        return 1;
    }
    for (long i = 0; i < 2 * pairs; i++) {
        draw(images + i * PIXELS);
        labels[i] = (int32_t)uniform(0, 10);
    }
    for (long i = 0; i < pairs; i++) labels[2 * pairs + i] = labels[i] <= labels[pairs + i];

    char header[1024];
    long at = 0;
    int length = 0;
    static const char *const input[] = {"left", "right"};
    static const char *const label[] = {"left_digit", "right_digit", "comparison"};
    for (int i = 0; i < 2; i++, at += pairs * PIXELS * 4)
        length += snprintf(header + length, sizeof header - (size_t)length,
                           "%c\"train/%s\":{\"dtype\":\"F32\",\"shape\":[%ld,1,%d,%d],"
                           "\"data_offsets\":[%ld,%ld]}",
                           i ? ',' : '{', input[i], pairs, SIDE, SIDE, at, at + pairs * PIXELS * 4);
    for (int i = 0; i < 3; i++, at += pairs * 4)
        length += snprintf(header + length, sizeof header - (size_t)length,
                           ",\"train/%s\":{\"dtype\":\"I32\",\"shape\":[%ld],"
                           "\"data_offsets\":[%ld,%ld]}",
                           label[i], pairs, at, at + pairs * 4);
    const uint64_t size = (uint64_t)length + 1;
    fwrite(&size, sizeof size, 1, file);
    fprintf(file, "%s}", header);
    fwrite(images, sizeof *images, (size_t)pairs * 2 * PIXELS, file);
    fwrite(labels, sizeof *labels, (size_t)pairs * 3, file);
    const int failed = ferror(file);
    if (fclose(file) || failed) {
        fprintf(stderr, "helper: cannot write %s\n", path);
        return 1;
    }
    free(images);
    free(labels);
    return 0;
}

int main(int argc, char **argv) {
    const long pairs = argc == 4 ? atol(argv[3]) : 0;
    if (argc == 2 && strcmp(argv[1], "peak") == 0) {
        printf("%.1f\n", peak_gflops());
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "data") == 0 && pairs > 0 && pairs <= 100000)
        return write_data(argv[2], pairs);
    fprintf(stderr, "usage: helper data FILE PAIRS\n       helper peak\n");
    return 2;
}
