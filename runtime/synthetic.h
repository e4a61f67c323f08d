/* Digits drawn by the program itself, for machines without MNIST: strokes of varied form, width,
 * slant, size and place, grey edges and a little noise, 28x28 like MNIST. */
#ifndef NN_RUNTIME_SYNTHETIC_H
#define NN_RUNTIME_SYNTHETIC_H

#include <stdint.h>

enum { SYNTHETIC_SIDE = 28 };

/* Draws the digit 0 .. 9 in the variant that `key` stands for: ink 255 on ground 0. The same on
 * every machine. */
void synthetic_draw(uint64_t key, int digit, unsigned char image[SYNTHETIC_SIDE * SYNTHETIC_SIDE]);

#endif
