/* The log of a training: a CSV file with a line for each epoch. */
#ifndef NN_RUNTIME_TRAINLOG_H
#define NN_RUNTIME_TRAINLOG_H

#include "checkpoint.h"
#include "evaluate.h"

typedef struct TrainLog {
    FILE *out; /* NULL: no log */
    const char *path;
} TrainLog;

/* Opens the log and writes the header line; `append` keeps what is there. `path` NULL: no log.
 * Columns: round (from 0), phase (from 1), epoch (from 0), loss (running training loss, with
 * dropout), train_loss, train_<metric>..., val_loss, val_<metric>..., seconds (since the round
 * began). False with a message. */
bool trainlog_open(TrainLog *log, const NnModel *model, const char *path, bool append);

/* Adds a line; it is in the file when this returns. False with a message. */
bool trainlog_add(TrainLog *log, const NnModel *model, const Position *at, double loss,
                  const Scores *train, const Scores *val);

/* False, with a message, if the file could not be written. */
bool trainlog_close(TrainLog *log);

#endif
