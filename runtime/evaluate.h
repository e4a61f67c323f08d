/* Loss and metrics over a split, without dropout. */
#ifndef NN_RUNTIME_EVALUATE_H
#define NN_RUNTIME_EVALUATE_H

#include "engine.h"

/* Samples per call, whatever the threads, so that the sums are the same everywhere. */
enum { EVALUATE_BATCH = 256 };

/* Where in the training the model is: for losses with scheduled weights. */
typedef struct When {
    int phase;
    int64_t epoch, epochs, step, steps;
} When;

/* The end of the last phase, with the architecture's epochs. */
When when_trained(const NnModel *model);

/* Means over samples. `metrics` has one value per metric of the model. */
typedef struct Scores {
    double loss, *metrics;
} Scores;

Scores scores_new(const NnModel *model);
void scores_free(Scores *scores);

/* Evaluates a complete split; the engine's max_batch is EVALUATE_BATCH or more, or the split has
 * no more samples than that. */
void evaluate_split(Engine *engine, const Split *split, When when, Scores *scores);

/* An object with each metric by name, and first the loss if wanted. */
json_t *scores_json(const NnModel *model, const Scores *scores, bool loss);

/* A line for each sample of a split: index, the labels that the data has, predictions and, if
 * all fields are there, metrics of that sample alone; CSV with a header line, or JSON. Columns
 * bear the names of the fields, predictions (name_0, name_1, ... for vectors) and metrics; a label
 * that a prediction is named after is called <name>_label. */
void write_predictions(Engine *engine, const Split *split, bool json, FILE *out);

#endif
