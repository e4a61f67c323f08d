/* A training as its loop and its reports see it. */
#ifndef NN_RUNTIME_TRAIN_H
#define NN_RUNTIME_TRAIN_H

#include <stdio.h>

#include "progress.h"
#include "weights.h"

typedef struct Training {
    const NnModel *model;
    Options options; /* with --resume the checkpoint's */
    Position at;
    Initial *initial; /* of --load; NULL: initial values are drawn */
    bool resumed;     /* the state at `at` is loaded: do not begin its round or phase anew */
    double since;     /* clock reading minus at.seconds */
    int64_t steps_run;
    const char *checkpoint; /* where that of this round goes; NULL: nowhere */
    const char *here; /* what stands for --save where that cannot be written; NULL: all could */
    double saved;     /* clock reading when it was written, or the training began */
    bool stopped; /* before the end, and what is needed to go on is written where it was to be */
    bool failed;  /* something could not be written or told as it was to be */
    Engine engine;
    NnCall last; /* the latest step */
    int *order;  /* of the training samples in this epoch */
    void *good;  /* the state at the beginning of this epoch, where all was finite */
    Position good_at;

    FILE *log; /* CSV, NULL: none */
    Scores scores[SPLIT_COUNT];
    Progress progress;
    double loss;    /* running training loss of the latest epoch that has ended */
    bool evaluated; /* the scores are those of an epoch of this round */
    /* Of the rounds that this run has ended, [loss, metrics...][split]: mean, and sum of squared
     * distances from it. */
    struct {
        double mean, squares;
    } * rounds;
    int n_rounds;
} Training;

/* Of all rounds. */
int64_t steps_done(const Training *t);
int64_t steps_all(const Training *t);

uint64_t round_seed(const Training *t);

/* The step at `at`: its samples are gathered. */
NnCall train_call(Training *t);

/* Whether a value of a parameter or of a moment of this phase is not finite: the parameter's index,
 * -1 if all are; `slot` is 0 or says which moment, from 1. */
int broken_parameter(Training *t, int *slot);

/* When the loss or a parameter is no longer finite: goes through the epoch again up to the step
 * where that begins, and says which tensor is the first. With --save the state of the epoch's
 * beginning is kept in a checkpoint beside that file. Returns false. */
bool explain_divergence(Training *t);

/* What a training leaves, in train_save.c. A file that cannot be written where it was to be goes to
 * the current folder, which is said. */

/* Whether all that the training will leave can be written; false with a message. */
bool save_possible(const Training *t);

/* Whether it is time to write the checkpoint, and writing it. A failure is told and waits for the
 * next time. */
bool checkpoint_due(const Training *t);
void save_checkpoint(Training *t);

/* At the end of a round: the parameters, then the checkpoint. False, with a message, if the
 * parameters could not be written anywhere. */
bool save_round(Training *t);

/* Ends the training at the position: writes what there is and says how to go on; false. */
bool save_and_stop(Training *t);

/* The log, in train_log.c. log_open goes on after a resumed training's position: later lines are
 * taken away. */
bool log_open(Training *t);
bool log_add(Training *t, double loss);
bool log_close(const Training *t);

/* What a training tells while it runs: epochs and rounds as JSON or in words on standard output; on
 * standard error progress with the time left, one line on a terminal, now and then a plain line
 * elsewhere; and the log, whose columns are round (from 0), phase (from 1), epoch (from 0), loss
 * (running training loss, with dropout), train_loss, train_<metric>..., val_loss, val_<metric>...,
 * seconds (since the round began). Those that return a bool give false with a message. */
bool report_open(Training *t);

/* After a step; `loss` is the running loss of the epoch. */
void report_step(Training *t, double loss);

/* After an epoch: evaluates train and val, and adds to the log. False, with a message or
 * interrupted, if it has to be done again. */
bool report_epoch(Training *t, When when, double loss);

/* After a round: evaluates train, val and test. */
bool report_round(Training *t, When when);

/* Takes the progress line away and closes the log. */
bool report_close(const Training *t);

#endif
