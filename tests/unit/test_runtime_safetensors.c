/* Safetensors files: round trips, damage, and atomic writing. */
#define _GNU_SOURCE
#include <dirent.h>
#include <math.h>
#include <stdint.h>

#include "../../runtime/safetensors.h"
#include "../runtime/support.h"

/* Writes a file of a header and `data` (NULL: zeros). */
static void write_data(const char *header, const void *data, size_t data_size) {
    size_t length = strlen(header), size = 8 + length + data_size;
    unsigned char *bytes = calloc(size, 1);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(bytes + 8, header, length);
    if (data) memcpy(bytes + 8 + length, data, data_size);
    write_bytes("file", bytes, size);
    free(bytes);
}

static void write_file(const char *header, size_t data) {
    write_data(header, NULL, data);
}

static void expect_bad(const char *header, size_t data, const char *words) {
    TensorFile file;
    write_file(header, data);
    ck_assert_msg(!tensors_read("file", &file), "accepted: %s", header);
    expect_problem("file");
    expect_problem(words);
}

static void expect_good(const char *header, size_t data, int tensors) {
    TensorFile file;
    write_file(header, data);
    ck_assert_msg(tensors_read("file", &file), "%s: %s", header, problem_text());
    ck_assert_int_eq(file.n_tensors, tensors);
}

START_TEST(round_trip) {
    enter_scratch();
    const float a[] = {1, -0.0f, 1e-42f, INFINITY, 5, 6}, b[] = {7};
    const int dim[] = {2, 3};
    const TensorOut out[] = {{"z.weight", 2, dim, 6, a, false},
                             {"a \"b\"\n", 0, NULL, 1, b, false}};
    const char *value = "value \\ \x01 \xc3\xa4";
    ck_assert(tensors_write("x.safetensors", 2, out, json_pack("{s:s}", "key", value)));
    ck_assert(tensors_write("y.safetensors", 2, out, json_pack("{s:s}", "key", value)));
    ck_assert(same_files("x.safetensors", "y.safetensors"));
    TensorFile file;
    ck_assert(tensors_read("x.safetensors", &file));
    const Tensor *z = tensors_find(&file, "z.weight"), *q = tensors_find(&file, "a \"b\"\n");
    ck_assert_ptr_nonnull(z);
    ck_assert_ptr_nonnull(q);
    ck_assert(z->rank == 2 && z->dim[0] == 2 && z->dim[1] == 3 && z->count == 6);
    ck_assert(q->rank == 0 && q->count == 1);
    float back[6];
    ck_assert(tensor_floats(&file, z, back));
    ck_assert(memcmp(back, a, sizeof a) == 0);
    ck_assert_str_eq(tensors_meta(&file, "key"), value);
    ck_assert_ptr_null(tensors_find(&file, "none"));
    ck_assert_ptr_null(tensors_meta(&file, "none"));
    leave_scratch();
}
END_TEST

