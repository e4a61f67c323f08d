/* Reads JPEG files. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "../runtime/report.h"
#include "picture.h"

/* libjpeg leaves by longjmp when something is wrong. */
typedef struct Decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    const char *name;
    jmp_buf leave;
} Decoder;

static void fail_jpeg(j_common_ptr any) {
    Decoder *d = any->client_data;
    char words[JMSG_LENGTH_MAX];
    d->errors.format_message(any, words);
    problem("%s: JPEG: %s", d->name, words);
    longjmp(d->leave, 1);
}

/* Damage is a warning for libjpeg, which paints what is missing gray. Extra bytes between segments
 * damage nothing. */
static void warn_jpeg(j_common_ptr any, int level) {
    const Decoder *d = any->client_data;
    if (level < 0 && d->errors.msg_code != JWRN_EXTRANEOUS_DATA &&
        d->errors.msg_code != JWRN_ADOBE_XFORM)
        fail_jpeg(any);
}

/* Ink to light, in place: cyan, magenta, yellow, black to red, green, blue. Files hold the ink that
 * is missing, as Adobe's programs write it. */
static void paint(unsigned char *row, int width) {
    for (int x = 0; x < width; x++)
        for (int k = 0; k < 3; k++) {
            const int light = row[4 * x + k] * row[4 * x + 3] + 128;
            row[3 * x + k] = (unsigned char)((light + (light >> 8)) >> 8);
        }
}

static void read_rows(Decoder *d, Picture *picture) {
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    const size_t bytes = (size_t)jpeg->output_width * (size_t)jpeg->output_components;
    JSAMPARRAY line =
        jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, (JDIMENSION)bytes, 1);
    unsigned char *to = picture->pixels;
    while (jpeg->output_scanline < jpeg->output_height) {
        jpeg_read_scanlines(jpeg, line, 1);
        if (jpeg->output_components == 4) paint(line[0], picture->width);
        const size_t n = (size_t)picture->width * (size_t)picture->channels;
        memcpy(to, line[0], n);
        to += n;
    }
}

static bool decode(Decoder *d, const unsigned char *bytes, size_t n, bool head, Picture *picture) {
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    if (setjmp(d->leave)) return false;
    jpeg_create_decompress(jpeg);
    jpeg_mem_src(jpeg, bytes, n);
    jpeg_read_header(jpeg, TRUE);
    const bool gray = jpeg->jpeg_color_space == JCS_GRAYSCALE;
    const bool ink = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    picture->width = (int)jpeg->image_width;
    picture->height = (int)jpeg->image_height;
    picture->channels = gray ? 1 : 3;
    if (head) return true;
    jpeg->out_color_space = gray ? JCS_GRAYSCALE : ink ? JCS_CMYK : JCS_RGB;
    if (!picture_room(d->name, picture)) return false;
    jpeg_start_decompress(jpeg);
    read_rows(d, picture);
    jpeg_finish_decompress(jpeg);
    return true;
}

bool jpeg_read(const char *name, const unsigned char *bytes, size_t n, bool head,
               Picture *picture) {
    Decoder d = {.name = name};
    d.jpeg.err = jpeg_std_error(&d.errors);
    d.errors.error_exit = fail_jpeg;
    d.errors.emit_message = warn_jpeg;
    d.jpeg.client_data = &d;
    const bool ok = decode(&d, bytes, n, head, picture);
    jpeg_destroy_decompress(&d.jpeg);
    return ok;
}
