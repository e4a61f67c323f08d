#include "check_compare.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

void worst_note(Worst *worst, double error, const char *what, const char *name) {
    if (isnan(error)) error = INFINITY;
    if (error <= worst->error) return;
    worst->error = error;
    snprintf(worst->name, sizeof worst->name, "%s %s", what, name);
}

double relative_error(const float *found, const double *wanted, int64_t count) {
    double largest = 0, difference = 0;
    for (int64_t i = 0; i < count; i++) {
        double off = fabs((double)found[i] - wanted[i]);
        if (!isfinite(off)) return INFINITY;
        if (off > difference) difference = off;
        if (fabs(wanted[i]) > largest) largest = fabs(wanted[i]);
    }
    if (difference == 0) return 0;
    return largest > 0 ? difference / largest : INFINITY;
}

double update_error(const float *found, const double *wanted, const float *before, int64_t count) {
    double largest = 0, difference = 0;
    for (int64_t i = 0; i < count; i++) {
        double off = fabs((double)found[i] - wanted[i]) - FLT_EPSILON * fabs(wanted[i]);
        if (!isfinite(off)) return INFINITY;
        if (off > difference) difference = off;
        double movement = fabs(wanted[i] - (double)before[i]);
        if (movement > largest) largest = movement;
    }
    if (difference <= FLT_MIN) return 0; /* what is smaller than normal is flushed to zero */
    return largest > 0 ? difference / largest : INFINITY;
}
