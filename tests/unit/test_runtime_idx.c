/* MNIST's file format: plain, compressed, damaged. */
#define _GNU_SOURCE
#include <zlib.h>

#include "../../runtime/digits.h"
#include "../runtime/support.h"

static const unsigned char two_images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,  0,  0,
                                           0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static void write_gzip(const char *path, const void *bytes, unsigned size) {
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

START_TEST(plain_and_compressed) {
    enter_scratch();
    write_bytes("plain", two_images, sizeof two_images);
    write_gzip("packed.gz", two_images, sizeof two_images);
    const char *const paths[] = {"plain", "packed.gz"};
    for (int i = 0; i < 2; i++) {
        Idx idx;
        ck_assert(idx_read(paths[i], 3, NULL, &idx));
        ck_assert(idx.dim[0] == 2 && idx.dim[1] == 2 && idx.dim[2] == 3);
        ck_assert_int_eq(idx.values[11], 12);
    }
    leave_scratch();
}
END_TEST

static void expect_bad(const unsigned char *bytes, size_t size, int rank, const char *words) {
    Idx idx;
    write_bytes("bad", bytes, size);
    ck_assert(!idx_read("bad", rank, NULL, &idx));
    expect_problem("bad");
    expect_problem(words);
}

START_TEST(bad_files) {
    enter_scratch();
    unsigned char b[sizeof two_images + 1];
    memcpy(b, two_images, sizeof two_images);
    b[sizeof two_images] = 0;
    expect_bad(b, 0, 3, "not an IDX file");
    expect_bad(b, 3, 3, "not an IDX file");
    expect_bad(b, 10, 3, "header");
    expect_bad(b, sizeof two_images - 1, 3, "promises");
    expect_bad(b, sizeof two_images + 1, 3, "more data");
    expect_bad(b, sizeof two_images, 1, "rank 3");
    b[2] = 0x0d;
    expect_bad(b, sizeof two_images, 3, "element type");
    b[2] = 8;
    b[1] = 1;
    expect_bad(b, sizeof two_images, 3, "not an IDX file");
    b[1] = 0;
    b[7] = 0;
    expect_bad(b, sizeof two_images, 3, "impossible size");
    memset(b + 4, 0x7f, 12);
    expect_bad(b, sizeof two_images, 3, "impossible size");
    memset(b + 4, 0xff, 12);
    expect_bad(b, sizeof two_images, 3, "impossible size");
    Idx idx;
    ck_assert(!idx_read("absent", 3, NULL, &idx));
    expect_problem("absent");
    leave_scratch();
}
END_TEST

START_TEST(header_that_lies_costs_nothing) {
    enter_scratch();
    /* 4 GiB promised, 12 bytes there. */
    unsigned char b[sizeof two_images];
    memcpy(b, two_images, sizeof b);
    b[4] = 0, b[5] = 0xff, b[6] = 0xff, b[7] = 0xff;
    b[11] = 16, b[15] = 16;
    expect_bad(b, sizeof b, 3, "promises");
    leave_scratch();
}
END_TEST

START_TEST(truncated_gzip) {
    enter_scratch();
    write_gzip("whole.gz", two_images, sizeof two_images);
    size_t size;
    unsigned char *bytes = read_bytes("whole.gz", &size);
    Idx idx;
    for (size_t keep = 11; keep < size - 8; keep += 5) {
        write_bytes("cut.gz", bytes, keep);
        ck_assert(!idx_read("cut.gz", 3, NULL, &idx));
        expect_problem("cut.gz");
    }
    free(bytes);
    leave_scratch();
}
END_TEST

/* A folder of `n` training and test digits; labels count up, and images hold their number. */
static void write_digits(int n, int labels, unsigned char first_label) {
    static const char *const stems[] = {"train", "t10k"};
    for (int s = 0; s < 2; s++) {
        size_t size = 16 + (size_t)n * DIGIT_PIXELS;
        unsigned char *images = calloc(size, 1), *classes = calloc((size_t)labels + 8, 1);
        char path[64];
        images[2] = classes[2] = 8;
        images[3] = 3;
        classes[3] = 1;
        images[7] = (unsigned char)n;
        classes[7] = (unsigned char)labels;
        images[11] = images[15] = DIGIT_SIDE;
        for (int i = 0; i < n; i++) memset(images + 16 + (size_t)i * DIGIT_PIXELS, i, DIGIT_PIXELS);
        for (int i = 0; i < labels; i++)
            classes[8 + i] = (unsigned char)((first_label + i) % (first_label > 9 ? 99 : 10));
        snprintf(path, sizeof path, "%s-images%cidx3-ubyte", stems[s], s ? '.' : '-');
        write_bytes(path, images, size);
        snprintf(path, sizeof path, "%s-labels-idx1-ubyte", stems[s]);
        write_bytes(path, classes, (size_t)labels + 8);
        free(images);
        free(classes);
    }
}

START_TEST(folders) {
    enter_scratch();
    Digits digits;
    ck_assert(!digits_get(".", true, &digits));
    expect_problem("train-images-idx3-ubyte");
    write_digits(5, 5, 0);
    unsigned char room[DIGIT_PIXELS];
    for (int training = 0; training < 2; training++) {
        ck_assert(digits_get(".", training, &digits));
        ck_assert_int_eq(digits.count, 5);
        ck_assert_int_eq(digits.labels[4], 4);
        ck_assert_int_eq(digits_image(&digits, 3, room)[783], 3);
    }
    write_digits(5, 4, 0);
    ck_assert(!digits_get(".", true, &digits));
    expect_problem("5 images");
    write_digits(5, 5, 10);
    ck_assert(!digits_get(".", false, &digits));
    expect_problem("label 10");
    leave_scratch();
}
END_TEST

SUITE("idx", TESTS(plain_and_compressed, bad_files, header_that_lies_costs_nothing, truncated_gzip,
                   folders))