/* Half the floats of the 16-bit types are told by a formula; doubles are rounded once. */
START_TEST(other_floats) {
    enter_scratch();
    static const uint16_t half[] = {0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x3c00,
                                    0x3555, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x7e01};
    static const float half_wanted[] = {0,        -0.0f,    0x1p-24f,        -1023 * 0x1p-24f,
                                        0x1p-14f, 1,        0.333251953125f, -2,
                                        65504,    INFINITY, -INFINITY,       NAN};
    static const uint16_t brain[] = {0x3f80, 0xc2f7, 0x0001, 0x7f80};
    static const float brain_wanted[] = {1, -123.5f, 0x1p-133f, INFINITY};
    /* In two steps, by way of a number of fewer digits, the first would become 1 + 2^-22. */
    static const double wide[] = {1 + 0x1.7fffffp-23, 0x1.fffffefffffffp127, -1e-50, INFINITY};
    static const float wide_wanted[] = {1 + 0x1p-23f, 0x1.fffffep127f, -0.0f, INFINITY};
    const struct {
        const char *header;
        const void *bytes;
        size_t size;
        const float *wanted;
        int count;
    } cases[] = {
        {"{\"a\":{\"dtype\":\"F16\",\"shape\":[12],\"data_offsets\":[0,24]}}", half, sizeof half,
         half_wanted, 12},
        {"{\"a\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8]}}", brain, sizeof brain,
         brain_wanted, 4},
        {"{\"a\":{\"dtype\":\"F64\",\"shape\":[4],\"data_offsets\":[0,32]}}", wide, sizeof wide,
         wide_wanted, 4},
    };
    TensorFile file;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float out[12];
        write_data(cases[i].header, cases[i].bytes, cases[i].size);
        ck_assert_msg(tensors_read("file", &file), "%s", problem_text());
        ck_assert(tensor_has_floats(&file, file.tensors) &&
                  tensor_floats(&file, file.tensors, out));
        for (int k = 0; k < cases[i].count; k++)
            ck_assert_msg(isnan(cases[i].wanted[k])
                              ? isnan(out[k])
                              : memcmp(&out[k], &cases[i].wanted[k], sizeof *out) == 0,
                          "%s, value %d: %a, not %a", cases[i].header, k, (double)out[k],
                          (double)cases[i].wanted[k]);
    }
    const double beyond[] = {0, -0x1.ffffffp127};
    float out[2];
    write_data("{\"big\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}", beyond,
               sizeof beyond);
    ck_assert(tensors_read("file", &file));
    ck_assert(!tensor_floats(&file, file.tensors, out));
    expect_problem("file: tensor \"big\": value 1, -3.40282e+38, is beyond what a float holds");
    leave_scratch();
}
END_TEST

#define T(name, dtype, shape, begin, end)                                                          \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" begin "," end \
    "]}"

/* All bits set, then the largest of the type; of two bytes' places. */
START_TEST(whole_numbers) {
    static const struct {
        const char *type;
        int size;
        int64_t ones, largest;
    } cases[] = {{"U8", 1, 255, 127},   {"I8", 1, -1, 127},        {"U16", 2, 65535, 32767},
                 {"I16", 2, -1, 32767}, {"I32", 4, -1, INT32_MAX}, {"I64", 8, -1, INT64_MAX}};
    enter_scratch();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[100];
        unsigned char data[16];
        const int size = cases[i].size;
        memset(data, 255, sizeof data);
        data[2 * size - 1] = 127;
        snprintf(header, sizeof header,
                 "{\"a\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[0,%d]}}", cases[i].type,
                 2 * size);
        write_data(header, data, (size_t)(2 * size));
        TensorFile file;
        ck_assert_msg(tensors_read("file", &file), "%s: %s", header, problem_text());
        ck_assert(tensor_has_integers(&file.tensors[0]));
        ck_assert_int_eq(tensor_integer(&file.tensors[0], 0), cases[i].ones);
        ck_assert_int_eq(tensor_integer(&file.tensors[0], 1), cases[i].largest);
    }
    leave_scratch();
}
END_TEST

START_TEST(good_files) {
    enter_scratch();
    expect_good("{}", 0, 0);
    expect_good(" { } ", 0, 0);
    expect_good("{" T("a", "F32", "", "0", "4") "}  ", 4, 1);
    expect_good("{" T("a", "F32", "2", "4", "12") "," T("b", "U8", "2,2", "0", "4") "}", 12, 2);
    expect_good("{" T("a", "F32", "0,5", "0", "0") "," T("b", "F32", "1", "0", "4") "}", 4, 2);
    expect_good("{\"__metadata__\":{}," T("a", "F32", "1", "0", "4") "}", 4, 1);
    expect_good("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4],\"dtype\":\"F32\"}}", 4, 1);
    expect_good("{" T("a", "F8_E4M3", "4", "0", "4") "}", 4, 1); /* a type not known here */
    leave_scratch();
}
END_TEST

