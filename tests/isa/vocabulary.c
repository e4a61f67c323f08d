/* Prints, for arguments over the whole range, the bits of every word of an instruction set's
 * vocabulary, whose file is VOCABULARY: the same lines must come from all of them. With an argument
 * it prints the largest error against the C library in double instead. Exact words are compared
 * with plain C. Status 77 if SUPPORTED, an expression, says that this machine lacks the
 * instructions. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include VOCABULARY

static int failed;
static uint32_t sum; /* of the bits so far */

static void expect(int holds, const char *what) {
    if (holds) return;
    printf("FAILED: %s\n", what);
    failed = 1;
}

#define CASE(name, call, truth, scale)                                                             \
    do {                                                                                           \
        double worst = 0;                                                                          \
        for (int i = -4000; i < 4000; i++) {                                                       \
            float in[16], out[16];                                                                 \
            for (int l = 0; l < 16; l++) in[l] = ((float)i + (float)l / 16.0f) * (scale);          \
            const F16 x = LOAD(in);                                                                \
            (void)x;                                                                               \
            STORE(out, call);                                                                      \
            for (int l = 0; l < 16; l++) {                                                         \
                const double v = (double)in[l], t = truth;                                         \
                (void)v;                                                                           \
                const double e = fabs((double)out[l] - t) / (fabs(t) > 1e-30 ? fabs(t) : 1.0);     \
                if (e > worst) worst = e;                                                          \
                uint32_t u;                                                                        \
                memcpy(&u, &out[l], 4);                                                            \
                sum = sum * 31 + u;                                                                \
            }                                                                                      \
        }                                                                                          \
        if (error) {                                                                               \
            printf("%s %.3g\n", name, worst);                                                      \
            expect(worst <= limit, name);                                                          \
        } else                                                                                     \
            printf("%s %08x\n", name, sum);                                                        \
    } while (0)
/* Zeros of either sign, numbers that are and become subnormal, infinities and NaN in all pairs; a
 * NaN is a NaN, whatever its bits. */
