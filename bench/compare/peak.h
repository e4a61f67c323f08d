/* The peak against which all peers are measured. */
#ifndef BENCH_COMPARE_PEAK_H
#define BENCH_COMPARE_PEAK_H

#ifdef __cplusplus
extern "C" {
#endif

double seconds_now(void);

/* GFLOP/s of fused multiply-adds on registers alone, one thread, now; the widest vectors of the
 * machine that this is compiled for. */
double peak_gflops(void);

#ifdef __cplusplus
}
#endif

#endif
