/* Draws digits: strokes, their variation, and the pixels under them. */
#include "digits.h"

#include <math.h>

#include "random.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

enum { SIDE = DIGIT_SIDE, MAX_STROKES = 4, ARC_SEGMENTS = 14 };

/* A stroke in a box of 1 x 1, y down. An arc of an ellipse around (x, y) with radii (u, v) from
 * angle `from` to `to` in turns (0 right, 1/4 down), or, with from == to, the line from (x, y) to
 * (u, v). */
typedef struct Stroke {
    double x, y, u, v, from, to;
} Stroke;

typedef struct Glyph {
    int n;
    Stroke strokes[MAX_STROKES];
} Glyph;

static const Glyph glyphs[10] = {
    {1, {{.50, .50, .27, .42, 0, 1}}},
    {2, {{.52, .08, .50, .92, 0, 0}, {.52, .08, .34, .26, 0, 0}}},
    {3, {{.50, .30, .25, .22, .5, 1.1}, {.69, .43, .24, .91, 0, 0}, {.24, .91, .78, .91, 0, 0}}},
    {2, {{.47, .29, .24, .21, .57, 1.25}, {.47, .71, .27, .22, -.25, .44}}},
    {3, {{.58, .08, .20, .62, 0, 0}, {.20, .62, .82, .62, 0, 0}, {.63, .30, .61, .94, 0, 0}}},
    {3, {{.74, .10, .33, .10, 0, 0}, {.33, .10, .29, .46, 0, 0}, {.47, .66, .27, .25, -.37, .4}}},
    {2, {{.66, .66, .40, .56, .75, .5}, {.50, .70, .24, .22, 0, 1}}},
    {2, {{.22, .11, .78, .11, 0, 0}, {.78, .11, .42, .92, 0, 0}}},
    {2, {{.50, .29, .20, .20, 0, 1}, {.50, .71, .25, .22, 0, 1}}},
    {2, {{.50, .30, .23, .22, 0, 1}, {.33, .34, .40, .56, 0, .2}}},
};

/* sin of an angle in turns, to about 1e-9; libm's differs by machine. */
static double sine(double turns) {
    double t = turns - floor(turns + 0.5); /* -1/2 .. 1/2 */
    if (t > 0.25) t = 0.5 - t;
    if (t < -0.25) t = -0.5 - t;
    double x = t * 6.283185307179586, square = x * x;
    double sum = 1;
    for (int k = 13; k >= 3; k -= 2) sum = 1 - square / (double)(k * (k - 1)) * sum;
    return x * sum;
}

/* How one variant differs from the plain glyph, in pixels of the image. */
typedef struct Hand {
    uint64_t key;
    uint64_t next; /* counter of its random numbers */
    double xx, xy, yx, yy, x0, y0;
    double wave, wave_at, wave_length;
    double radius, ink;
} Hand;

static double vary(Hand *hand, double low, double high) {
    return random_between(hand->key, hand->next++, low, high);
}

static Hand take_hand(uint64_t key) {
    Hand h = {.key = key};
    double width = vary(&h, 13, 20), height = vary(&h, 16.5, 21);
    double turn = vary(&h, -.04, .04), slant = vary(&h, -.15, .35);
    double c = sine(turn + .25), s = sine(turn);
    h.xx = c * width;
    h.xy = -(s + slant * c) * height;
    h.yx = s * width;
    h.yy = (c - slant * s) * height;
    h.x0 = (double)SIDE / 2 + vary(&h, -1.5, 1.5);
    h.y0 = (double)SIDE / 2 + vary(&h, -1.5, 1.5);
    h.wave = vary(&h, 0, .05);
    h.wave_at = vary(&h, 0, 1);
    h.wave_length = vary(&h, .7, 1.6);
    h.radius = vary(&h, .7, 1.7);
    h.ink = vary(&h, .75, 1);
    return h;
}

typedef struct Point {
    double x, y;
} Point;

static Point place(const Hand *hand, double x, double y) {
    double bend = hand->wave * sine(hand->wave_at + y / hand->wave_length);
    double u = x - .5 + bend, v = y - .5;
    return (Point){hand->x0 + hand->xx * u + hand->xy * v, hand->y0 + hand->yx * u + hand->yy * v};
}

static int clamp_pixel(double x) {
    return x < 0 ? 0 : x > SIDE - 1 ? SIDE - 1 : (int)x;
}

/* Inks the pixels near the segment; the edge of the stroke is one pixel of falling grey. */
static void draw_segment(double *canvas, Point a, Point b, double radius) {
    double reach = radius + 1;
    int left = clamp_pixel(fmin(a.x, b.x) - reach), right = clamp_pixel(fmax(a.x, b.x) + reach);
    int top = clamp_pixel(fmin(a.y, b.y) - reach), bottom = clamp_pixel(fmax(a.y, b.y) + reach);
    double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    for (int row = top; row <= bottom; row++) {
        for (int column = left; column <= right; column++) {
            double px = column + .5 - a.x, py = row + .5 - a.y;
            double along = length > 0 ? (px * dx + py * dy) / length : 0;
            along = along < 0 ? 0 : along > 1 ? 1 : along;
            double ex = px - along * dx, ey = py - along * dy;
            double ink = radius + .5 - sqrt(ex * ex + ey * ey);
            if (ink > 1) ink = 1;
            if (ink > canvas[row * SIDE + column]) canvas[row * SIDE + column] = ink;
        }
    }
}

static void draw_stroke(double *canvas, Hand *hand, const Stroke *stroke) {
    double x = stroke->x + vary(hand, -.035, .035), y = stroke->y + vary(hand, -.035, .035);
    double radius = hand->radius * vary(hand, .9, 1.1);
    if (stroke->from == stroke->to) {
        double u = stroke->u + vary(hand, -.035, .035), v = stroke->v + vary(hand, -.035, .035);
        draw_segment(canvas, place(hand, x, y), place(hand, (x + u) / 2, (y + v) / 2), radius);
        draw_segment(canvas, place(hand, (x + u) / 2, (y + v) / 2), place(hand, u, v), radius);
        return;
    }
    double u = stroke->u * vary(hand, .85, 1.15), v = stroke->v * vary(hand, .9, 1.1);
    double from = stroke->from + vary(hand, -.03, .03), to = stroke->to + vary(hand, -.03, .03);
    Point last = {0, 0};
    for (int i = 0; i <= ARC_SEGMENTS; i++) {
        double angle = from + (to - from) * i / (double)ARC_SEGMENTS;
        Point next = place(hand, x + u * sine(angle + .25), y + v * sine(angle));
        if (i > 0) draw_segment(canvas, last, next, radius);
        last = next;
    }
}

void digit_draw(uint64_t key, int digit, unsigned char image[SIDE * SIDE]) {
    double canvas[SIDE * SIDE] = {0};
    Hand hand = take_hand(key);
    const Glyph *glyph = &glyphs[digit];
    for (int i = 0; i < glyph->n; i++) {
        /* Some people write a 1 with a flag. */
        if (digit == 1 && i == 1 && vary(&hand, 0, 1) < .5) continue;
        draw_stroke(canvas, &hand, &glyph->strokes[i]);
    }
    uint64_t grain = random_fork(key, 1);
    for (int i = 0; i < SIDE * SIDE; i++) {
        double ink = canvas[i] * hand.ink;
        if (ink > 0) ink += random_between(grain, (uint64_t)i, -.12, .12);
        image[i] = (unsigned char)(ink <= 0 ? 0 : ink >= 1 ? 255 : ink * 255 + .5);
    }
}