enum { ODD_NUMBERS = 12, PAIRS = ODD_NUMBERS * ODD_NUMBERS };
#define ODD(name, call)                                                                            \
    do {                                                                                           \
        for (int i = 0; i < PAIRS; i += 16) {                                                      \
            const F16 x = LOAD(p + i), y = LOAD(q + i);                                            \
            (void)x, (void)y;                                                                      \
            float out[16];                                                                         \
            STORE(out, call);                                                                      \
            printf("%s", name);                                                                    \
            for (int l = 0; l < 16; l++) {                                                         \
                uint32_t u;                                                                        \
                memcpy(&u, &out[l], 4);                                                            \
                if (out[l] != out[l])                                                              \
                    printf(" nan");                                                                \
                else                                                                               \
                    printf(" %x", u);                                                              \
            }                                                                                      \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

static double sum_of(const float *in) {
    double s = 0;
    for (int k = 0; k < 16; k++) s += fabs((double)in[k]);
    return s;
}

static double most_of(const float *in) {
    double m = (double)in[0];
    for (int k = 0; k < 16; k++) m = (double)in[k] > m ? (double)in[k] : m;
    return m;
}

/* The slope of x s(x), s the sigmoid of u(x) = sqrt(8 / pi) (x + 0.044715 x^3). */
static double tanh_slope(double x) {
    const double c = 1.5957691216057308, s = 1.0 / (1.0 + exp(-c * (x + 0.044715 * x * x * x)));
    return s + x * s * (1.0 - s) * c * (1.0 + 3 * 0.044715 * x * x);
}

static double mish_slope(double x) {
    const double t = tanh(log1p(exp(x)));
    return t + x * (1.0 - t * t) / (1.0 + exp(-x));
}

TARGET static void functions(int error) {
    double limit = 3e-7;
    CASE("exp", EXP(x), exp(v), 0.02f);
    CASE("log", LOG(ADD(ABS(x), SET(1e-3f))), log((double)(fabsf(in[l]) + 1e-3f)), 0.37f);
    CASE("sigmoid", SIGMOID(x), 1.0 / (1.0 + exp(-v)), 0.02f);
    CASE("tanh", TANH(x), tanh(v), 0.003f);
    CASE("sine", SIN(x), sin(v), 0.1f);
    CASE("sine after half a turn", SINE(x, 2), -sin(v), 0.1f);
    CASE("cosine", COS(x), cos(v), 0.1f);
    CASE("softplus", SOFTPLUS(x), fmax(v, 0) + log1p(exp(-fabs(v))), 0.02f);
    CASE("bell", BELL(ABS(x)), exp(-v * v / 2), 0.003f);
    limit = 6e-7;
    CASE("sine of large numbers", SIN(x), sin(v), 1037.3f);
    CASE("tail of the bell", TAIL(ABS(x), SET(1.0f)),
         0.5 * exp(v * v / 2) * erfc(fabs(v) / sqrt(2.0)), 0.003f);
    CASE("gelu", GELU_NONE(x), 0.5 * v * erfc(-v / sqrt(2.0)), 0.003f);
    limit = 2e-6; /* of the exponent, whose rounding counts by its size */
    CASE("bend of gelu's tanh form", GELU_TANH_BEND(x),
         1.5957691216057308 * (v + 0.044715 * v * v * v), 0.001f);
    CASE("gelu, tanh form", GELU_TANH(x),
         v / (1.0 + exp(-1.5957691216057308 * (v + 0.044715 * v * v * v))), 0.001f);
    limit = 6e-7;
    CASE("gelu's slope", ADD(GELU_NONE_SLOPE(x), SET(1.0f)),
         1.0 + 0.5 * erfc(-v / sqrt(2.0)) + 0.3989422804014327 * v * exp(-v * v / 2), 0.003f);
    CASE("gelu's slope, tanh form", ADD(GELU_TANH_SLOPE(x), SET(1.0f)), 1.0 + tanh_slope(v),
         0.003f);
    CASE("log of all", LOG_ALL(ADD(ABS(x), SET(1e-42f))), log((double)(fabsf(in[l]) + 1e-42f)),
         1e-41f);
    CASE("mish", MISH(x), v * tanh(log1p(exp(v))), 0.01f);
    CASE("mish's slope", ADD(MISH_SLOPE(x), SET(1.0f)), 1.0 + mish_slope(v), 0.01f);
    limit = 1.2e-7;
    CASE("quotient", QUOTIENT(SET(0.7f), ADD(ABS(x), SET(1e-8f))),
         (double)0.7f / (double)(fabsf(in[l]) + 1e-8f), 0.37f);
    CASE("quotient of small numbers", QUOTIENT(x, SET(3e-20f)), v / (double)3e-20f, 1e-25f);
    limit = 1e-6;
    CASE("sum16", SET(SUM16(ABS(x))), sum_of(in), 0.1f);
    limit = 0;
    CASE("max16", SET(MAX16(x)), most_of(in), 0.1f);
    CASE("first", SET(FIRST(x)), (double)in[0], 0.1f);
    CASE("lanes", LANES(x, 3, 7), (l >= 3 && l < 10 ? v : 0.0), 0.1f);
    CASE("relu", RELU(x), fmax(v, 0), 0.1f);
    CASE("equal", EQUAL(x, ABS(x)), (v >= 0 ? 1.0 : 0.0), 0.1f);
    CASE("cut", CUT(x), fabs(v) < 0x1p-63 ? 0.0 : v, 0x1p-70f);
    CASE("mean of squares", MEAN_SQUARE(ABS(x), x, 0.9f, 0.1f),
         (double)fmaf(0.1f * in[l], in[l], fmaxf(0x1p-120f, 0.9f * fabsf(in[l]))), 0.37f);
    CASE("mean of few squares", MEAN_SQUARE(ABS(x), SUB(x, x), 0.9f, 0.1f),
         (double)fmaxf(0x1p-120f, 0.9f * fabsf(in[l])), 0x1p-128f);
    CASE("sub", SUB(x, SET(0.3f)), (double)(in[l] - 0.3f), 0.37f);
    CASE("mul", ROUNDED(MUL(x, SET(0.3f))), (double)(in[l] * 0.3f), 0.37f);
    CASE("fma", FMA(x, SET(0.3f), SET(0.7f)), (double)fmaf(in[l], 0.3f, 0.7f), 0.37f);
    CASE("bits", AS_FLOAT(AS_INT(x)), v, 0.37f);
    uint8_t bytes[16];
    CASE("bytes", (STORE_BYTES(bytes, IADD(IOTA(), ISET(200))), TO_FLOAT(LOAD_BYTES(bytes))),
         (double)(l + 200), 0.1f);
}

static uint32_t mixed(uint32_t x) {
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

/* A word of integers against an expression of the operands u and v. */
#define INTEGER(call, expression)                                                                  \
    do {                                                                                           \
        float row[16];                                                                             \
        uint32_t out[16];                                                                          \
        STORE(row, AS_FLOAT(call));                                                                \
        memcpy(out, row, sizeof out);                                                              \
        for (uint32_t l = 0; l < 16; l++) {                                                        \
            const uint32_t u = a * (l + 1), v = b - l;                                             \
            (void)u, (void)v;                                                                      \
            expect(out[l] == (uint32_t)(expression), #call);                                       \
        }                                                                                          \
    } while (0)

TARGET static void integers(void) {
    for (uint32_t i = 0; i < 100; i++) {
        /* In every third pair a lane is equal. */
        const uint32_t a = mixed(i), b = i % 3 ? mixed(i + 1000) : 8 * a + 7;
        const I16 x = IMUL(ISET(a), IADD(IOTA(), ISET(1))), y = ISUB(ISET(b), IOTA());
        INTEGER(x, u);
        INTEGER(y, v);
        INTEGER(IAND(x, y), u & v);
        INTEGER(IOR(x, y), u | v);
        INTEGER(IXOR(x, y), u ^ v);
        INTEGER(ISHL(x, 5), u << 5);
        INTEGER(ISHR(x, 5), u >> 5);
        INTEGER(MIX(x), mixed(u));
        INTEGER(ISELECT(IGT(x, y), x, y), (int32_t)u > (int32_t)v ? u : v);
        INTEGER(ISELECT(IEQ(x, y), ISET(1), ISET(0)), u == v);
    }
}

TARGET static void registers(void) {
    enum { W = sizeof(V) / sizeof(float) };
    const float p[4] = {1, 2, 3, 4}, q[4] = {5, 6, 7, 8};
    float a[W], b[W], c[W], out[W];
    uint8_t bytes[W];
    for (int l = 0; l < W; l++) {
        a[l] = (float)l + 0.3f;
        b[l] = 0.7f - (float)l;
        c[l] = (float)(l % 5);
        bytes[l] = (uint8_t)(l * 7 % 4);
    }
    V_STORE(out, V_FMA(V_LOAD(a), V_LOAD(b), V_LOAD(c)));
    for (int l = 0; l < W; l++) expect(out[l] == fmaf(a[l], b[l], c[l]), "V_FMA");
    V_STORE(out, V_FMA(V_SET(2.0f), V_LOAD(a), V_ZERO()));
    for (int l = 0; l < W; l++) expect(out[l] == 2.0f * a[l], "V_SET");
    const VI four = V_BYTES(bytes);
    const VT rows = V_ROWS(p, q);
    V_STORE(out, V_PICK(rows, four));
    for (int l = 0; l < W; l++) expect(out[l] == p[bytes[l]], "V_PICK");
    const VI at = V_IADD(V_IPLUS(four, V_IAND(four, 2)), 1);
    V_STORE(out, V_PICK(rows, at));
    for (int l = 0; l < W; l++)
        expect(out[l] == (bytes[l] < 2 ? p[bytes[l] + 1] : q[bytes[l] - 1]), "V_IADD");
    const VI two = V_ISELECT(four, 2, 6, V_ISET(3));
    V_STORE(out, V_PICK(rows, two));
    for (int l = 0; l < W; l++) expect(out[l] == (bytes[l] == 2 ? q[2] : p[3]), "V_ISELECT");
    int kept = 3; /* kernels loop over places: no constant, and signed */
    V_STORE(out, V_KEEP(four, kept, V_LOAD(a)));
    for (int l = 0; l < W; l++) expect(out[l] == (bytes[l] == 3 ? a[l] : 0.0f), "V_KEEP, V_IS");
}

/* A float of any bits; one whose products are near the least normal number, and sums too where it
 * is a term; one of few bits at either end of its mantissa, so that sums are often half way between
 * floats. */
static float drawn(uint64_t *seed, int kind, int term) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    uint32_t bits = (uint32_t)(*seed >> 32);
    float x;
    if (kind == 1) bits = (bits & 0x807fffffu) | (term ? bits % 4 : 63 + bits % 8) << 23;
    if (kind == 2)
        bits = (bits & 0x80000007u) | (120 + (bits >> 8) % 16) << 23 |
               (bits & 0x10000 ? 0x7ffff8u : 0);
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The multiply-add against the C library's. */
TARGET static void fused(void) {
    enum { W = sizeof(V) / sizeof(float), TURNS = 200000 };
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < TURNS; i++) {
        float a[W], b[W], c[W], out[W];
        for (int l = 0; l < W; l++) {
            a[l] = drawn(&seed, i % 3, 0);
            b[l] = drawn(&seed, i % 3, 0);
            c[l] = drawn(&seed, i % 3, 1);
            if (i % 6 == 5) c[l] = -(a[l] * b[l]) * (1.0f + 0x1p-23f * (float)(seed % 5));
        }
        V_STORE(out, V_FMA(V_LOAD(a), V_LOAD(b), V_LOAD(c)));
        for (int l = 0; l < W; l++) {
            const float wanted = fmaf(a[l], b[l], c[l]);
            expect(wanted != wanted ? out[l] != out[l] : !memcmp(&wanted, &out[l], sizeof wanted),
                   "V_FMA is not the library's");
        }
    }
}

TARGET static void squares(void) {
    float square[256], turned[256];
    for (int i = 0; i < 256; i++) square[i] = (float)i;
    for (int part = 0; part < 2; part++) {
        memset(turned, 0, sizeof turned);
        if (part)
            TRANSPOSE_PART(square, 5, turned, 11);
        else
            TRANSPOSE(square, 16, turned, 16);
        for (int i = 0; i < 256; i++) {
            const int rows = part ? 5 : 16, columns = part ? 11 : 16;
            const int kept = i % 16 < rows && i / 16 < columns;
            expect(turned[i] == (kept ? square[i % 16 * 16 + i / 16] : 0.0f), "TRANSPOSE");
        }
    }
    float spread[16 * 48];
    for (int i = 0; i < 16 * 48; i++) spread[i] = (float)i;
    TRANSPOSE(square, 16, spread + 16, 48);
    TRANSPOSE(spread + 16, 48, turned, 16);
    for (int i = 0; i < 256; i++) expect(turned[i] == square[i], "TRANSPOSE there and back");
    for (int i = 0; i < 16 * 48; i++)
        expect(i / 16 % 3 == 1 || spread[i] == (float)i,
               "TRANSPOSE writes nothing beside its rows");
}

TARGET static void lists(void) {
    for (int i = -200; i < 200; i++) {
        float in[16], row[16], to[32];
        int32_t at[32];
        int alive = 0;
        for (int l = 0; l < 16; l++) {
            row[l] = (float)l;
            in[l] = (i * (l + 3)) % 7 < 3 ? (float)(i + l) : l % 2 ? -0.0f : 0.0f;
        }
        const int n = COMPRESS(to, at, NONZERO(LOAD(in)), LOAD(row), IOTA());
        for (int l = 0; l < 16; l++)
            if (in[l] != 0.0f) {
                expect(to[alive] == (float)l && at[alive] == l, "COMPRESS");
                alive++;
            }
        expect(alive == n, "COMPRESS counts");
    }
}

TARGET static void sums_of_rows(void) {
    float a[32], b[32], to[33] = {0};
    for (int i = 0; i < 32; i++) a[i] = (float)i + 0.3f, b[i] = 0.7f / ((float)i + 1.0f);
    ADD_ROW(to, a, b, 32);
    for (int i = 0; i < 32; i++) expect(to[i] == a[i] + b[i], "ADD_ROW");
    ADD_ROW(to, to, b, 16);
    for (int i = 0; i < 32; i++)
        expect(to[i] == (i < 16 ? a[i] + b[i] + b[i] : a[i] + b[i]), "ADD_ROW in place");
    expect(to[32] == 0.0f, "ADD_ROW writes nothing behind its row");
    float total[17], mean[17] = {0};
    for (int i = 0; i < 16; i++) total[i] = 99.0f, mean[i] = a[i];
    total[16] = 0.0f;
    GATHER_ROW(total, mean, 3.0f, true, 1.0f / 3.0f, 16);
    for (int i = 0; i < 16; i++)
        expect(total[i] == 3.0f * a[i] && mean[i] == 1.0f / 3.0f * total[i],
               "GATHER_ROW, the first");
    for (int i = 0; i < 16; i++) mean[i] = b[i];
    GATHER_ROW(total, mean, 5.0f, false, 0.125f, 16);
    for (int i = 0; i < 16; i++) {
        const double wanted = (double)(3.0f * a[i]) + 5.0 * (double)b[i];
        expect(total[i] == (float)wanted && mean[i] == 0.125f * total[i], "GATHER_ROW, the second");
    }
    expect(total[16] == 0.0f && mean[16] == 0.0f, "GATHER_ROW writes nothing behind its row");
    float average[17];
    for (int i = 0; i < 16; i++) average[i] = a[i];
    average[3] = 0x1p-63f, average[16] = 0.0f;
    b[3] = 0.0f;
    FOLLOW_ROW(average, b, 0.25f, 16);
    for (int i = 0; i < 16; i++) {
        const double wanted = (double)a[i] + 0.25 * (double)(b[i] - a[i]);
        expect(average[i] == (i == 3 ? 0.0f : (float)wanted), "FOLLOW_ROW");
    }
    expect(average[16] == 0.0f, "FOLLOW_ROW writes nothing behind its row");
}

TARGET static void dropout(int error) {
    const NnDrop d = {.key = nn_dropout_key(1, 2, 3, 4),
                      .threshold = 19661,
                      .first = 7,
                      .words = 4096,
                      .scale = 1.0f};
    double kept = 0;
    for (int e = 0; e < 1 << 18; e += 16) {
        float out[16];
        STORE(out, DROPPED(SET(1.0f), &d, e & 1023, e));
        for (int l = 0; l < 16; l++) {
            kept += (double)out[l];
            sum = sum * 31 + (out[l] > 0.0f);
        }
    }
    if (error)
        printf("dropout keeps %.4f\n", kept / (1 << 18));
    else
        printf("dropout %08x\n", sum);
    expect(fabs(kept / (1 << 18) - 0.7) < 0.004, "DROPPED");
}

/* What is drawn for a sample of the batch, as docs/numbers.md has it. */
static uint32_t drawn_word(const NnDrop *d, int sample, uint32_t word) {
    uint32_t x = ((d->first + (uint32_t)sample) * d->words + word) * 0x9E3779B1u ^ d->key;
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

static double drawn_bits(const NnDrop *d, int sample, uint32_t word) {
    return (double)(drawn_word(d, sample, word) >> 8);
}

/* Rows of random values against their formulas in double; mean and variance of all. */
TARGET static void random_values(int error) {
    enum { ELEMENTS = 1 << 18, EACH = 4096 };
    const NnDrop d = {.key = nn_dropout_key(1, 2, 3, 4), .first = 7, .words = EACH};
    double mean[2] = {0}, square[2] = {0}, worst = 0;
    for (int e = 0; e < ELEMENTS; e += 16) {
        float out[2][16], bits[16], words[16];
        const int sample = e / EACH, element = e % EACH;
        STORE(words, AS_FLOAT(DRAWN(&d, sample, (uint32_t)element)));
        STORE(bits, DRAWN_BITS(&d, sample, (uint32_t)element));
        STORE(out[0], UNIFORM(&d, sample, element));
        STORE(out[1], NORMAL(&d, sample, element));
        for (int l = 0; l < 16; l++) {
            const uint32_t word = (uint32_t)(element + l), one = (uint32_t)(element / 32 * 32 + l);
            const uint32_t drawn = drawn_word(&d, sample, word);
            expect(!memcmp(&words[l], &drawn, sizeof drawn), "DRAWN");
            expect((double)bits[l] == drawn_bits(&d, sample, word), "DRAWN_BITS");
            expect((double)out[0][l] == (double)bits[l] / 0x1p24, "UNIFORM");
            const double size = sqrt(-2 * log((drawn_bits(&d, sample, one) + 1) / 0x1p24));
            const double turn = drawn_bits(&d, sample, one + 16) / 0x1p24 - 0.5;
            const double angle = 6.283185307179586 * turn;
            const double wanted = size * (element & 16 ? sin(angle) : cos(angle));
            worst = fmax(worst, fabs((double)out[1][l] - wanted));
            for (int i = 0; i < 2; i++) {
                uint32_t u;
                memcpy(&u, &out[i][l], 4);
                sum = sum * 31 + u;
                mean[i] += (double)out[i][l] / ELEMENTS;
                square[i] += (double)out[i][l] * (double)out[i][l] / ELEMENTS;
            }
        }
    }
    if (error)
        printf("normal numbers %.2g\n", worst);
    else
        printf("random values %08x\n", sum);
    expect(worst < 1.5e-6, "NORMAL");
    expect(fabs(mean[0] - 0.5) < 0.002 && fabs(square[0] - 1 / 3.0) < 0.002, "UNIFORM's moments");
    expect(fabs(mean[1]) < 0.006 && fabs(square[1] - 1) < 0.01, "NORMAL's moments");
}

TARGET static void odd_numbers(void) {
    const float odd[ODD_NUMBERS] = {0.0f, -0.0f,   1.5f,   -1.5f,   INFINITY, -INFINITY,
                                    NAN,  -100.0f, 1e-40f, -1e-44f, 1.2e-38f, 3e-20f};
    float p[PAIRS], q[PAIRS];
    for (int i = 0; i < PAIRS; i++) p[i] = odd[i / ODD_NUMBERS], q[i] = odd[i % ODD_NUMBERS];
    ODD("add", ADD(x, y));
    ODD("sub", SUB(x, y));
    ODD("mul", ROUNDED(MUL(x, y)));
    ODD("fma", FMA(x, y, SET(1e-40f)));
    ODD("fma of zeros", FMA(x, y, SET(-0.0f)));
    ODD("sum16", SET(SUM16(y)));
    ODD("max16", SET(MAX16(y)));
    ODD("nonzero", KEEP(NONZERO(y), SET(1.0f)));
    ODD("larger than 0", MAX(x, SET(0.0f)));
    ODD("smaller than 0", MIN(SET(0.0f), x));
    ODD("0 is larger", SELECT(GT(SET(0.0f), x), SET(0.0f), x));
    ODD("quotient", QUOTIENT(x, y));
    ODD("max", MAX(x, y));
    ODD("min", MIN(x, y));
    ODD("neg", NEG(x));
    ODD("abs", ABS(x));
    ODD("gt", SELECT(GT(x, y), x, y));
    ODD("wins", SELECT(WINS(x, y), x, y));
    ODD("keep", KEEP(GT(x, y), x));
    ODD("sqrt", SQRT(x));
    ODD("div", DIV(x, y));
    ODD("relu", RELU(x));
    ODD("cut", CUT(x));
    ODD("mean of squares", MEAN_SQUARE(x, y, 0.9f, 0.1f));
    ODD("positive", POSITIVE(x, y));
    ODD("exp", EXP(x));
    ODD("tanh", TANH(x));
    ODD("sine", SIN(x));
    ODD("cosine", COS(x));
    ODD("softplus", SOFTPLUS(x));
    ODD("log of all", LOG_ALL(x));
    ODD("equal", EQUAL(x, y));
    ODD("mish", MISH(x));
    ODD("mish's slope", MISH_SLOPE(x));
    ODD("sigmoid", SIGMOID(x));
    ODD("gelu", GELU_NONE(x));
    ODD("gelu's slope", GELU_NONE_SLOPE(x));
    ODD("gelu, tanh form", GELU_TANH(x));
    ODD("gelu's slope, tanh form", GELU_TANH_SLOPE(x));
}

int main(int argc, char **argv) {
    (void)argv;
    if (!(SUPPORTED)) return 77;
    const int error = argc > 1;
    functions(error);
    integers();
    registers();
    if (!error) fused();
    squares();
    lists();
    sums_of_rows();
    dropout(error);
    random_values(error);
    if (!error) odd_numbers();
    return failed;
}
