/* A picture of a training: loss and metrics by epoch. */
#ifndef NN_RUNTIME_PLOT_H
#define NN_RUNTIME_PLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "columns.h"

/* Where an evaluation is: after so many steps of the phase, which counts from 0. */
typedef struct PlotPlace {
    int64_t phase, step;
} PlotPlace;

/* The evaluations of a round so far. */
typedef struct Plot {
    int n, room, width;
    double *values; /* [n][width]: in the order of the columns */
    PlotPlace *places;
} Plot;

/* Forgets what was noted, for rows of so many values. */
void plot_begin(Plot *plot, int width);

/* Notes an evaluation. */
void plot_add(Plot *plot, PlotPlace at, const double *values);

/* What the picture says besides the curves. */
typedef struct PlotText {
    const char *title;
    const double *epoch_steps; /* of each phase: steps in an epoch */
    const char *best;          /* words for the best evaluation; NULL: none is marked */
    PlotPlace best_at;
} PlotText;

/* Writes F.svg: a field for the loss and one for each metric, the losses of members among them,
 * with a curve for each column that ends in its name, or is the running loss. The bytes depend on
 * the arguments alone. False with a message. */
bool plot_write(const Plot *plot, const Columns *columns, const NnModel *model, PlotText text,
                const char *path);

#endif
