/* Images in memory. */
#ifndef CONVERT_PICTURE_H
#define CONVERT_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

enum { MOST_PIXELS = 1 << 26 }; /* of an image: more is an attack, or no sample for a network */

typedef struct Picture {
    int width, height;
    int channels;          /* 1: gray, 3: red, green, blue */
    unsigned char *pixels; /* [height][width][channels]; belongs to the module */
} Picture;

/* Reads a JPEG or PNG file: size and channels alone, or the pixels too, which stay until the next
 * call. Alpha is dropped, 16 bits become their upper 8. False after a message that names the file.
 */
bool picture_head(const char *name, const unsigned char *bytes, size_t n, Picture *picture);
bool picture_read(const char *name, const unsigned char *bytes, size_t n, Picture *picture);

/* The same for one format. `head`: size and channels alone. */
bool jpeg_read(const char *name, const unsigned char *bytes, size_t n, bool head, Picture *picture);
bool png_read(const char *name, const unsigned char *bytes, size_t n, bool head, Picture *picture);

/* Whether there is one pixel or more and not too many; a message if not. */
bool picture_sane(const char *name, const Picture *picture);

/* Room for the picture's pixels; false, after a message, if they are too many. */
bool picture_room(const char *name, Picture *picture);

/* Makes it gray, as ITU-R 601-2 weighs the colours. */
void picture_gray(Picture *picture);

/* Gives it another size: bilinear where it grows, weighted means where it shrinks. */
bool picture_resize(const char *name, Picture *picture, int width, int height);

#endif
