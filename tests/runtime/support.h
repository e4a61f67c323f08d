/* Shared by the tests of the runtime. */
#ifndef NN_TESTS_SUPPORT_H
#define NN_TESTS_SUPPORT_H

#include <sys/stat.h>

#include "../../runtime/report.h"
#include "../suite.h"

/* Goes to a new empty folder, removed with all its files by leave_scratch. */
static char scratch_folder[64];

static inline void enter_scratch(void) {
    strcpy(scratch_folder, "/tmp/nngen-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch_folder));
    ck_assert_int_eq(chdir(scratch_folder), 0);
}

static inline void leave_scratch(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", scratch_folder);
    memory_release(0);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(command), 0);
}

static inline void write_bytes(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* Whole file; the caller's to free. */
static inline unsigned char *read_bytes(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is missing", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    long length = ftell(file);
    ck_assert(length >= 0);
    rewind(file);
    unsigned char *bytes = malloc((size_t)length + 1);
    ck_assert_ptr_nonnull(bytes);
    *size = fread(bytes, 1, (size_t)length, file);
    ck_assert_uint_eq(*size, (size_t)length);
    fclose(file);
    return bytes;
}

/* The last problem's words hold `words`. */
static inline void expect_problem(const char *words) {
    ck_assert_msg(strstr(problem_text(), words) != NULL, "\"%s\" is not in \"%s\"", words,
                  problem_text());
}

/* Whether two files hold the same bytes. */
static inline bool same_files(const char *a, const char *b) {
    size_t n, m;
    unsigned char *x = read_bytes(a, &n), *y = read_bytes(b, &m);
    bool same = n == m && memcmp(x, y, n) == 0;
    free(x);
    free(y);
    return same;
}

#endif
