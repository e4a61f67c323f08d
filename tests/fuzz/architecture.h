/* Random architectures: what their parts have in common. */
#ifndef TESTS_FUZZ_ARCHITECTURE_H
#define TESTS_FUZZ_ARCHITECTURE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TRUNK = 1, /* the first element of each kind */
    BRANCHES = 7,
    LOSSES = 12,
    PHASES = 17,
    METRICS = 19,
    EQUAL = 22, /* both sides of an operation are the same value */
    SEQUENCE = 25,
    AUGMENT = 26,
    SHAPE = 27, /* this and the next two are not to be left out */
    HEAD,
    FIRST_PHASE,
    OVERALL,
    NORMAL = OVERALL + 2, /* this and the next one: fields that are normalised */
    WORDS = NORMAL + 2,   /* a loss of functions */
    SHARED,               /* own parameters */
    RANDOM,               /* random values */
    TURNS,                /* a phase whose members take turns */
    ELEMENTS,
    SAMPLES = 23,
    LONG = 30 /* columns; wider maps may have kernels of as many */
};

/* The draws of a seed. Those of an element do not depend on the others. */
typedef struct Lots {
    uint64_t seed, stream;
    bool left_out[ELEMENTS];
} Lots;
extern Lots lots;

/* From now on the element draws. */
void begin(int element);

/* A number from 0 to n - 1. */
int below(int n);

/* Whether the element is there, one time in `of` by lot; its draws begin. */
bool element(int id, int of);

typedef struct Image {
    int channels, height, width;
} Image;

/* One of the element-wise layers; the text lives until the next call. */
const char *activation(void);

/* Writes the layers of images that all outputs have in common: `trunk`, and `f`, `y`, its values
 * for `x`. */
void write_trunk(Image image);

/* The names of its layers, for phases to freeze. */
enum { MOST_LAYERS = 8 };
typedef struct Layers {
    char name[MOST_LAYERS][8];
    int n;
} Layers;
extern Layers layers;

#endif
