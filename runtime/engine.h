/* A model made ready to run: code for this machine, memory, threads, weights, data. */
#ifndef NN_RUNTIME_ENGINE_H
#define NN_RUNTIME_ENGINE_H

#include "commands.h"
#include "team.h"

/* The position of a call in the training, for schedules. */
typedef struct When {
    int phase;
    int64_t epoch, epochs, step, steps;
} When;

typedef struct Engine {
    const NnModel *model;
    const NnCode *code;
    Team *team;
    int threads;
    const NnPeers *peers; /* processes that share the work; NULL: this one is alone */
    void *state, *work;
    void **room;         /* per field: gathered samples of the largest batch, of any type */
    const void **fields; /* per field: what the next call reads */
    NnType *types;       /* per field: its type */
    float *values;       /* room for the largest parameter */
    Dataset data;
    Normal *read;              /* per field: what the file of weights tells of its normalisation */
    bool *normal;              /* per field: its measured mean and deviation are set */
    const char *const **names; /* per field: the names of classes in the file of weights, or NULL */
    When trained; /* the last step of the training of its weights; no steps: not known */
    /* Called after each batch of an evaluation, unless NULL; `samples` are done. False: to leave
     * it.
     */
    bool (*evaluated)(void *arg, int samples);
    void *evaluated_arg;
    bool told; /* that a loss or metric is not finite: once is enough */
} Engine;

/* The code that --isa names, else the best one that the machine has. NULL, with a message, if the
 * machine lacks it. */
const NnCode *engine_code(const NnModel *model, const Options *options);

/* A team of threads that ends with the memory of its command. NULL, with a message, if a thread
 * cannot be started. */
Team *engine_team(int threads);

/* Loads data into an engine that may have weights, and sets what fields are normalised by. False
 * with a message. */
bool engine_load(Engine *engine, const DataRequest *request);

/* Makes an engine for calls of up to `max_batch` samples, with the instruction set and the threads
 * of the options, parameters that are zero, and the data of `request`, if it is not NULL. False
 * with a message. */
bool engine_open(Engine *engine, const NnModel *model, const Options *options, int max_batch,
                 const DataRequest *request);

/* A call on the engine's memory and team, with `batch` samples as gathered last. */
NnCall engine_call(const Engine *engine, When when, int batch);

/* Points engine->fields to samples first .. first+batch-1 of a split: in place with order NULL
 * where they lie side by side, else copies of order[first] ... Fields that the split lacks become
 * NULL. */
void engine_gather(Engine *engine, const Split *split, const int *order, int first, int batch);

/* The same of the samples of the batch that this process computes in training; the others' places
 * hold anything. */
void engine_gather_own(Engine *engine, const Split *split, const int *order, int first, int batch);

/* Draws sample `index` of a batch into the engine's room, from streams of the key: normal values,
 * labels of any class. */
void engine_draw(Engine *engine, int index, uint64_t key);

/* Draws the means and deviations that would be measured. */
void engine_draw_normals(Engine *engine, uint64_t key);

/* Points engine->fields to the room, whose samples were drawn. */
void engine_take_drawn(Engine *engine);

/* Draws initial weights, each parameter from its own stream of (seed, name), and prepares. */
void engine_init(Engine *engine, uint64_t seed);

/* Rebuilds the derived copies of parameters, after these were set. */
void engine_prepare(Engine *engine, int phase);

/* Samples per call of evaluations, whatever the threads, so that the sums are rounded the same
 * everywhere. */
enum { EVALUATE_BATCH = 256 };

/* Loss and metrics of a split. `metrics` has one value per metric of the model; `loss` is NaN where
 * members take turns, whose losses are metrics. */
typedef struct Scores {
    double loss, *metrics;
} Scores;

Scores scores_new(const NnModel *model);

/* Room for the predictions of a call. */
float **predictions_new(const NnModel *model, int batch);

/* Processes share the batches. Evaluates a complete split, or `most` of its samples, evenly spaced,
 * if that is not 0 and it has more, without dropout; the engine is open for EVALUATE_BATCH samples,
 * or the split has no more than its batch. False: it was interrupted, or a process is lost. */
bool engine_evaluate(Engine *engine, const Split *split, int most, When when, Scores *scores);

/* An object with each metric by name, and first the loss if wanted. */
json_t *scores_json(const NnModel *model, const Scores *scores, bool loss);

#endif
