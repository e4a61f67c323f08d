/* What every function of an instruction set's vocabulary gives, for arguments over the whole range.
 * Included by what vocabulary.c writes, behind the vocabulary; TARGET is its function attribute. */
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
            if (worst > limit) failed = 1;                                                         \
        } else                                                                                     \
            printf("%s %08x\n", name, sum);                                                        \
    } while (0)
/* Zeros of either sign, infinities and NaN in all pairs; a NaN is a NaN, whatever its bits. */
#define ODD(name, call)                                                                            \
    do {                                                                                           \
        for (int i = 0; i < 64; i += 16) {                                                         \
            const F16 x = LOAD(p + i), y = LOAD(q + i);                                            \
            (void)y;                                                                               \
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

TARGET static int run(int error) {
    uint32_t sum = 0;
    int failed = 0;
    double limit = 3e-7;
    CASE("exp", EXP(x), exp(v), 0.02f);
    CASE("log", LOG(ADD(ABS(x), SET(1e-3f))), log((double)(fabsf(in[l]) + 1e-3f)), 0.37f);
    CASE("sigmoid", SIGMOID(x), 1.0 / (1.0 + exp(-v)), 0.02f);
    CASE("tanh", TANH(x), tanh(v), 0.003f);
    limit = 1.2e-7;
    CASE("quotient", QUOTIENT(SET(0.7f), ADD(ABS(x), SET(1e-8f))),
         (double)0.7f / (double)(fabsf(in[l]) + 1e-8f), 0.37f);
    CASE("quotient of small numbers", QUOTIENT(x, SET(3e-20f)), v / (double)3e-20f, 1e-25f);
    limit = 1e-6;
    CASE("sum16", SET(SUM16(ABS(x))), ({
             double s = 0;
             for (int k = 0; k < 16; k++) s += fabs((double)in[k]);
             s;
         }),
         0.1f);
    CASE("max16", SET(MAX16(x)), ({
             double m = in[0];
             for (int k = 0; k < 16; k++) m = fmax(m, (double)in[k]);
             m;
         }),
         0.1f);
    CASE("lanes", LANES(x, 3, 7), (l >= 3 && l < 10 ? v : 0.0), 0.1f);
    CASE("relu", RELU(x), fmax(v, 0), 0.1f);
    uint8_t bytes[16];
    CASE("bytes", (STORE_BYTES(bytes, IADD(IOTA(), ISET(200))), TO_FLOAT(LOAD_BYTES(bytes))),
         (double)(l + 200), 0.1f);
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
            if (turned[i] != (kept ? square[i % 16 * 16 + i / 16] : 0.0f)) failed = 1;
        }
    }
    float spread[16 * 48];
    for (int i = 0; i < 16 * 48; i++) spread[i] = (float)i;
    TRANSPOSE(square, 16, spread + 16, 48);
    TRANSPOSE(spread + 16, 48, turned, 16);
    for (int i = 0; i < 256; i++)
        if (turned[i] != square[i]) failed = 1;
    for (int i = 0; i < 16 * 48; i++)
        if (i / 16 % 3 != 1 && spread[i] != (float)i) failed = 1;
    for (int i = -200; i < 200; i++) {
        float in[16], row[16], to[32];
        int32_t at[32];
        int n = 0, alive = 0;
        for (int l = 0; l < 16; l++)
            row[l] = (float)l, in[l] = (i * (l + 3)) % 7 < 3 ? (float)(i + l)
                                       : l % 2               ? -0.0f
                                                             : 0.0f;
        n = COMPRESS(to, at, NONZERO(LOAD(in)), LOAD(row), IOTA());
        for (int l = 0; l < 16; l++)
            if (in[l] != 0.0f) {
                if (to[alive] != (float)l || at[alive] != l) failed = 1;
                alive++;
            }
        if (alive != n) failed = 1;
    }
    NnDrop d = {.key = 12345, .threshold = 19661, .first = 7, .words = 4096, .scale = 1.0f};
    double kept = 0;
    for (int e = 0; e < 1 << 18; e += 16) {
        float out[16];
        STORE(out, DROPPED(SET(1.0f), &d, e & 1023, e));
        for (int l = 0; l < 16; l++) {
            kept += (double)out[l];
            sum = sum * 31 + (out[l] > 0.0f);
        }
    }
    if (error) {
        printf("dropout keeps %.4f\n", kept / (1 << 18));
        if (fabs(kept / (1 << 18) - 0.7) > 0.004) failed = 1;
    } else
        printf("dropout %08x\n", sum);
    const float odd[8] = {0.0f, -0.0f, 1.5f, -1.5f, INFINITY, -INFINITY, NAN, -100.0f};
    float p[64], q[64];
    for (int i = 0; i < 64; i++) p[i] = odd[i / 8], q[i] = odd[i % 8];
    if (!error) {
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
        ODD("positive", POSITIVE(x, y));
        ODD("exp", EXP(x));
        ODD("tanh", TANH(x));
        ODD("sigmoid", SIGMOID(x));
    }
    return failed;
}

int main(int argc, char **argv) {
    (void)argv;
    return run(argc > 1);
}
