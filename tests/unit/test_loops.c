/* The loop language: what its verifier proves, what it refuses, what the printer makes of it. */
#define _POSIX_C_SOURCE 200809L

#include "../suite.h"

#include "compiler/loops/loops.h"

static Arena *arena;
static Kernel *kernel;
static Loops *l;

static void operand(const char *param, BufferSpace space, Element element, int64_t size,
                    bool written) {
    Buffer *b = ARENA_NEW(arena, Buffer);
    b->name = param;
    b->space = space;
    b->element = element;
    b->size = size;
    b->layout.stride = (int)size;
    const Operand operand = {param, b, written, NULL};
    ARENA_PUSH(arena, kernel->operands, kernel->n_operands, kernel->cap_operands, operand);
}

/* x: read, n * 48 floats; w: read, 160 floats; y: written, n * 48; win: written bytes, n * 48;
 * g: a gradient of 160 floats; scratch: 64 floats. */
static void begin(void) {
    arena = arena_new();
    kernel = ARENA_NEW(arena, Kernel);
    kernel->name = "kernel";
    operand("x", SPACE_SAMPLE, ELEMENT_FLOAT, 48, false);
    operand("w", SPACE_STATE, ELEMENT_FLOAT, 160, false);
    operand("y", SPACE_SAMPLE, ELEMENT_FLOAT, 48, true);
    operand("win", SPACE_SAMPLE, ELEMENT_BYTE, 48, true);
    operand("g", SPACE_GRADIENT, ELEMENT_FLOAT, 160, true);
    kernel->scratch = 64;
    l = loops_new(arena, kernel, isa_by_name("avx2"));
}

static void end(void) {
    arena_free(arena);
}

