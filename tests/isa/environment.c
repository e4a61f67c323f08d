/* Trains a model through model.h alone, from weights and samples that are made of integers, and
 * prints hashes of what comes out: predictions, gradients, and parameters and moments after 1 and
 * 50 steps of each phase. Every instruction set and every floating-point environment that the
 * caller may have must give the same; other CPUs print the same lines. Afterwards the environment
 * must be the caller's again.
 *
 * plain: weights +-1/sqrt(fan in), inputs from 0 to 1.
 * dead:  from step 20 on most inputs are 0, so that moments decay.
 * tiny:  inputs times 1e-39 and no biases: the first activations are subnormal.
 * small: the first weights times 1e-36: products are subnormal.
 * far:   a last bias of 84: all other classes' probabilities are near the least normal number. */
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/model.h"

#include "../room.h"

extern const NnModel NN_MODEL_SYMBOL;
static const NnModel *const model = &NN_MODEL_SYMBOL;

/* The first batch is large, as it is cut into chunks. */
enum { STEPS = 50, FIRST = 48, BATCH = 8, BATCHES = 8 };
typedef enum Scenario { PLAIN, DEAD, TINY, SMALL, FAR, SCENARIOS } Scenario;
static const char *const scenarios[] = {"plain", "dead", "tiny", "small", "far"};

/* Environments: C's own, rounding upwards, toward zero, and what machines have to be fast and
 * wrong. */
typedef enum Environment { USUAL, UPWARD, FLUSHING, ENVIRONMENTS } Environment;
static const char *const environments[] = {"usual", "upward", "flushing"};

#if defined(__x86_64__)
static uint64_t environment_get(void) {
    return __builtin_ia32_stmxcsr();
}
static void environment_set(uint64_t mode) {
    __builtin_ia32_ldmxcsr((unsigned)mode);
}
static const uint64_t flushing = 0x8040; /* flush to zero, denormals are zero */
#elif defined(__aarch64__)
static uint64_t environment_get(void) {
    uint64_t mode, status;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(mode), "=r"(status));
    return mode | status << 32;
}
static void environment_set(uint64_t mode) {
    __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(mode & 0xffffffffu), "r"(mode >> 32));
}
static const uint64_t flushing = 3u << 24; /* FZ, DN */
#elif defined(__riscv_flen)
static uint64_t environment_get(void) {
    uint64_t mode;
    __asm__ volatile("frcsr %0" : "=r"(mode));
    return mode;
}
static void environment_set(uint64_t mode) {
    __asm__ volatile("fscsr %0" : : "r"(mode));
}
static const uint64_t flushing = 2u << 5; /* it cannot flush: round down instead */
#endif

static int failed;

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
    return x ^ x >> 33;
}

/* From 0 to 1, exact. */
static float unit(uint64_t a, uint64_t b) {
    return (float)(mix(mix(a + 1) ^ b) >> 40) * 0x1p-24f;
}

static uint64_t hashed(uint64_t hash, const void *values, size_t bytes) {
    const unsigned char *byte = values;
    for (size_t i = 0; i < bytes; i++) hash = (hash ^ byte[i]) * 0x100000001b3u;
    return hash;
}

/* The weights of a scenario; the model keeps them. */
static void initialise(Scenario scenario, void *state, float *values) {
    for (int p = 0; p < model->n_params; p++) {
        const NnParam *param = &model->params[p];
        const bool bias = param->rank == 1;
        float scale = 1.0f;
        int fan = 1;
        for (int r = 1; r < param->rank; r++) fan *= param->dim[r];
        while (scale * scale * (float)fan > 1.0f) scale *= 0.5f;
        if (scenario == SMALL && p == 0) scale *= 1e-36f;
        if ((scenario == TINY || scenario == SMALL) && bias) scale = 0.0f;
        for (int64_t i = 0; i < param->count; i++)
            values[i] = (2.0f * unit((uint64_t)p, (uint64_t)i) - 1.0f) * scale;
        if (scenario == FAR && bias && param->count > 1) values[0] = 84.0f;
        model->set(state, 0, 0, p, values);
    }
}

/* Samples of all batches: fields[f] + batch * BATCH * count. */
static void *samples(Scenario scenario, int f, bool dead) {
    const NnField *field = &model->fields[f];
    const size_t n = (size_t)BATCHES * FIRST * (size_t)field->count;
    float *values = room(n * sizeof *values);
    for (size_t i = 0; i < n; i++) {
        float x = unit(1000 + (uint64_t)f, i);
        if (scenario == TINY) x *= 1e-39f;
        if (dead && i % 4) x = 0.0f;
        const int32_t label =
            scenario == FAR ? 0 : (int32_t)(mix(i) % (uint64_t)(field->classes + !field->classes));
        memcpy(&values[i], field->kind == NN_LABEL ? (void *)&label : (void *)&x, sizeof x);
    }
    return values;
}

