/* C texts cut into their definitions: names, extents, what uses pull in. */
#define _POSIX_C_SOURCE 200809L

#include "graphs.h"

#include "compiler/base/snippets.h"

static Snippets cut_text(const char *text) {
    Snippets s = {0};
    snippets_add(&s, arena, text);
    return s;
}

static const char *written(const Snippets *s) {
    Writer *w = writer_new(arena);
    snippets_write(w, s);
    return writer_text(w);
}

START_TEST(every_kind_of_definition_has_a_name) {
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"#define FN static inline\n", "FN"},
        {"#define V_SET(x) set(x)\n", "V_SET"},
        {"#define LONG(x) \\\n    do { \\\n    } while (0)\n", "LONG"},
        {"#if A(b)\n#define SAME one\n#else\n#define SAME two\n#endif\n", "SAME"},
        {"typedef __m256 V;\n", "V"},
        {"typedef float F4 __attribute__((vector_size(16)));\n", "F4"},
        {"typedef struct Pair {\n    int a, b;\n} Pair;\n", "Pair"},
        {"static const int front[2][2] = {{0, 1},\n                                {1, 0}};\n",
         "front"},
        {"FN F16 ADD(F16 a, F16 b) { return a + b; }\n", "ADD"},
        {"static __attribute__((noinline)) F4 *last(int a,\n                  int b) {\n}\n",
         "last"},
        {"TWO(SUB, _mm256_sub_ps)\n", "SUB"},
        {"ONE(SQRT,\n    first(x))\n", "SQRT"},
        {"/* Of a mask, (see) \"below\". */\nFN int count(M m) { return '('; }\n", "count"},
        {"static void f(void) {\n#if X\n    a();\n#else\n    b();\n#endif\n}\n", "f"},
    };
    const char *all = "";
    const int n = (int)(sizeof cases / sizeof *cases);
    for (int i = 0; i < n; i++) {
        Snippets s = cut_text(cases[i].text);
        ck_assert_int_eq(s.n, 1);
        ck_assert_str_eq(s.list[0].name, cases[i].name);
        ck_assert_uint_eq(s.list[0].size, strlen(cases[i].text));
        ck_assert_int_eq(s.list[0].macro, strstr(cases[i].text, "#define") != NULL);
        all = arena_printf(arena, "%s%s%s", all, i % 3 ? "" : "\n", cases[i].text);
    }
    Snippets s = cut_text(all);
    ck_assert_int_eq(s.n, n);
    for (int i = 0; i < n; i++) {
        ck_assert_str_eq(s.list[i].name, cases[i].name);
        ck_assert_int_eq(s.list[i].spaced, i % 3 == 0);
    }
}
END_TEST

static const char text[] = "/* What the file is for: c. */\n"
                           "\n"
                           "#define A 1\n"
                           "/* Half of A. */\n"
                           "#define B (A / 2)\n"
                           "\n"
                           "/* A part. */\n"
                           "\n"
                           "static int c(void) { return B; } /* c */\n"
                           "static int d(void) { return c(); }\n"
                           "\n"
                           "static int e(int n) { return n ? e(n - 1) : AB; }\n";

START_TEST(uses_pull_in_what_they_use) {
    Snippets s = cut_text(text);
    snippets_use(&s, "int main(void) { return c(); }");
    ck_assert_str_eq(written(&s), "#define A 1\n/* Half of A. */\n#define B (A / 2)\n\n"
                                  "static int c(void) { return B; } /* c */\n");
    snippets_use(&s, "e");
    ck_assert(!s.list[3].used && s.list[4].used);
    s = cut_text(text);
    snippets_use(&s, "A(AB) + e");
    ck_assert_str_eq(written(&s),
                     "#define A 1\n\nstatic int e(int n) { return n ? e(n - 1) : AB; }\n");
    s = cut_text(text);
    snippets_use(&s, "d");
    ck_assert(s.list[0].used && s.list[1].used && s.list[2].used && s.list[3].used);
}
END_TEST

START_TEST(names_in_comments_texts_and_longer_names_are_no_uses) {
    Snippets s = cut_text(text);
    snippets_use(&s, "/* A, c */ puts(\"A \\\" c\"); x('c'); aA = A1 + c_ + 0xA + 1.A; // d");
    ck_assert_str_eq(written(&s), "");
    snippets_use(&s, "A");
    ck_assert_str_eq(written(&s), "#define A 1\n");
}
END_TEST

START_TEST(texts_are_added_to_each_other) {
    Snippets s = cut_text(text);
    snippets_add(&s, arena, "#define F c()\n");
    snippets_use(&s, "F + 1");
    ck_assert_int_eq(s.n, 6);
    ck_assert(s.list[2].used && s.list[5].used && !s.list[3].used);
}
END_TEST

START_TEST(nothing_gives_nothing) {
    Snippets s = cut_text("");
    snippets_use(&s, "A");
    ck_assert_str_eq(written(&s), "");
}
END_TEST

SUITE("snippets", FIXTURE(begin, end),
      TESTS(every_kind_of_definition_has_a_name, uses_pull_in_what_they_use,
            names_in_comments_texts_and_longer_names_are_no_uses, texts_are_added_to_each_other,
            nothing_gives_nothing))
