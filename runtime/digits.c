#define _GNU_SOURCE
#include "digits.h"

#include <stdlib.h>
#include <unistd.h>

#include "idx.h"
#include "random.h"
#include "report.h"
#include "synthetic.h"

_Static_assert((int)SYNTHETIC_SIDE == (int)DIGIT_SIDE, "drawn digits have MNIST's size");

/* The path of one of the files under any of its usual names; NULL after a message. */
static char *find_file(const char *folder, bool training, bool images) {
    const char *stem = training ? "train" : "t10k", *what = images ? "images" : "labels";
    for (int variant = 0; variant < 4; variant++) {
        char *path = format_text("%s/%s-%s%cidx%d-ubyte%s", folder, stem, what,
                                 variant & 2 ? '.' : '-', images ? 3 : 1, variant & 1 ? ".gz" : "");
        if (access(path, F_OK) == 0) return path;
        free(path);
    }
    problem("%s: has no %s-%s-idx%d-ubyte, plain or .gz", folder, stem, what, images ? 3 : 1);
    return NULL;
}

static bool read_one(const char *folder, bool training, bool images, Idx *idx, char **path) {
    *path = find_file(folder, training, images);
    return *path && idx_read(*path, images ? 3 : 1, idx);
}

bool digits_read(const char *folder, bool training, Digits *digits) {
    *digits = (Digits){0};
    Idx images = {0}, labels = {0};
    char *image_path = NULL, *label_path = NULL;
    bool ok = read_one(folder, training, true, &images, &image_path) &&
              read_one(folder, training, false, &labels, &label_path);
    if (ok && (images.dim[1] != DIGIT_SIDE || images.dim[2] != DIGIT_SIDE))
        ok = problem("%s: images of %d x %d, %d x %d wanted", image_path, images.dim[1],
                     images.dim[2], DIGIT_SIDE, DIGIT_SIDE);
    if (ok && images.dim[0] != labels.dim[0])
        ok = problem("%s has %d images, %s has %d labels", image_path, images.dim[0], label_path,
                     labels.dim[0]);
    for (int i = 0; ok && i < labels.dim[0]; i++)
        if (labels.values[i] >= DIGIT_CLASSES)
            ok = problem("%s: label %d of number %d, 0 to 9 wanted", label_path, labels.values[i],
                         i);
    free(image_path);
    free(label_path);
    if (!ok) {
        idx_free(&images);
        idx_free(&labels);
        return false;
    }
    *digits = (Digits){.count = labels.dim[0], .labels = labels.values, .images = images.values};
    return true;
}

void digits_synthetic(bool training, Digits *digits) {
    int count = training ? 60000 : 10000;
    uint64_t key = random_stream(0, training ? "synthetic train" : "synthetic test");
    *digits = (Digits){.count = count, .labels = allocate((size_t)count, 1), .key = key};
    uint64_t classes = random_fork(key, UINT64_MAX);
    for (int i = 0; i < count; i++)
        digits->labels[i] = (unsigned char)random_below(classes, (uint64_t)i, DIGIT_CLASSES);
}

const unsigned char *digits_image(const Digits *digits, int index,
                                  unsigned char room[DIGIT_PIXELS]) {
    if (digits->images) return digits->images + (size_t)index * DIGIT_PIXELS;
    synthetic_draw(random_fork(digits->key, (uint64_t)index), digits->labels[index], room);
    return room;
}

void digits_free(Digits *digits) {
    free(digits->labels);
    free(digits->images);
    *digits = (Digits){0};
}
