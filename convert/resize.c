/* Gives images another size: a triangle filter, whose width grows where an image shrinks, along
 * rows and then along columns, with weights of 22 bits; the same bytes as Pillow's
 * Image.resize((w, h), BILINEAR). */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "../runtime/report.h"
#include "picture.h"

enum { BITS = 22 };

/* For each place of the result the pixels that it is a mean of. */
typedef struct Weights {
    int n, most; /* places; pixels of one */
    int *first, *count;
    int32_t *weight; /* [n][most] */
} Weights;

/* The share of each pixel in one place; they add up to one. */
static void weigh(Weights *w, int place, int from, double scale) {
    const double wide = scale < 1 ? 1 : scale, slope = 1 / wide, centre = (place + 0.5) * scale;
    int first = (int)(centre - wide + 0.5), end = (int)(centre + wide + 0.5);
    if (first < 0) first = 0;
    if (end > from) end = from;
    double sum = 0;
    for (int x = first; x < end; x++) sum += fmax(0, 1 - fabs((x - centre + 0.5) * slope));
    w->first[place] = first;
    w->count[place] = end - first;
    for (int x = first; x < end; x++) {
        const double share = fmax(0, 1 - fabs((x - centre + 0.5) * slope)) / sum;
        w->weight[(size_t)place * (size_t)w->most + (size_t)(x - first)] =
            (int32_t)(0.5 + share * (1 << BITS));
    }
}

static void weights_make(Weights *w, int from, int to) {
    const double scale = (double)from / to;
    w->n = to;
    w->most = (int)ceil(scale < 1 ? 1 : scale) * 2 + 1;
    w->first = allocate((size_t)to, sizeof *w->first);
    w->count = allocate((size_t)to, sizeof *w->count);
    w->weight = allocate((size_t)to * (size_t)w->most, sizeof *w->weight);
    for (int i = 0; i < to; i++) weigh(w, i, from, scale);
}

/* Along one axis: `lines` of them, `step` bytes from a pixel of a line to the next. */
static void apply(const Weights *w, const unsigned char *from, size_t step, size_t n,
                  unsigned char *to) {
    for (int i = 0; i < w->n; i++) {
        const int32_t *weight = w->weight + (size_t)i * (size_t)w->most;
        const unsigned char *pixels = from + (size_t)w->first[i] * step;
        for (size_t k = 0; k < n; k++) {
            int64_t sum = 1 << (BITS - 1);
            for (int x = 0; x < w->count[i]; x++)
                sum += (int64_t)weight[x] * pixels[(size_t)x * step + k];
            to[(size_t)i * step + k] = (unsigned char)(sum >> BITS > 255 ? 255 : sum >> BITS);
        }
    }
}

bool picture_resize(const char *name, Picture *p, int width, int height) {
    if (p->width == width && p->height == height) return true;
    const size_t mark = memory_mark();
    const size_t channels = (size_t)p->channels, row = (size_t)p->width * channels;
    const size_t narrow = (size_t)width * channels;
    Weights along, across;
    weights_make(&along, p->width, width);
    weights_make(&across, p->height, height);
    unsigned char *half = allocate((size_t)p->height, narrow);
    for (int y = 0; y < p->height; y++)
        apply(&along, p->pixels + (size_t)y * row, channels, channels, half + (size_t)y * narrow);
    p->width = width;
    p->height = height;
    const bool ok = picture_room(name, p);
    if (ok) apply(&across, half, narrow, narrow, p->pixels);
    memory_release(mark);
    return ok;
}
