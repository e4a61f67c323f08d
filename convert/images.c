/* Images by class: JPEG and PNG files in folders. */
#include <string.h>

#include "../runtime/report.h"
#include "layout.h"
#include "options.h"
#include "path.h"
#include "picture.h"

typedef struct Images {
    Job *job;
    Layout layout;
    Picture shape;           /* what all images are made to be; width 0: not known yet */
    char first[ENTRY_SHOWN]; /* the image that said so */
    Field *image;
} Images;

static bool fits(const char *name) {
    return has_ending(name, ".jpg") || has_ending(name, ".jpeg") || has_ending(name, ".png");
}

/* All images have one size, and colours if one of them has. */
static bool survey(void *context, int64_t index, Stream *stream) {
    Images *images = context;
    const Options *o = images->job->options;
    Picture *shape = &images->shape, picture;
    unsigned char *bytes;
    size_t n;
    (void)index;
    if (!stream_whole(stream, &bytes, &n) || !picture_head(stream->name, bytes, n, &picture))
        return false;
    if (shape->width == 0) {
        shape->width = o->width ? o->width : picture.width;
        shape->height = o->height ? o->height : picture.height;
        strcpy(images->first, stream->name);
    }
    if (!o->width && (picture.width != shape->width || picture.height != shape->height))
        return problem("%s: is %d x %d, but %s is %d x %d; --resize WxH gives all images one size",
                       stream->name, picture.width, picture.height, images->first, shape->width,
                       shape->height);
    if (picture.channels > shape->channels) shape->channels = o->gray ? 1 : picture.channels;
    return true;
}

/* Images get the channels of an earlier file, and need its size. */
static bool shape_like(const Images *images, Picture *shape) {
    const Like *like = &images->job->like;
    const int64_t channels = like_size(like, "image", 0);
    const int64_t height = like_size(like, "image", 1), width = like_size(like, "image", 2);
    if (!like->path) return true;
    if (width < 0) return problem("--like %s: has no images", like->path);
    if (channels == 3 && !images->job->options->gray) shape->channels = 3;
    if (shape->channels != channels)
        return problem("%s: images have %d channels, those in %s have %d; %s", images->first,
                       shape->channels, like->path, (int)channels,
                       channels == 1 ? "--gray makes all images gray" : "leave --gray out");
    return (shape->width == width && shape->height == height) ||
           problem("%s: is %d x %d, the images in %s are %d x %d; --resize %dx%d gives all images "
                   "that size",
                   images->first, shape->width, shape->height, like->path, (int)width, (int)height,
                   (int)width, (int)height);
}

/* [height][width][channels] to [channels][height][width], gray for every colour where those are
 * wanted. */
static void to_planes(const Picture *picture, int channels, unsigned char *to) {
    const size_t n = (size_t)picture->width * (size_t)picture->height;
    const size_t has = (size_t)picture->channels;
    for (size_t c = 0; c < (size_t)channels; c++)
        for (size_t i = 0; i < n; i++)
            to[c * n + i] = picture->pixels[i * has + (has == 1 ? 0 : c)];
}

static bool copy(void *context, int64_t index, Stream *stream) {
    Images *images = context;
    const Picture *shape = &images->shape;
    const Layout *layout = &images->layout;
    const SplitId split = (SplitId)layout->split[index];
    const int64_t row = layout->row[index];
    Fields *fields = &images->job->fields;
    Picture picture;
    unsigned char *bytes;
    size_t n;
    if (!stream_whole(stream, &bytes, &n) || !picture_read(stream->name, bytes, n, &picture))
        return false;
    if (shape->channels == 1) picture_gray(&picture);
    if (images->job->options->width &&
        !picture_resize(stream->name, &picture, shape->width, shape->height))
        return false;
    if (picture.width != shape->width || picture.height != shape->height ||
        picture.channels > shape->channels)
        return problem("%s: was changed while it was read", stream->name);
    to_planes(&picture, shape->channels, shape->pixels);
    return layout_put(images->job, layout, index) &&
           field_put(fields, images->image, split, row, 1, shape->pixels);
}

static bool read_images(Job *job) {
    Images *images = allocate(1, sizeof *images);
    images->job = job;
    Picture *shape = &images->shape;
    shape->channels = 1;
    if (!layout_find(job, &images->layout) || !files_visit(&job->files, survey, images) ||
        !shape_like(images, shape))
        return false;
    const int64_t dim[] = {shape->channels, shape->height, shape->width};
    shape->pixels = allocate((size_t)(dim[0] * dim[1]), (size_t)dim[2]);
    images->image = field_add(&job->fields, "image", ROLE_INPUT, U8, 3, dim);
    return images->image && layout_declare(job, &images->layout, images->image) &&
           fields_begin(&job->fields, job->options->output) &&
           files_visit(&job->files, copy, images);
}

const Reader images_reader = {.kind = "images",
                              .files = "images",
                              .passes = 2,
                              .takes = TAKES(RESIZE) | TAKES(GRAY),
                              .fits = fits,
                              .magic = "",
                              .read = read_images};
