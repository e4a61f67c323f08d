/* Images of digits with their classes: MNIST's files, or drawn ones. */
#ifndef NN_RUNTIME_DIGITS_H
#define NN_RUNTIME_DIGITS_H

#include <stdbool.h>
#include <stdint.h>

enum { DIGIT_SIDE = 28, DIGIT_PIXELS = DIGIT_SIDE * DIGIT_SIDE, DIGIT_CLASSES = 10 };

/* The training or the test digits of a source. */
typedef struct Digits {
    int count;
    unsigned char *labels; /* [count], 0 .. 9 */
    unsigned char *images; /* [count][28*28]; NULL: drawn when asked for */
    uint64_t key;          /* of the drawn ones */
} Digits;

/* Reads the two files of a folder: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, or
 * `t10k-...`; also with `.idx` for `-idx` in the name, each also with `.gz`. With folder NULL
 * 60,000 training or 10,000 test digits, as MNIST has, are drawn, always the same ones. False with
 * a message. */
bool digits_get(const char *folder, bool training, Digits *digits);

/* The path of one of these files, under the first of its names that exists, or NULL. */
const char *digits_path(const char *folder, bool training, bool images);

/* The image of a digit: its place in `digits`, or `room` after drawing it there. */
const unsigned char *digits_image(const Digits *digits, int index,
                                  unsigned char room[DIGIT_PIXELS]);

/* MNIST's form of arrays of bytes, plain or compressed with gzip. */
enum { IDX_MAX_RANK = 3 };
typedef struct Idx {
    int dim[IDX_MAX_RANK]; /* dim[0] counts images or labels */
    unsigned char *values; /* row by row */
} Idx;

/* Reads a file of unsigned bytes of the given rank (1 labels, 3 images). Trusts nothing: magic,
 * sizes and the length of the data must agree exactly, and images have the sizes `wanted` (NULL:
 * any). False with a message that names the file. */
bool idx_read(const char *path, int rank, const int *wanted, Idx *idx);

/* Draws the digit 0 .. 9 in the variant that `key` stands for, ink 255 on ground 0: strokes of
 * varied form, width, slant, size and place, grey edges and a little noise. The same on every
 * machine. */
void digit_draw(uint64_t key, int digit, unsigned char image[DIGIT_PIXELS]);

#endif