/* Builds a program from its lines: one that ends with `{` opens a block, `}` closes it. */
static void build(const char *program) {
    char *copy = arena_strdup(arena, program);
    for (char *save = NULL, *line = strtok_r(copy, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        while (*line == ' ') line++;
        const size_t n = strlen(line);
        if (!strcmp(line, "}")) {
            l_close(l);
        } else if (n && line[n - 1] == '{') {
            line[n > 1 ? n - 2 : 0] = '\0';
            l_open(l, "%s", line);
        } else {
            l_line(l, "%s", line);
        }
    }
}

static void build_and_verify(void *program) {
    build(program);
    loops_verify(l);
}

/* Whether building and verifying the program ends in bug(); it is a program of one step else. */
static bool refused(const char *program) {
    char text[4096];
    return ends_in_bug(build_and_verify, arena_strdup(arena, program), text, sizeof text);
}

static const char *const sound[] = {
    /* Rows of a sample, to its end. */
    "for (int s = 0; s < n; s++) {\nfor (int c = 0; c < 48; c += 16) {\n"
    "STORE(y + s * 48 + c, LOAD(x + s * 48 + c));\n}\n}",
    /* All samples as one. */
    "for (int i = 0; i < n * 48; i += 16) {\nSTORE(y + i, RELU(LOAD(x + i)));\n}",
    /* The last step of a loop ends before its bound: 150 = 9 * 16 + 6. */
    "for (int i = 0; i < 150; i += 16) {\nSTORE(g + i, LOAD(w + i));\n}",
    /* Blocks of samples, and their places in scratch memory. */
    "for (int s0 = 0; s0 < n; s0 += 4) {\nconst int s1 = n < s0 + 4 ? n : s0 + 4;\n"
    "for (int s = s0; s < s1; s++) {\nSTORE(scratch + (s - s0) * 16, LOAD(x + s * 48));\n}\n}",
    /* The smaller one, whichever is asked first; neither needs to be a sum. */
    "for (int p = 0; p < 3; p++) {\nconst int c = p * 15 / 2 > 10 ? 10 : p * 15 / 2;\n"
    "STORE(g + c + 134, LOAD(w));\n}",
    /* Tiles of samples, then the rest one by one. */
    "int s = 0;\nfor (; s + 3 <= n; s += 3) {\nSTORE(y + s * 48 + 128, LOAD(x + s * 48 + "
    "128));\n}\n"
    "for (; s + 1 <= n; s += 1) {\nSTORE(y + s * 48 + 32, LOAD(x + s * 48 + 32));\n}",
    /* A guard keeps a tap inside; so does one that leaves the turn. */
    "for (int t = 0; t < 5; t++) {\nconst int at = t - 1;\nif (at >= 0 && at < 3) {\n"
    "STORE(g + at * 16, LOAD(x + at * 16));\n}\n}",
    "for (int t = 0; t < 5; t++) {\nconst int at = t - 1;\nif (at < 0 || at >= 3) continue;\n"
    "STORE(g + at * 16, LOAD(x + at * 16));\n}",
    /* Pointers that move with a loop. */
    "const float *a = w, *b = x;\nfor (int j = 0; j < 10; j += 2, a += 32, b += 2) {\n"
    "g[j] = a[31];\ng[j + 1] = b[1];\n}",
    /* Quotient and remainder. */
    "for (int i = 0; i < 45; i++) {\nconst int to = i % 3 * 16 + i / 3;\ng[to] = w[i];\n}",
    /* Bytes, and a gradient that is read back. */
    "for (int s = 0; s < n; s++) {\nSTORE_BYTES(win + s * 48 + 32, ISET(1));\n}\n"
    "STORE(g, ADD(LOAD(g), LOAD(w + 144)));",
    /* What a named condition says, and what each side of a choice knows. */
    "for (int i = 0; i < 12; i++) {\nconst int at = i - 1;\n"
    "const bool in = at >= 0 && at < 10;\nif (in) {\ng[at * 16] = 1.0f;\n}\nif (!in) {\n"
    "g[i] = 0.0f;\n}\ng[i] = in ? w[at * 16] : 0.0f;\ng[i] = i > 9 ? w[0] : w[i * 16 + 15];\n}",
    /* What is never reached may be wrong. */
    "for (int i = 0; i < 4; i++) {\nconst int at = i - 9, back = -2;\n"
    "if (back >= 0 && back < 3) {\ng[back] = 1.0f;\n}\n"
    "if (at < 0 || at >= 3) continue;\ng[at - 5] = 1.0f;\n}",
    /* Bits. */
    "for (int i = 0; i < 99; i++) {\nSTORE(g + (i & 9) * 16, LOAD(w + (i & 1) * 144));\n}",
    "NN_ZERO(y, (size_t)n * 192);\nNN_COPY(scratch + 16, w + 112, 192);",
    "NN_ZERO(scratch, 256);\nTRANSPOSE_PART(w, 10, scratch, 4);",
};

START_TEST(accepts) {
    build(sound[_i]);
    loops_verify(l);
}
END_TEST

static const char *const mistaken[] = {
    /* Outside: after, before, a row too far, a buffer of another size. */
    "for (int s = 0; s < n; s++) {\nSTORE(y + s * 48 + 33, LOAD(x));\n}",
    "for (int s = 0; s < n; s++) {\nSTORE(y + s * 48 - 1, LOAD(x));\n}",
    "for (int s = 0; s <= n; s++) {\nSTORE(y + s * 48, LOAD(x));\n}",
    "for (int s = 0; s < n; s++) {\nSTORE(y + s * 64, LOAD(x));\n}",
    "for (int i = 0; i < 161; i += 16) {\nSTORE(g + i, LOAD(x));\n}",
    "for (int i = 0; i < n * 48; i += 1) {\nSTORE(y + i, LOAD(x));\n}",
    /* A tap outside the input, with a guard that is off by one. */
    "for (int t = 0; t < 5; t++) {\nconst int at = t - 1;\nif (at >= 0 && at <= 3) {\n"
    "STORE(g + at * 16, LOAD(x + at * 16));\n}\n}",
    "for (int t = 0; t < 5; t++) {\nconst int at = t - 1;\nif (at < 0 && at >= 3) continue;\n"
    "STORE(g + at * 16, LOAD(x + at * 16));\n}",
    /* A guard holds until the end of its block. */
    "for (int t = 0; t < 5; t++) {\nif (t < 3) {\nconst F16 a = LOAD(x + t * 16);\nSTORE(g, "
    "a);\n}\n"
    "STORE(g, LOAD(x + t * 16));\n}",
    /* A tile of samples that is higher than what is left. */
    "int s = 0;\nfor (; s + 2 <= n; s += 3) {\nSTORE(y + s * 48 + 128, LOAD(x));\n}",
    /* A block of samples that is larger than its scratch memory. */
    "for (int s0 = 0; s0 < n; s0 += 5) {\nconst int s1 = n < s0 + 5 ? n : s0 + 5;\n"
    "for (int s = s0; s < s1; s++) {\nSTORE(scratch + (s - s0) * 16, LOAD(x + s * 48));\n}\n}",
    /* A pointer that moves too fast. */
    "const float *a = w;\nfor (int j = 0; j < 10; j += 2, a += 48) {\ng[j] = a[31];\n}",
    /* Copies and zeros past the end. */
    "NN_ZERO(y, (size_t)n * 196);",
    "NN_COPY(scratch + 17, w + 112, 192);",
    "NN_ZERO(scratch, 256);\nTRANSPOSE_PART(w, 11, scratch, 4);",
    "NN_ZERO(scratch, 256);\nTRANSPOSE(w, 16, scratch, 16);",
    /* Named conditions that say too little, and one that is asked for the opposite. */
    "for (int i = 0; i < 12; i++) {\nconst int at = i - 1;\n"
    "const bool in = at >= 0 && at < 11;\nif (in) {\ng[at * 16] = 1.0f;\n}\n}",
    "for (int i = 0; i < 12; i++) {\nconst int at = i - 1;\n"
    "const bool in = at >= 0 && at < 10;\nif (!in) {\ng[at * 16] = 1.0f;\n}\n}",
    "for (int i = 0; i < 12; i++) {\nint at = i - 1;\nconst bool in = at >= 0 && at < 10;\n"
    "at = i + 1;\nif (in) {\ng[at * 16] = 1.0f;\n}\n}",
    /* It is reached, once. */
    "for (int i = 0; i < 4; i++) {\nconst int at = i - 3;\n"
    "if (at < 0 || at >= 3) continue;\ng[at - 5] = 1.0f;\n}",
    "const int at = 2;\nif (at > 1 && at <= 2) {\ng[at - 5] = 1.0f;\n}",
    /* The other side of a choice. */
    "for (int i = 0; i < 12; i++) {\ng[i] = i < 10 ? 0.0f : w[i * 16];\n}",
    "for (int i = 0; i < 99; i++) {\nSTORE(g + (i & 10) * 16, LOAD(w));\n}",
    /* Reading unwritten memory, writing read-only memory. */
    "STORE(g, LOAD(scratch));",
    "STORE(g, LOAD(y));",
    "float t[32];\nSTORE(g, LOAD(t));",
    "STORE(w, LOAD(x));",
    /* More registers than there are, more multiply-adds than the budget. */
    "V a0 = V_ZERO(), a1 = V_ZERO(), a2 = V_ZERO(), a3 = V_ZERO(), a4 = V_ZERO(), a5 = V_ZERO(), "
    "a6 = V_ZERO(), a7 = V_ZERO(), a8 = V_ZERO(), a9 = V_ZERO(), b0 = V_ZERO(), b1 = V_ZERO(), "
    "b2 = V_ZERO(), b3 = V_ZERO(), b4 = V_ZERO(), b5 = V_ZERO(), b6 = V_ZERO();\n"
    "a0 = a1;\na1 = a2;\na2 = a3;\na3 = a4;\na4 = a5;\na5 = a6;\na6 = a7;\na7 = a8;\na8 = a9;\n"
    "a9 = b0;\nb0 = b1;\nb1 = b2;\nb2 = b3;\nb3 = b4;\nb4 = b5;\nb5 = b6;\nb6 = a0;",
    /* Names and types. */
    "STORE(g, h);",
    "STORE(g, 1.0f);",
    "const F16 a = LOAD(x);\na = LOAD(w);",
    "STORE(g, FOO(LOAD(x)));",
    "STORE(g, ADD(LOAD(x)));",
    "STORE(g + 1.0f, LOAD(x));",
    "const int i = 0;\nconst int i = 1;",
    "V a = LOAD(x);",
    "float *p = x;",
    "STORE(g, LOAD(x)) ;;",
};

START_TEST(refuses) {
    ck_assert_msg(refused(mistaken[_i]), "accepted:\n%s", mistaken[_i]);
}
END_TEST

START_TEST(refuses_long_bodies) {
    l = loops_new(arena, kernel, isa_by_name("avx512"));
    l_line(l, "const V f = V_ZERO();");
    for (int i = 0; i < 32; i++) l_line(l, "V a%d = V_ZERO();", i);
    for (int i = 0; i < 256; i++) l_line(l, "a%d = V_FMA(f, f, a%d);", i % 32, i % 32);
    loops_verify(l);
    build("for (int i = 0; i < 2; i++) {\na0 = V_FMA(f, f, f);\n}");
    loops_verify(l);
    ck_assert(refused("a0 = V_FMA(f, f, f);"));
}
END_TEST

START_TEST(refuses_long_sums) {
    l_line(l, "const V f = V_ZERO();");
    l_line(l, "V a = V_ZERO();");
    for (int i = 0; i < 8; i++) l_line(l, "a = V_FMA(f, f, a);");
    build("for (int i = 0; i < 9; i++) {\na = V_FMA(f, f, a);\n}");
    loops_verify(l);
    ck_assert(refused("{\na = V_FMA(f, f, a);\n}"));
    ck_assert(refused("a = V_FMA(f, f, a);"));
}
END_TEST

START_TEST(keeps_lists_in_their_range) {
    l_table(l, "base", (const int[]){0, 48, 96, 144}, 4);
    build("for (int i = 0; i < 4; i++) {\nSTORE(g + base[i], LOAD(w + base[i]));\n}");
    loops_verify(l);
    ck_assert(refused("for (int i = 0; i < 4; i++) {\nSTORE(g + base[i] + 1, LOAD(w));\n}"));
    ck_assert(refused("for (int i = 0; i < 5; i++) {\nSTORE(g + base[i], LOAD(w));\n}"));
}
END_TEST

START_TEST(takes_what_is_given) {
    build("const int done = nn_shorter(n, 13, 8);");
    ck_assert(refused("for (int s = 0; s < done; s++) {\nSTORE(y + s * 48, LOAD(x));\n}"));
    l_given(l, "done", "0", "n");
    build("for (int s = 0; s < done; s++) {\nSTORE(y + s * 48, LOAD(x));\n}");
    loops_verify(l);
}
END_TEST

START_TEST(asks_for_what_may_be_missing) {
    l = loops_new_update(arena, "update", 1, false, isa_by_name("avx2"));
    build("for (int i = 0; i < n * 16; i += 16) {\nF16 d = LOAD(g + i);\nif (h) {\n"
          "d = ADD(d, LOAD(h + i));\n}\nSTORE(s0 + i, FMA(SET(k[7]), LOAD(p + i), d));\n}");
    loops_verify(l);
    ck_assert(refused("STORE(p, LOAD(h));"));
    ck_assert(refused("if (h) {\nSTORE(p, LOAD(g));\n}\nSTORE(p, LOAD(h));"));
    ck_assert(refused("if (g) {\nSTORE(p, LOAD(g));\n}"));
    ck_assert(refused("STORE(s0 + n, LOAD(g + 1));"));
    ck_assert(refused("STORE(p, SET(k[8]));"));
}
END_TEST

START_TEST(computes_factors) {
    l = loops_new_factors(arena, "update");
    build("k[6] = (float)(-lr / nn_difference(1.0, nn_power(0.9, step + 1)));");
    loops_verify(l);
    ck_assert(refused("k[8] = (float)lr;"));
    l = loops_new_factors(arena, "update");
    ck_assert(refused("k[0] = k[1];"));
}
END_TEST

/* Taps of a row of places, x: 3 of 16 floats. Which places a tap reads stands in tables, and where
 * these end in what is given. The second row of the tile reads `value`. */
typedef struct Taps {
    const char *last, *value;
} Taps;

static void build_taps(void *context) {
    const Taps *taps = context;
    l_table(l, "from", (const int[]){1, 0, 0}, 3);
    l_table(l, "to", (const int[]){3, 3, 2}, 3);
    build("for (int k = 0; k < 3; k++) {\nconst int tap = k - 1;\n"
          "V a0_0 = V_ZERO(), a1_0 = V_ZERO();\nfor (int p = from[k]; p < to[k]; p++) {");
    l_given(l, "tap + p", "0", taps->last);
    build("{\nconst V w0 = V_LOAD(w + p * 16);\nMAC1(0, x[tap * 16 + p * 16]);");
    l_line(l, "MAC1(1, %s);", taps->value);
    build("}\n}\n}");
    loops_verify(l);
}

START_TEST(keeps_taps_inside) {
    build_taps(&(Taps){"2", "x[tap * 16 + p * 16 + 15]"});
}
END_TEST

static bool refuses_taps(Taps taps, const char *message) {
    char text[4096];
    return ends_in_bug(build_taps, &taps, text, sizeof text) && strstr(text, message);
}

START_TEST(refuses_taps_outside) {
    ck_assert(refuses_taps((Taps){"2", "x[tap * 16 + p * 16 + 16]"}, "kernel kernel, line "));
    ck_assert(refuses_taps((Taps){"3", "x[tap * 16 + p * 16]"}, "a read of x[48 n + 0]"));
    kernel->operands[0].buffer->layout.stride = 24;
    l = loops_new(arena, kernel, isa_by_name("avx2"));
    ck_assert(refuses_taps((Taps){"2", "x[tap * 16 + p * 16]"}, "a read of x[24 n + 0]"));
}
END_TEST

START_TEST(counts_tiles) {
    build("V a0_0 = V_ZERO();\nconst V w0 = V_LOAD(w);");
    ck_assert(refused("MAC1(1, x[0]);"));
    ck_assert(refused("MAC2(0, x[0]);"));
    const int before = loops_lines(l);
    for (int i = 0; i < 8; i++) l_flow(l, "MAC1(0, x[%d]);", i);
    loops_verify(l);
    ck_assert_int_le(loops_lines(l), before + 8 / 4);
    ck_assert(refused("MAC1(0, x[0]);"));
}
END_TEST

/* A macro that is proved with the integers of each use; `c` is the place's. */
static void define_rows(void) {
    build("#define ROWS(F16 row, int at) {\nconst F16 h = RELU(row);\n"
          "STORE(y + c + at * 16, ADD(h, LOAD(x + c + at * 16)));\n}");
}

START_TEST(proves_macros_where_they_are_used) {
    define_rows();
    build("for (int c = 0; c < n * 48; c += 48) {\nROWS(SET(1.0f), 0);\nROWS(LOAD(x + c), 1 + "
          "1);\n}");
    loops_verify(l);
    ck_assert(refused("for (int c = 0; c < n * 48; c += 48) {\nROWS(SET(1.0f), 3);\n}"));
    ck_assert(refused("for (int c = 0; c < n * 48; c += 48) {\nROWS(SET(1.0f), 0 - 1);\n}"));
    ck_assert(refused("for (int c = 0; c < n * 48; c += 16) {\nROWS(SET(1.0f), 2);\n}"));
}
END_TEST

START_TEST(refuses_wrong_uses_of_macros) {
    define_rows();
    ck_assert(refused("ROWS(SET(1.0f), 0);")); /* no c */
    build("const int c = 0;\nconst F16 h = LOAD(x);");
    ck_assert(refused("ROWS(h, 0);")); /* it has an h of its own */
    ck_assert(refused("ROWS(SET(1.0f));"));
    ck_assert(refused("ROWS(0, 0);"));
    ck_assert(refused("ROWS(SET(1.0f), SET(1.0f));"));
    ck_assert(refused("{\n#define INNER(int at) {\ng[at] = 0.0f;\n}\n}"));
    ck_assert(refused("#define OTHER(int at) {\nROWS(SET(1.0f), at);\n}"));
    ck_assert(refused("#define OTHER(float *at) {\n}"));
    build("ROWS(SET(1.0f), 0);");
    loops_verify(l);
}
END_TEST

/* The program as C, from its first loop or macro on. */
static const char *printed(void) {
    Writer *w = writer_new(arena);
    loops_print(w, l);
    const char *macro = strchr(writer_text(w), '#'), *loop = strstr(writer_text(w), "for (");
    return macro ? macro : loop;
}

START_TEST(prints_macros) {
    define_rows();
    build("for (int c = 0; c < n; c += 16) {\nROWS(LOAD(w + c), c / 48);\n}");
    ck_assert_str_eq(printed(),
                     "#define ROWS(row, at) { \\\n"
                     "    const F16 h = RELU(row); \\\n"
                     "    STORE(y + c + (at) * 16, ADD(h, LOAD(x + c + (at) * 16))); \\\n"
                     "}\n"
                     "for (int c = 0; c < n; c += 16)\n"
                     "    ROWS(LOAD(w + c), c / 48);\n"
                     "#undef ROWS\n");
}
END_TEST

/* Rows that a phase reads: with p, only some numbers of them stay inside. */
START_TEST(proves_tables_turn_by_turn) {
    const char *body = "for (int i = 0; i < rows[p]; i++) {\n"
                       "STORE(g + i * 16 + 112 + p * 16, LOAD(x + i * 16 + p * 16));\n}";
    l_table(l, "rows", (const int[]){3, 2, 1}, 3);
    l_open_turns(l, "for (int p = 0; p < 3; p++)");
    build(body);
    l_close(l);
    loops_verify(l);
    ck_assert(refused(arena_printf(arena, "for (int p = 0; p < 3; p++) {\n%s\n}", body)));
    l_table(l, "more", (const int[]){3, 3, 1}, 3);
    l_open_turns(l, "for (int p = 0; p < 3; p++)");
    l_line(l, "const int count = more[p];");
    ck_assert(refused("for (int i = 0; i < count; i++) {\ng[i * 16 + 127 + p * 16] = 0.0f;\n}\n}"));
}
END_TEST

START_TEST(tells_what_is_unused) {
    build("const int a = 1, b = 2;\ng[a] = w[0];");
    Writer *w = writer_new(arena);
    loops_print(w, l);
    ck_assert_str_eq(writer_text(w), "(void)x;\n(void)y;\n(void)win;\n(void)scratch;\n(void)n;\n"
                                     "const int a = 1, b = 2;\n(void)b;\ng[a] = w[0];\n");
}
END_TEST

START_TEST(prints_c) {
    build("for (int s = 0; s < n; s++) {\nfor (int c = 0; c < 48; c += 16) {\n"
          "const F16 a = LOAD(x + (s * 3 + c / 16) * 16);\n"
          "if (s > 1 && c < 3 || s == 0) {\nSTORE(y + c, a);\n}\n}\n}");
    loops_verify(l);
    ck_assert_str_eq(printed(), "for (int s = 0; s < n; s++)\n"
                                "for (int c = 0; c < 48; c += 16) {\n"
                                "    const F16 a = LOAD(x + (s * 3 + c / 16) * 16);\n"
                                "    if ((s > 1 && c < 3) || s == 0)\n"
                                "        STORE(y + c, a);\n"
                                "}\n");
}
END_TEST

SUITE("loops", FIXTURE(begin, end), LOOP(accepts, sizeof sound / sizeof *sound),
      LOOP(refuses, sizeof mistaken / sizeof *mistaken),
      TESTS(refuses_long_bodies, refuses_long_sums, keeps_lists_in_their_range, takes_what_is_given,
            asks_for_what_may_be_missing, computes_factors, keeps_taps_inside, refuses_taps_outside,
            counts_tiles, prints_c, proves_macros_where_they_are_used, refuses_wrong_uses_of_macros,
            prints_macros, proves_tables_turn_by_turn, tells_what_is_unused))
