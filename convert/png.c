/* Reads PNG files. */
#include <png.h>
#include <string.h>

#include "../runtime/report.h"
#include "picture.h"

/* The bytes of a file, and where libpng is in them. It leaves by longjmp when something is wrong.
 */
typedef struct Bytes {
    const char *name;
    const unsigned char *at;
    size_t left;
    png_struct *png;
    png_info *info;
} Bytes;

static void fail_png(png_struct *png, const char *words) {
    const Bytes *b = png_get_error_ptr(png);
    problem("%s: PNG: %s", b->name, words);
    png_longjmp(png, 1);
}

static void warn_png(png_struct *png, const char *words) {
    (void)png, (void)words; /* about chunks that do not matter here */
}

static void take_bytes(png_struct *png, unsigned char *to, size_t n) {
    Bytes *b = png_get_io_ptr(png);
    if (n > b->left) png_error(png, "the file ends too early");
    memcpy(to, b->at, n);
    b->at += n;
    b->left -= n;
}

/* Eight bits, no palette, no alpha. */
static void set_form(png_struct *png, int type) {
    png_set_strip_16(png);
    png_set_packing(png);
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
    png_set_strip_alpha(png);
    png_set_interlace_handling(png);
}

static bool decode(Bytes *b, bool head, Picture *picture) {
    png_struct *png = b->png;
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_read_fn(png, b, take_bytes);
    png_set_user_limits(png, MOST_PIXELS, MOST_PIXELS);
    png_read_info(png, b->info);
    const int type = png_get_color_type(png, b->info);
    picture->width = (int)png_get_image_width(png, b->info);
    picture->height = (int)png_get_image_height(png, b->info);
    picture->channels = type & PNG_COLOR_MASK_COLOR ? 3 : 1;
    if (head) return true;
    set_form(png, type);
    if (!picture_room(b->name, picture)) return false;
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, b->info);
    const size_t row = (size_t)picture->width * (size_t)picture->channels;
    if (png_get_rowbytes(png, b->info) != row) png_error(png, "a form that is not known");
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < picture->height; y++)
            png_read_row(png, picture->pixels + (size_t)y * row, NULL);
    png_read_end(png, NULL);
    return true;
}

bool png_read(const char *name, const unsigned char *bytes, size_t n, bool head, Picture *picture) {
    Bytes b = {.name = name, .at = bytes, .left = n};
    b.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &b, fail_png, warn_png);
    b.info = b.png ? png_create_info_struct(b.png) : NULL;
    const bool ok = b.info ? decode(&b, head, picture) : problem("%s: out of memory", name);
    png_destroy_read_struct(&b.png, b.info ? &b.info : NULL, NULL);
    return ok;
}
