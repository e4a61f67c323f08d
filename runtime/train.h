/* A training as its loop and its reports see it. */
#ifndef NN_RUNTIME_TRAIN_H
#define NN_RUNTIME_TRAIN_H

#include <stdio.h>

#include "columns.h"
#include "plot.h"
#include "progress.h"
#include "tensorboard.h"
#include "weights.h"

/* Training steps of this run since the last evaluation. */
typedef struct Speed {
    int64_t samples;
    double seconds;
} Speed;

/* What the evaluations of a phase are judged by. */
typedef struct Monitor {
    int column; /* that of val_loss where nothing is judged; Columns.n: there is none */
    bool falls; /* less is better */
} Monitor;

typedef struct Training {
    const NnModel *model;
    Options options; /* of --resume: the checkpoint's */
    Position at;
    Initial *initial; /* of --load; NULL: initial values are drawn */
    bool resumed;     /* the state at `at` is loaded: do not begin its round or phase anew */
    double seconds;   /* spent on the round, until the last evaluation */
    double since;     /* clock reading minus those */
    int64_t steps_run;
    const char *checkpoint; /* the file of this round's checkpoint; NULL: none */
    const char *here; /* the replacement for --save if that could not be written; NULL: it could */
    double saved;     /* clock reading when it was written, or the training began */
    bool shown_next;  /* squares are wanted of the next step, for the progress */
    bool stopped;     /* before the end, and all that is needed to resume is written in its place */
    bool failed;      /* a file or a report could not be written in its place */
    Engine engine;
    double lr, grad_norm; /* of the latest steps where they were asked for */
    Speed speed;
    int *order;   /* of the training samples in this epoch */
    bool ordered; /* they are in the order of this epoch */
    void *good;   /* the state at the beginning of this epoch, or at an evaluation after that, when
                     all values were finite */
    Position good_at;
    Monitor *monitors; /* of the phases */
    float **best;      /* of each parameter the values to keep; NULL: the last ones are kept */
    void *shown;       /* the state while other weights are evaluated; NULL: none were */
    bool showing;

    FILE *log;       /* CSV, NULL: none */
    Columns columns; /* of the latest evaluation */
    double *row;     /* room for values of the columns */
    Plot plot;
    EventFile *events; /* for TensorBoard, of this round; NULL: none */
    Scores scores[SPLIT_COUNT];
    Progress progress;
    bool there[SPLIT_COUNT];   /* splits that the data have */
    bool watched[SPLIT_COUNT]; /* splits that are evaluated during training */
    bool evaluated;            /* the scores are those of an epoch of this round */
    /* Results of the rounds that this run has finished, [loss, metrics...][split]: mean, and sum of
     * squared distances from it. */
    struct {
        double mean, squares;
    } * rounds;
    int n_rounds;
} Training;

/* The position of a training, in train_step.c. Samples of a batch of the phase, of an epoch, and
 * steps of an epoch of the phase. */
int phase_batch(const Training *t, int phase);
int64_t epoch_samples(const Training *t);
int64_t epoch_steps(const Training *t, int phase);

/* Steps of a phase, and those of the phase at `at` that are done. */
int64_t phase_steps(const Training *t, int phase);
int64_t phase_step(const Training *t);

/* The last step that was done; there was one in this phase. */
When when_last(const Training *t);

/* Whether an evaluation follows the next step, and whether one follows the last step and is not
 * done yet. */
bool evaluation_follows(const Training *t);
bool evaluation_is_due(const Training *t);

/* Mean loss of the steps since the last evaluation, at least one; running_losses gives the columns
 * of the log. */
double running_loss(const Training *t);
Running running_losses(const Training *t);

/* Steps of the round that are done, as if phases never ended early. */
int64_t steps_of_round(const Training *t);

/* Steps of all rounds, done and in all. */
int64_t steps_done(const Training *t);
int64_t steps_all(const Training *t);

/* Training samples a second since the last evaluation, without the time of evaluations; 0: no step
 * has run. */
double samples_per_second(const Training *t);

uint64_t round_seed(const Training *t);

/* What a step gives: sums over its samples, and the sum of squares of its gradient, if wanted. */
typedef struct StepResult {
    double loss, squares;
    int64_t samples;
    int member;  /* whose turn it was */
    NnCall call; /* of its last batch, or of the first whose loss is not finite */
    bool lost;   /* another process is, and the step was not done */
} StepResult;