START_TEST(bad_headers) {
    enter_scratch();
    expect_bad("", 0, "header");
    expect_bad("[]", 0, "header");
    expect_bad("{", 0, "header");
    expect_bad("{}x", 0, "header");
    expect_bad("{" T("a", "F32", "1", "0", "4"), 4, "header");
    expect_bad("{" T("a", "F32", "1", "0", "4") ",}", 4, "header");
    expect_bad("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "header");
    expect_bad("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
               "header");
    expect_bad("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "header");
    expect_bad("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4,
               "header");
    expect_bad("{" T("a", "F32", "-1", "0", "4") "}", 4, "whole number");
    expect_bad("{" T("a", "F32", "1.5", "0", "4") "}", 4, "header");
    expect_bad("{" T("a", "F32", "01", "0", "4") "}", 4, "header");
    expect_bad("{" T("a", "F32", "99999999999999999999", "0", "4") "}", 4, "too big");
    expect_bad("{" T("a", "F32", "1,1,1,1,1,1,1,1,1", "0", "4") "}", 4, "at most 8 axes");
    expect_bad("{" T("a\\u0000b", "F32", "1", "0", "4") "}", 4, "\\u0000");
    expect_bad("{" T("a\\ud800", "F32", "1", "0", "4") "}", 4, "Unicode");
    expect_bad("{\"a", 0, "header");
    expect_bad("{\"a\\", 0, "header");
    expect_bad("{\"__metadata__\":{\"a\":1}}", 0, "string");
    expect_bad("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate");
    leave_scratch();
}
END_TEST

START_TEST(bad_places) {
    enter_scratch();
    expect_bad("{" T("a", "F32", "1", "0", "4") "}", 3, "bytes 0 to 4");
    expect_bad("{" T("a", "F32", "1", "4", "0") "}", 4, "bytes 4 to 0");
    expect_bad("{" T("a", "F32", "2", "0", "4") "}", 4, "in 4 bytes");
    expect_bad("{" T("a", "F32", "4294967296,4294967296", "0", "0") "}", 0, "shape");
    expect_bad("{" T("a", "F32", "9223372036854775807,2", "0", "4") "}", 4, "shape");
    expect_bad("{" T("a", "F32", "1", "0", "4") "," T("a", "F32", "1", "4", "8") "}", 8,
               "duplicate");
    expect_bad("{" T("a", "F32", "1", "0", "4") "," T("b", "F32", "1", "0", "4") "}", 4, "overlap");
    expect_bad("{" T("a", "F32", "2", "0", "8") "," T("b", "F32", "1", "4", "8") "}", 8, "overlap");
    expect_bad("{" T("a", "F32", "1", "0", "4") "," T("b", "F32", "1", "8", "12") "}", 12, "gap");
    expect_bad("{" T("a", "F32", "1", "0", "4") "}", 5, "belong to no tensor");
    leave_scratch();
}
END_TEST

START_TEST(lying_lengths) {
    enter_scratch();
    unsigned char bytes[16] = {0};
    TensorFile file;
    for (size_t size = 0; size < 8; size++) {
        write_bytes("file", bytes, size);
        ck_assert(!tensors_read("file", &file));
    }
    memset(bytes, 0xff, 8);
    write_bytes("file", bytes, sizeof bytes);
    ck_assert(!tensors_read("file", &file));
    expect_problem("cut short");
    memset(bytes, 0, 8);
    bytes[0] = 9;
    write_bytes("file", bytes, sizeof bytes);
    ck_assert(!tensors_read("file", &file));
    expect_problem("cut short");
    ck_assert(!tensors_read("absent", &file));
    ck_assert(!tensors_read(".", &file));
    leave_scratch();
}
END_TEST

/* Every truncation and many flipped bytes of a good file: an error or a file, never a crash. */
START_TEST(damage) {
    enter_scratch();
    const float a[] = {1, 2, 3, 4};
    const int dim[] = {4};
    const TensorOut out[] = {{"a.weight", 1, dim, 4, a, false}, {"b", 1, dim, 4, a, false}};
    ck_assert(tensors_write("good", 2, out, json_pack("{s:s}", "format", "pt")));
    size_t size;
    unsigned char *bytes = read_bytes("good", &size);
    TensorFile file;
    FILE *kept = stderr;
    stderr = fopen("/dev/null", "w");
    for (size_t keep = 0; keep < size; keep++) {
        write_bytes("cut", bytes, keep);
        ck_assert(!tensors_read("cut", &file));
    }
    for (size_t at = 0; at < size - 32; at++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] ^= (unsigned char)(1 << bit);
            write_bytes("flipped", bytes, size);
            tensors_read("flipped", &file);
            memory_release(0);
            bytes[at] ^= (unsigned char)(1 << bit);
        }
    }
    fclose(stderr);
    stderr = kept;
    free(bytes);
    leave_scratch();
}
END_TEST

