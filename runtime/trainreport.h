/* What a training tells while it runs: epochs and rounds as JSON or in words, progress, log. */
#ifndef NN_RUNTIME_TRAINREPORT_H
#define NN_RUNTIME_TRAINREPORT_H

#include "evaluate.h"
#include "progress.h"
#include "trainlog.h"

typedef struct TrainReport {
    const NnModel *model;
    bool json;
    int64_t rounds, rounds_told;
    Progress progress;
    TrainLog log;
    Scores train, val, test;
    double *sum, *squares; /* per metric, over the test results of the rounds */
} TrainReport;

/* Opens the log. False with a message; trainreport_close is due all the same. */
bool trainreport_open(TrainReport *report, const NnModel *model, const Options *options);

/* The training begins, or goes on: `done` of `steps` steps of all rounds are done. */
void trainreport_begin(TrainReport *report, int64_t rounds, int64_t steps, int64_t done);

/* After a step; `loss` is the running loss of the epoch. */
void trainreport_step(TrainReport *report, int64_t done, const Position *at, double loss);

/* After an epoch, with `done` steps done: evaluates train and val. False, with a message, if the
 * log cannot be written. */
bool trainreport_epoch(TrainReport *report, Engine *engine, const Dataset *data, When when,
                       int64_t done, const Position *at, double loss);

/* After a round: evaluates train, val and test. False, with a message, if output fails. */
bool trainreport_round(TrainReport *report, Engine *engine, const Dataset *data, When when,
                       const Position *at, uint64_t seed);

/* After the last round: the mean over several. */
void trainreport_end(TrainReport *report);

/* Takes the progress line away, for other messages. */
void trainreport_clear(const TrainReport *report);

/* Closes the log and frees; a report of zeros is allowed. False, with a message, if the log could
 * not be written. */
bool trainreport_close(TrainReport *report);

#endif
