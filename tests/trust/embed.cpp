// Two models in one C++ program: each is asked by several threads that share its parameters. After
// each call the floating-point unit must be as the caller set it: rounding, exceptions that are
// raised, what becomes of denormals.
#include <cfenv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "model.h"

extern "C" {
extern const NnModel nn_model_small;
extern const NnModel nn_model_mlp;
}

static int failures = 0;

static void *room(std::size_t bytes) {
    void *memory = std::aligned_alloc(NN_ALIGN, (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN);
    if (!memory) std::exit(1);
    std::memset(memory, 0, bytes);
    return memory;
}

static void expect(bool ok, const NnModel *model, const char *words) {
    if (ok) return;
    std::printf("%s: %s\n", model->name, words);
    failures++;
}

/* All that the floating-point unit remembers. */
static unsigned environment() {
#if defined(__x86_64__)
    return _mm_getcsr();
#else
    return static_cast<unsigned>(std::fegetround() | std::fetestexcept(FE_ALL_EXCEPT) << 16);
#endif
}

/* An entry point, with an environment that is unlike both the usual one and its own. */
static void enter(const NnModel *model, void (*entry)(NnCall *), NnCall *call) {
    std::fesetround(FE_UPWARD);
    std::feclearexcept(FE_ALL_EXCEPT);
    std::feraiseexcept(FE_DIVBYZERO);
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040); // flushes subnormal numbers
#endif
    const unsigned before = environment();
    entry(call);
    expect(environment() == before, model, "the floating-point environment was changed");
    std::fesetenv(FE_DFL_ENV);
}

/* A call on one thread; `work` is the caller's to free. */
static NnCall call_of(const NnModel *model, void *state, const std::vector<const void *> &fields,
                      int batch) {
    NnCall call = {};
    call.state = state;
    call.work = room(model->work_bytes(batch, 1));
    call.fields = fields.data();
    call.batch = batch;
    call.threads = 1;
    return call;
}

/* Predictions of `batch` samples, with a work area of the caller's own. */
static std::vector<float> ask(const NnModel *model, const NnCode *code, void *state, int batch) {
    std::vector<std::vector<float>> values;
    std::vector<const void *> fields;
    for (int f = 0; f < model->n_fields; f++) {
        values.emplace_back(static_cast<std::size_t>(batch * model->fields[f].count));
        for (std::size_t i = 0; i < values.back().size(); i++)
            values.back()[i] = static_cast<float>(i * 37 % 101) / 50.0f - 1.0f;
    }
    for (int f = 0; f < model->n_fields; f++)
        fields.push_back(model->fields[f].predicts ? values[static_cast<std::size_t>(f)].data()
                                                   : nullptr);
    std::vector<float> out(static_cast<std::size_t>(batch * model->predictions[0].count));
    std::vector<float *> predictions(static_cast<std::size_t>(model->n_predictions), nullptr);
    predictions[0] = out.data();
    NnCall call = call_of(model, state, fields, batch);
    call.predictions = predictions.data();
    enter(model, code->predict, &call);
    std::free(call.work);
    return out;
}

/* A step of training and an evaluation, on zeros. */
static void train(const NnModel *model, const NnCode *code, void *state) {
    const int batch = 33;
    std::vector<std::vector<float>> zeros;
    std::vector<const void *> fields;
    for (int f = 0; f < model->n_fields; f++)
        zeros.emplace_back(static_cast<std::size_t>(batch * model->fields[f].count));
    for (const auto &values : zeros) fields.push_back(values.data());
    NnCall call = call_of(model, state, fields, batch);
    call.epochs = call.steps = 1;
    model->reset(state, 0);
    for (const auto entry : {code->gradient, code->train, code->evaluate})
        enter(model, entry, &call);
    std::free(call.work);
}

static void try_model(const NnModel *model) {
    const NnCode *code = model->codes;
    while (!code->supported()) code++;
    void *state = room(model->state_bytes);
    NnCall call = {};
    call.state = state;
    for (int p = 0; p < model->n_params; p++) {
        std::vector<float> value(static_cast<std::size_t>(model->params[p].count));
        for (std::size_t i = 0; i < value.size(); i++)
            value[i] = static_cast<float>(i * 31 % 97) / 97.0f - 0.5f;
        model->set(state, 0, 0, p, value.data());
    }
    code->prepare(&call);
    const std::vector<float> alone = ask(model, code, state, 33);
    std::vector<std::vector<float>> found(4);
    std::vector<std::thread> threads;
    for (auto &result : found)
        threads.emplace_back([&] {
            for (int i = 0; i < 20; i++) result = ask(model, code, state, 33);
        });
    for (auto &thread : threads) thread.join();
    for (const auto &result : found) expect(result == alone, model, "threads got other results");
    train(model, code, state);
    std::free(state);
}

int main() {
    try_model(&nn_model_small);
    try_model(&nn_model_mlp);
    std::puts(failures ? "failed" : "ok");
    return failures != 0;
}
