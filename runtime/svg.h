/* Pictures as SVG. */
#ifndef NN_RUNTIME_SVG_H
#define NN_RUNTIME_SVG_H

#include <stdio.h>

/* Begins a picture of this size, with styles for the classes of its elements: `text` in a font
 * without serifs, .title, .right and .middle for text, .axis and .grid for lines. */
void svg_begin(FILE *out, int width, int height);
void svg_end(FILE *out);

/* Text at a place; its characters may be any. `attributes`: " class=\"right\"", or "". */
void svg_text(FILE *out, double x, double y, const char *attributes, const char *text);

/* The distance of ticks that divides such a range into 3 to 7 parts: 1, 2 or 5 times a power of
 * ten. */
double svg_tick(double range);

#endif
