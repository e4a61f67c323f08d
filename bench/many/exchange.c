/* What it takes to have the sum of all gradients in every process: the exchange of rows that is the
 * same for any number of processes, and the additions after it, beside MPI_Allreduce of the same
 * payload, whose bits depend on it. Start it with mpirun; medians of runs in turn, in microseconds.
 * `exchange RUNS FLOATS` makes fewer runs, and rows of so many floats at most. Terms of the model
 * in docs/many-machines.md: the time of an empty gather, and of a byte. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"
#include "peers_mpi.h"
#include "report.h"

enum { RUNS = 301 };
static int runs = RUNS;

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of the slowest process. */
static double median(double *times) {
    double mine, most;
    qsort(times, (size_t)runs, sizeof *times, compare);
    mine = 1e6 * times[runs / 2];
    MPI_Allreduce(&mine, &most, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return most;
}

/* Rows of n floats: gathered, then added one after the other. */
static double by_rows(const NnPeers *peers, float *rows, float *sum, size_t n) {
    int from[NN_MAX_PEERS + 1];
    const double begun = seconds_now();
    for (int i = 0; i <= peers->size; i++) from[i] = i;
    if (!peers->gather(peers->net, rows, n * sizeof *rows, from)) exit(1);
    memcpy(sum, rows, n * sizeof *rows);
    for (int p = 1; p < peers->size; p++)
        for (size_t i = 0; i < n; i++) sum[i] += rows[(size_t)p * n + i];
    return seconds_now() - begun;
}

static double by_allreduce(const float *own, float *sum, size_t n) {
    const double begun = seconds_now();
    MPI_Allreduce(own, sum, (int)n, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    return seconds_now() - begun;
}

int main(int argc, char **argv) {
    static const size_t sizes[] = {16, 4096, 16384, 65536, 153968, 262144, 1048576};
    static double rows_took[RUNS], allreduce_took[RUNS];
    const int given = argc > 1 ? atoi(argv[1]) : RUNS;
    const size_t largest =
        argc > 2 ? (size_t)atol(argv[2]) : sizes[sizeof sizes / sizeof *sizes - 1];
    if (given > 0 && given < RUNS) runs = given;
    report_program("exchange");
    use_mpi();
    if (!peers_join()) return 1;
    peers_work(60);
    const NnPeers *peers = peers_now();
    if (!peers) return fprintf(stderr, "exchange: start it with mpirun -n 2\n"), 2;
    const size_t most = sizes[sizeof sizes / sizeof *sizes - 1];
    float *rows = calloc(most * (size_t)peers->size, sizeof *rows),
          *sum = calloc(most, sizeof *sum);
    if (!rows || !sum) return 1;
    printf("%d processes\n%10s %12s %12s %10s\n", peers->size, "floats", "rows, us",
           "allreduce, us", "ratio");
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes && sizes[s] <= largest; s++) {
        for (int run = -5; run < runs; run++) {
            MPI_Barrier(MPI_COMM_WORLD);
            const double a = by_rows(peers, rows, sum, sizes[s]);
            MPI_Barrier(MPI_COMM_WORLD);
            const double b = by_allreduce(rows + (size_t)peers->rank * sizes[s], sum, sizes[s]);
            if (run < 0) continue;
            rows_took[run] = a;
            allreduce_took[run] = b;
        }
        const double a = median(rows_took), b = median(allreduce_took);
        printf("%10zu %12.1f %12.1f %10.2f\n", sizes[s], a, b, a / b);
    }
    free(rows);
    free(sum);
    return peers_leave(0);
}
