#define _GNU_SOURCE
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const double terminal_pause = 0.1, plain_pause = 5; /* seconds between lines */

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_start(Progress *progress, bool quiet, int64_t total, int64_t done) {
    *progress = (Progress){
        .quiet = quiet,
        .terminal = isatty(STDERR_FILENO) == 1,
        .total = total > 0 ? total : 1,
        .begun_at = done,
        .started = seconds_now(),
        .shown = -1e9,
    };
}

bool progress_due(const Progress *progress, int64_t done) {
    if (progress->quiet) return false;
    double pause = progress->terminal ? terminal_pause : plain_pause;
    return done >= progress->total || seconds_now() - progress->shown >= pause;
}

static void put_duration(double seconds) {
    long s = (long)(seconds + .5);
    if (s >= 3600)
        fprintf(stderr, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        fprintf(stderr, "%ld:%02ld", s / 60, s % 60);
}

void progress_show(Progress *progress, int64_t done, const char *words) {
    if (progress->quiet) return;
    progress->shown = seconds_now();
    double part = (double)done / (double)progress->total;
    if (progress->terminal) {
        enum { WIDTH = 20 };
        int full = (int)(part * WIDTH);
        fputs("\r\033[K[", stderr);
        for (int i = 0; i < WIDTH; i++) fputc(i < full ? '#' : '.', stderr);
        fputs("] ", stderr);
    }
    fprintf(stderr, "%3.0f%%  %s", 100 * part, words);
    int64_t here = done - progress->begun_at;
    if (here > 0 && done < progress->total) {
        fputs("  left ", stderr);
        put_duration((progress->shown - progress->started) / (double)here *
                     (double)(progress->total - done));
    }
    if (!progress->terminal) fputc('\n', stderr);
    fflush(stderr);
}

void progress_clear(const Progress *progress) {
    if (!progress->quiet && progress->terminal) fputs("\r\033[K", stderr);
}
