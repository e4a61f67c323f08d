/* What an evaluation of a running training tells: values by name, in the order of the log. */
#ifndef NN_RUNTIME_COLUMNS_H
#define NN_RUNTIME_COLUMNS_H

#include "engine.h"

typedef struct Column {
    const char *name; /* "val_accuracy" */
    double value;
    bool falls; /* less of it is better: a loss */
} Column;

/* Losses of training steps, with dropout: that of the phase, and those of members that take turns
 * in it. NaN where the phase has none of that kind. */
typedef struct Running {
    double loss, member[NN_MAX_MEMBERS];
} Running;

/* Whether a phase has one loss, so that there are columns of it; and the most members that take
 * turns in a phase, whose losses are metrics. */
bool columns_have_loss(const NnModel *model);
int columns_members(const NnModel *model);

/* loss (running training loss, with dropout), loss_1 ... of members, then <split>_loss and
 * <split>_<metric> of the splits that are evaluated, lr and grad_norm (of the last step before the
 * evaluation). */
typedef struct Columns {
    int n, running; /* the first ones are running losses */
    Column *list;
} Columns;

/* The columns of a model for the splits that are evaluated, without values. */
Columns columns_new(const NnModel *model, const bool evaluated[SPLIT_COUNT]);

/* Fills them in. */
void columns_fill(Columns *columns, const NnModel *model, const bool evaluated[SPLIT_COUNT],
                  Running running, const Scores scores[SPLIT_COUNT], double lr, double grad_norm);

#endif
