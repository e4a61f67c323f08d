/* A model made ready to run: code for this machine, memory, threads. */
#ifndef NN_RUNTIME_ENGINE_H
#define NN_RUNTIME_ENGINE_H

#include "dataset.h"
#include "model.h"
#include "options.h"
#include "team.h"

typedef struct Engine {
    const NnModel *model;
    const NnCode *code;
    Team *team;
    int threads;
    int max_batch;
    void *state, *work;
    void **room;         /* per field: max_batch gathered samples */
    const void **fields; /* per field: what the next call reads */
    float *values;       /* room for the largest parameter */
} Engine;

/* Finds the code that --isa names, else the best one that the machine has. STATUS_FAILED, with a
 * message, if the machine lacks it. */
Status engine_code(const NnModel *model, const Options *options, const NnCode **code);

/* Makes an engine for calls of up to `max_batch` samples, with the instruction set and the threads
 * of the options. The parameters are zero until something sets them. */
Status engine_open(Engine *engine, const NnModel *model, const Options *options, int max_batch);

/* Releases what engine_open took; an engine of zeros is allowed. */
void engine_close(Engine *engine);

/* A call on the engine's memory and team, with fields as gathered last. */
NnCall engine_call(const Engine *engine, int phase);

/* Points engine->fields to samples first .. first+batch-1 of a split: in place with order NULL,
 * else copies of order[first] ... Fields that the split lacks become NULL. */
void engine_gather(Engine *engine, const Split *split, const int *order, int first, int batch);

/* Draws initial weights, each parameter from its own stream of (seed, name), and prepares. */
void engine_init(Engine *engine, uint64_t seed);

/* The same values into `out`, without an engine. */
void initial_values(const NnParam *param, uint64_t seed, float *out);

/* Rebuilds what is derived from the parameters: after they were set. */
void engine_prepare(Engine *engine, int phase);

/* Whether a parameter holds a value that is not finite. */
bool engine_param_broken(Engine *engine, int param);

#endif
