/* What an evaluation of a running training tells: values by name, in the order of the log. */
#ifndef NN_RUNTIME_COLUMNS_H
#define NN_RUNTIME_COLUMNS_H

#include "engine.h"

typedef struct Column {
    const char *name; /* "val_accuracy" */
    double value;
    bool falls; /* less of it is better: a loss */
} Column;

/* loss (running training loss, with dropout), then <split>_loss and <split>_<metric> of the splits
 * that are evaluated, lr and grad_norm (of the last step before the evaluation). */
typedef struct Columns {
    int n;
    Column *list;
} Columns;

/* The columns of a model for the splits that are evaluated, without values. */
Columns columns_new(const NnModel *model, const bool evaluated[SPLIT_COUNT]);

/* Fills them in. */
void columns_fill(Columns *columns, const NnModel *model, const bool evaluated[SPLIT_COUNT],
                  double loss, const Scores scores[SPLIT_COUNT], double lr, double grad_norm);

#endif
