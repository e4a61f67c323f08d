/* How fast this machine multiplies and adds. */
#ifndef NN_RUNTIME_PEAK_H
#define NN_RUNTIME_PEAK_H

/* GFLOP/s (a fused multiply-add counts as two) that one thread reaches now on registers alone with
 * the instructions that code for `isa` uses: 16 lanes for "avx512", 8 for "avx2", else the fmaf
 * that portable code calls. The best of several runs of a millisecond or so. The caller makes sure
 * that the machine has them. */
double peak_gflops(const char *isa);

#endif
