/* Numbers and structures in JSON. */
#define _GNU_SOURCE
#include <float.h>
#include <math.h>

#include "../../runtime/report.h"
#include "../runtime/support.h"

/* The line that json_line writes; the caller's to free. */
static char *line_of(json_t *value) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    json_line(out, value);
    fclose(out);
    return text;
}

static void expect_number(json_t *number, const char *words) {
    char *text = line_of(json_pack("[o]", number)), wanted[64];
    snprintf(wanted, sizeof wanted, "[%s]\n", words);
    ck_assert_str_eq(text, wanted);
    free(text);
}

START_TEST(shortest_numbers) {
    expect_number(json_number(0.1), "0.1");
    expect_number(json_number(0.1 + 0.2), "0.30000000000000004");
    expect_number(json_number(1.0 / 3), "0.3333333333333333");
    expect_number(json_number(-2), "-2.0");
    expect_number(json_number(1e22), "1e22");
    expect_number(json_number(5e-324), "5e-324");
    expect_number(json_number(DBL_MAX), "1.7976931348623157e308");
    expect_number(json_number(NAN), "null");
    expect_number(json_number(-INFINITY), "null");
    expect_number(json_float(0.1f), "0.1");
    expect_number(json_float(1.0f / 3), "0.33333334");
    expect_number(json_float(16777216), "16777216.0");
    expect_number(json_float(FLT_MAX), "3.4028235e38");
    expect_number(json_float(NAN), "null");
    expect_number(json_integer(9007199254740993), "9007199254740993");
}
END_TEST

/* The fewest digits that read back. */
START_TEST(numbers_read_back) {
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        double value;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, sizeof value);
        if (i % 2) value = (double)(bits >> 40) / 1e4;
        if (!isfinite(value)) continue;
        char *text = line_of(json_pack("[o]", json_number(value))), shorter[40];
        ck_assert_msg(strtod(text + 1, NULL) == value, "%s", text);
        int digits = 0;
        for (const char *c = text; *c && *c != 'e'; c++) digits += *c >= '0' && *c <= '9';
        for (int d = 1; d < 17; d++) {
            snprintf(shorter, sizeof shorter, "%.*e", d - 1, value);
            if (strtod(shorter, NULL) != value) continue;
            /* Zeros before the first digit, and after the last of a whole number. */
            ck_assert_msg(digits <= d || fabs(value) < 1 || fmod(value, 1) == 0, "%s", text);
            break;
        }
        free(text);
    }
}
END_TEST

START_TEST(structures) {
    char *text =
        line_of(json_pack("{s:[i, s, n, b], s:{}, s:[]}", "a \"b\"\n", 1, "\xc3\xa9", 1, "c", "d"));
    ck_assert_str_eq(text, "{\"a \\\"b\\\"\\n\":[1,\"\xc3\xa9\",null,true],\"c\":{},\"d\":[]}\n");
    free(text);
}
END_TEST

SUITE("json", TESTS(shortest_numbers, numbers_read_back, structures))
