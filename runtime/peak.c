#include "peak.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "progress.h"

/* Twelve chains hide the latency of two units; x = x * a + b stays near 1. Fewer named registers
 * than the 16 of AVX2, so nothing spills. */
#define CHAINS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
enum { N_CHAINS = 12 };

typedef float (*Kernel)(int64_t steps);

#if defined __x86_64__
#include <immintrin.h>

#define START(i) __m512 x##i = _mm512_set1_ps(1.0f + 0.01f * i);
#define STEP(i) x##i = _mm512_fmadd_ps(x##i, a, b);
#define ADD(i) sum = _mm512_add_ps(sum, x##i);
__attribute__((target("avx512f"))) static float run_avx512(int64_t steps) {
    __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(0.001f), sum = _mm512_setzero_ps();
    CHAINS(START)
    for (int64_t i = 0; i < steps; i++) {
        CHAINS(STEP)
    }
    CHAINS(ADD)
    return _mm512_cvtss_f32(sum);
}
#undef START
#undef STEP
#undef ADD

#define START(i) __m256 x##i = _mm256_set1_ps(1.0f + 0.01f * i);
#define STEP(i) x##i = _mm256_fmadd_ps(x##i, a, b);
#define ADD(i) sum = _mm256_add_ps(sum, x##i);
__attribute__((target("avx2,fma"))) static float run_avx2(int64_t steps) {
    __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f), sum = _mm256_setzero_ps();
    CHAINS(START)
    for (int64_t i = 0; i < steps; i++) {
        CHAINS(STEP)
    }
    CHAINS(ADD)
    return _mm256_cvtss_f32(sum);
}
#undef START
#undef STEP
#undef ADD
#endif

#define START(i) float x##i = 1.0f + 0.01f * i;
#define STEP(i) x##i = fmaf(x##i, a, b);
#define ADD(i) sum += x##i;
static float run_portable(int64_t steps) {
    /* Volatile: otherwise the compiler knows them and may compute ahead. */
    volatile float factor = 0.999f, term = 0.001f;
    float a = factor, b = term, sum = 0;
    CHAINS(START)
    for (int64_t i = 0; i < steps; i++) {
        CHAINS(STEP)
    }
    CHAINS(ADD)
    return sum;
}

double peak_gflops(const char *isa) {
    Kernel kernel = run_portable;
    int lanes = 1;
#if defined __x86_64__
    if (strcmp(isa, "avx512") == 0) kernel = run_avx512, lanes = 16;
    if (strcmp(isa, "avx2") == 0) kernel = run_avx2, lanes = 8;
#else
    (void)isa;
#endif
    enum { RUNS = 12 };
    static volatile float result; /* so that the work is not dropped */
    const int64_t steps = 400000;
    double best = 0;
    for (int i = 0; i < RUNS; i++) {
        double start = seconds_now();
        result = kernel(steps);
        double gflops = 2.0 * N_CHAINS * lanes * (double)steps / (seconds_now() - start) * 1e-9;
        if (gflops > best) best = gflops;
    }
    (void)result;
    return best;
}
