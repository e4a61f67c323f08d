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
 * `t10k-...`; also with `.idx` for `-idx` in the name, each also with `.gz`. False with a message.
 */
bool digits_read(const char *folder, bool training, Digits *digits);

/* 60,000 training or 10,000 test digits, as MNIST has; always the same ones. */
void digits_synthetic(bool training, Digits *digits);

/* The image of a digit: its place in `digits`, or `room` after drawing it there. */
const unsigned char *digits_image(const Digits *digits, int index,
                                  unsigned char room[DIGIT_PIXELS]);

void digits_free(Digits *digits);

#endif