/* Whatever bits a machine gives to NaN: those of a file are the same. */
START_TEST(nan_has_one_form) {
    enter_scratch();
    const uint32_t bits[] = {0xffc00000, 0x3f800000, 0x7fa12345, 0x7fc00000, 0xff800000};
    const uint32_t wanted[] = {0x7fc00000, 0x3f800000, 0x7fc00000, 0x7fc00000, 0xff800000};
    float values[5];
    memcpy(values, bits, sizeof values);
    const int dim[] = {5};
    const TensorOut out[] = {{"a", 1, dim, 5, values, false}};
    ck_assert(tensors_write("x", 1, out, NULL));
    TensorFile file;
    ck_assert(tensors_read("x", &file));
    ck_assert_mem_eq(file.tensors[0].bytes, wanted, sizeof wanted);
    leave_scratch();
}
END_TEST

static int files_here(void) {
    DIR *folder = opendir(".");
    int n = 0;
    for (struct dirent *entry; (entry = readdir(folder));) n += entry->d_name[0] != '.';
    rewinddir(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        n += strstr(entry->d_name, ".tmp") != NULL;
    closedir(folder);
    return n;
}

START_TEST(writing_is_atomic) {
    enter_scratch();
    const float a[] = {1};
    const TensorOut out[] = {{"a", 0, NULL, 1, a, false}};
    ck_assert(tensors_write("x", 1, out, NULL));
    ck_assert(tensors_write("x", 1, out, NULL));
    ck_assert_int_eq(files_here(), 1);
    ck_assert_int_eq(symlink("x", "link"), 0);
    ck_assert(tensors_write("link", 1, out, NULL));
    char target[8];
    ck_assert_int_eq(readlink("link", target, sizeof target), 1);
    ck_assert(!tensors_write("missing/x", 1, out, NULL));
    expect_problem("missing/x");
    ck_assert(!tensors_write(".", 1, out, NULL));
    ck_assert(tensors_write("/dev/null", 1, out, NULL));
    struct stat info;
    ck_assert_int_eq(stat("/dev/null", &info), 0);
    ck_assert(S_ISCHR(info.st_mode));
    if (stat("/dev/full", &info) == 0) {
        ck_assert(!tensors_write("/dev/full", 1, out, NULL));
        expect_problem("No space");
    }
    leave_scratch();
}
END_TEST

/* Temporary files of a killed process with the same number (common in containers) do no harm. */
START_TEST(leftovers_do_no_harm) {
    enter_scratch();
    for (int serial = 0; serial < 100; serial++) {
        char name[64];
        snprintf(name, sizeof name, ".nngen-%ld-%d.tmp", (long)getpid(), serial);
        write_bytes(name, "left", 4);
    }
    const float a[] = {1};
    const TensorOut out[] = {{"a", 0, NULL, 1, a, false}};
    ck_assert_msg(tensors_write("x", 1, out, NULL), "%s", problem_text());
    ck_assert_int_eq(files_here(), 101);
    leave_scratch();
}
END_TEST

SUITE("safetensors",
      TESTS(round_trip, other_floats, whole_numbers, good_files, bad_headers, bad_places,
            lying_lengths, damage, nan_has_one_form, writing_is_atomic, leftovers_do_no_harm))