/* Runs the step at `at`, all of its batches. */
StepResult train_run(Training *t, bool squares);

/* Points the engine's fields to all samples of the batch of a step's call, in every process. */
void gather_whole_batch(Training *t, const NnCall *call);

/* Makes moments whole that processes share. False: one is lost. */
bool whole_moments(Training *t);

/* Whether the states of all processes are equal. False after a message. */
bool equal_states(Training *t);

/* Whether a value of a parameter or of a moment of this phase is not finite: the parameter's index,
 * -1 if all are; `slot` is 0 or says which moment, from 1. */
int broken_parameter(Training *t, int *slot);

/* When the loss or a parameter is no longer finite: runs the epoch again up to the first such step,
 * and names the first tensor. With --save it keeps the state at the epoch's beginning in a
 * checkpoint beside that file. Returns false. */
bool explain_divergence(Training *t);

/* The files of a training, in train_save.c. A file that cannot be written in its place goes to the
 * current folder, with a message. */

/* Checks that all files of the training can be written. Returns false after a message. */
bool save_possible(const Training *t);

/* Whether it is time to write the checkpoint, and writing it. A failure is reported and tried again
 * the next time. */
bool checkpoint_due(const Training *t);
void save_checkpoint(Training *t);

/* At the end of a round: the parameters, then the checkpoint. False, with a message, if the
 * parameters could not be written anywhere. */
bool save_round(Training *t);

/* Ends the training at the position: writes its state and prints the command that resumes it.
 * Returns false. */
bool save_and_stop(Training *t);

/* The best evaluation, in train_best.c. Finds the columns to judge by, after those are known.
 * False, with a message, if there is no such column. */
bool best_open(Training *t);

/* Before the first evaluation of a phase. */
void best_begin(Position *at);

/* After an evaluation, whose figures are in t->columns: keeps its weights if it is the best of the
 * last phase, and counts those without a gain. */
void best_judge(Training *t);

/* Whether so many evaluations were without a gain that the phase ends. */
bool out_of_patience(const Training *t);

/* The weights to save in place of those of the state; NULL: these. */
float *const *best_weights(const Training *t);

/* Whether the phase at `at` keeps averages of weights, which are saved and evaluated in their
 * place.
 */
bool averages_kept(const Training *t);

/* Puts these weights, or NULL: the averages of the phase if it keeps some, in the state, until
 * weights_hide. */
void weights_show(Training *t, float *const *weights);
void weights_hide(Training *t);

/* What the best evaluation had in the column that it was judged by. */
double best_value(const Training *t, const char **column);

/* For people: "the smallest val_loss, 0.4", "3 epochs, step 300", or "310 steps" within an epoch.
 */
const char *best_text(const Training *t, int phase, double value);
const char *steps_text(const Training *t, int phase, int64_t steps);

/* The log, in train_log.c. log_open continues after the position of a resumed training: later lines
 * are removed, and the seconds go on from the last line's. */
bool log_open(Training *t);
bool log_add(Training *t);
bool log_close(const Training *t);

/* What evaluations during training tell; needs options and data. */
void report_prepare(Training *t);

/* The picture of a round, in train_plot.c: nothing without --plot. Notes the latest evaluation, and
 * those that a line of the log tells of. */
void picture_begin(Training *t);
void picture_note(Training *t);
void picture_recall(Training *t, const char *line);

/* Draws what was noted. False after a message. */
bool picture_save(Training *t);

/* The reports of a running training: epochs and rounds as JSON or in words on standard output; on
 * standard error progress with the time left, one line on a terminal, now and then a plain line
 * elsewhere; and the log, whose columns are round (from 0), phase (from 1), epoch (from 0), step
 * (of the phase, so far), those of columns.h, samples_per_second (of training alone), seconds
 * (since the round began). Functions that return a bool return false after a message. */
bool report_open(Training *t);

/* After a step; `loss` is the running loss. */
void report_step(Training *t, double loss);

/* Where an evaluation is due: evaluates train and val, and adds to the log. False, with a message
 * or interrupted, if the evaluation has to be repeated. */
bool report_epoch(Training *t);

/* After a round: evaluates train, val and test. */
bool report_round(Training *t);

/* When a round begins, or goes on. False after a message. */
bool report_begin(Training *t);

/* Removes the progress line and closes the log. */
bool report_close(const Training *t);

#endif
