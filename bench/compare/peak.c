/* Prints the machine's peak of float multiply-adds, as bench measures it. */
#include "peak.h"

#include <time.h>

#ifdef __AVX512F__
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif
typedef float V __attribute__((vector_size(LANES * sizeof(float))));

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Twelve chains hide the latency of two units and leave room in 16 registers. */
#define CHAINS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#define START(i) V x##i = a * (1.0f + 0.01f * i);
#define STEP(i) x##i = x##i * a + b;
#define ADD(i) sum += x##i;

static float multiply_add(long steps, float factor, float term) {
    const V zero = {0}, a = zero + factor, b = zero + term;
    V sum = zero;
    CHAINS(START)
    for (long s = 0; s < steps; s++) {
        CHAINS(STEP)
    }
    CHAINS(ADD)
    return sum[0];
}

double peak_gflops(void) {
    /* Volatile: the compiler may compute ahead with values that it knows. */
    static volatile float factor = 0.999f, term = 0.001f, result;
    const long steps = 400000;
    double best = 0;
    for (int run = 0; run < 12; run++) {
        const double start = seconds_now();
        result = multiply_add(steps, factor, term);
        const double gflops =
            2.0 * 12 * (double)LANES * (double)steps / (seconds_now() - start) * 1e-9;
        if (gflops > best) best = gflops;
    }
    (void)result;
    return best;
}