/* Parameters and moments. */
static uint64_t state_hash(const void *state, int phase, float *values) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (int p = 0; p < model->n_params; p++)
        for (int slot = 0; slot <= model->phases[phase].n_slots; slot++) {
            if (slot && !nn_has_moment(&model->phases[phase], slot, p)) continue;
            model->get(state, phase, slot, p, values);
            hash = hashed(hash, values, (size_t)model->params[p].count * sizeof *values);
        }
    return hash;
}

enum { HASHES = 5 };
static const char *const hash_names[HASHES] = {"predictions", "gradients", "step 1", "step 50",
                                               "loss"};

static void run(const NnCode *code, Environment environment, Scenario scenario, int phase,
                uint64_t hash[HASHES]) {
    int64_t most = 0;
    for (int p = 0; p < model->n_params; p++)
        if (model->params[p].count > most) most = model->params[p].count;
    float *values = room((size_t)most * sizeof *values);
    float *out[8], *answers = room((size_t)FIRST * 64 * sizeof *answers);
    double metrics[8] = {0};
    void *alive[8], *dead[8];
    const void *fields[8];
    for (int f = 0; f < model->n_fields; f++) {
        alive[f] = samples(scenario, f, false);
        dead[f] = scenario == DEAD ? samples(scenario, f, true) : NULL;
    }
    for (int i = 0; i < model->n_predictions; i++) out[i] = answers + FIRST * 8 * i;
    NnCall call = {.state = room(model->state_bytes),
                   .work = room(model->work_bytes(FIRST, 3)),
                   .fields = fields,
                   .batch = BATCH,
                   .phase = phase,
                   .threads = 3,
                   .seed = 1,
                   .dropout = true,
                   .epochs = 1,
                   .steps = STEPS,
                   .metrics = metrics,
                   .predictions = out};
    initialise(scenario, call.state, values);

    const uint64_t before = environment_get();
    if (environment == UPWARD) fesetround(FE_UPWARD);
    if (environment == FLUSHING) environment_set(before | flushing);
    const uint64_t callers = environment_get();
    model->reset(call.state, phase);
    code->prepare(&call);
    for (int step = 0; step < STEPS; step++) {
        for (int f = 0; f < model->n_fields; f++)
            fields[f] = (const char *)(dead[f] && step >= 20 ? dead[f] : alive[f]) +
                        (size_t)(step % BATCHES * FIRST * model->fields[f].count) * sizeof(float);
        call.step = step;
        call.batch = step == 0 ? FIRST : BATCH;
        if (step == 0) {
            code->gradient(&call);
            for (int i = 0; i < model->phases[phase].n_trained; i++) {
                const int p = model->phases[phase].trained[i];
                model->get_gradient(&call, p, values);
                hash[1] = hashed(hash[1], values, (size_t)model->params[p].count * sizeof *values);
            }
        }
        code->train(&call);
        if (step == 0) hash[2] = state_hash(call.state, phase, values);
    }
    hash[3] = state_hash(call.state, phase, values);
    hash[4] = hashed(hash[4], &call.loss, sizeof call.loss);
    code->evaluate(&call);
    hash[0] = hashed(hash[0], answers, (size_t)FIRST * 64 * sizeof *answers);
    hash[0] = hashed(hash[0], metrics, sizeof metrics);
    hash[0] = hashed(hash[0], &call.loss, sizeof call.loss);
    if (environment_get() != callers) {
        printf("FAILED: %s, %s: the caller's environment was %llx and is %llx\n", code->isa,
               environments[environment], (unsigned long long)callers,
               (unsigned long long)environment_get());
        failed = 1;
    }
    environment_set(before);
    for (int f = 0; f < model->n_fields; f++) free(alive[f]), free(dead[f]);
    free(call.state), free(call.work), free(values), free(answers);
}

int main(void) {
    for (Scenario s = 0; s < SCENARIOS; s++)
        for (int phase = 0; phase < (s == DEAD ? model->n_phases : 1); phase++) {
            uint64_t first[HASHES] = {0};
            bool any = false;
            for (int i = 0; i < model->n_codes; i++) {
                if (!model->codes[i].supported()) continue;
                for (Environment e = 0; e < (s == PLAIN || s == TINY ? ENVIRONMENTS : 1); e++) {
                    uint64_t hash[HASHES] = {0};
                    run(&model->codes[i], e, s, phase, hash);
                    if (!any) memcpy(first, hash, sizeof first);
                    any = true;
                    for (int h = 0; h < HASHES; h++)
                        if (hash[h] != first[h]) {
                            printf("FAILED: %s, phase %d, %s, %s: %s differ\n", scenarios[s],
                                   phase + 1, model->codes[i].isa, environments[e], hash_names[h]);
                            failed = 1;
                        }
                }
            }
            for (int h = 0; h < HASHES; h++)
                printf("%s, phase %d, %s: %016llx\n", scenarios[s], phase + 1, hash_names[h],
                       (unsigned long long)first[h]);
        }
    return failed;
}
