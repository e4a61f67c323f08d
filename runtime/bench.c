#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "engine.h"
#include "peak.h"
#include "progress.h"

/* Enough runs for a steady median, few enough for slow models: whichever comes first after the
 * least number. */
enum { RUNS_LEAST = 15, RUNS_MOST = 2000, WARM_UP = 3 };
static const double seconds_most = 1.5;

typedef struct Bench {
    const NnModel *model;
    Engine engine;
    int phase, batch;
    int *order;
    int64_t step;
    double times[RUNS_MOST];
} Bench;

/* What the trace hook sees: the time since the kernel before, on the one thread that runs. */
typedef struct Trace {
    double last;
    double *sums; /* per kernel, of this step */
} Trace;

static void on_kernel(void *arg, int kernel) {
    Trace *trace = arg;
    double now = seconds_now();
    trace->sums[kernel] += now - trace->last;
    trace->last = seconds_now();
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, compare_doubles);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void one_call(Bench *bench, bool train, Trace *trace) {
    NnCall call = engine_call(&bench->engine, bench->phase);
    call.batch = bench->batch;
    call.seed = 1;
    call.dropout = true;
    call.epochs = bench->model->phases[bench->phase].epochs;
    call.step = bench->step;
    call.steps = bench->step + 1;
    if (trace) {
        call.threads = 1;
        call.parallel = NULL;
        call.trace = on_kernel;
        call.trace_arg = trace;
        trace->last = seconds_now();
    }
    if (train) {
        bench->engine.code->train(&call);
        bench->step++;
    } else {
        bench->engine.code->predict(&call);
    }
}

/* Median seconds of a call. */
static double time_calls(Bench *bench, bool train) {
    for (int i = 0; i < WARM_UP; i++) one_call(bench, train, NULL);
    double begun = seconds_now();
    int n = 0;
    while (n < RUNS_MOST && (n < RUNS_LEAST || seconds_now() - begun < seconds_most)) {
        double start = seconds_now();
        one_call(bench, train, NULL);
        bench->times[n++] = seconds_now() - start;
    }
    return median(bench->times, n);
}

/* Median seconds of each kernel in a call on one thread, into `out`. */
static void time_kernels(Bench *bench, bool train, double *out) {
    enum { RUNS = 31 };
    size_t n = (size_t)bench->model->n_kernels;
    double *seen = allocate(n * RUNS, sizeof *seen), *sums = allocate(n, sizeof *sums);
    for (int run = 0; run < RUNS; run++) {
        memset(sums, 0, n * sizeof *sums);
        Trace trace = {.sums = sums};
        one_call(bench, train, &trace);
        for (size_t k = 0; k < n; k++) seen[k * RUNS + (size_t)run] = sums[k];
    }
    for (size_t k = 0; k < n; k++) {
        double seconds = median(seen + k * RUNS, RUNS);
        if (seconds > 0) out[k] = seconds;
    }
    free(seen);
    free(sums);
}

typedef struct Result {
    double step, infer, gflops, infer_gflops, peak, thread_peak; /* seconds, GFLOP/s */
    double *kernels;                                             /* seconds on one thread */
} Result;

static double kernel_gflops(const Bench *bench, const Result *result, int kernel) {
    double flops = (double)bench->model->kernels[kernel].flops * bench->batch;
    return result->kernels[kernel] > 0 ? flops / result->kernels[kernel] * 1e-9 : 0;
}

/* Prediction often needs less than the phase's forward pass: the kernels know. */
static double infer_flops(const NnModel *model, int phase) {
    int64_t sum = 0;
    for (int k = 0; k < model->n_kernels; k++)
        if (model->kernels[k].phase < 0) sum += model->kernels[k].flops;
    return (double)(sum ? sum : model->phases[phase].flops_forward);
}

static void measure_all(Bench *bench, Result *result) {
    const NnModel *model = bench->model;
    const char *isa = bench->engine.code->isa;
    /* The clock of a busy machine changes: peak before, between and after what it is held against.
     */
    double peak = peak_gflops(isa), again;
    result->step = time_calls(bench, true);
    if ((again = peak_gflops(isa)) > peak) peak = again;
    result->infer = time_calls(bench, false);
    result->kernels = allocate((size_t)model->n_kernels, sizeof(double));
    time_kernels(bench, true, result->kernels);
    time_kernels(bench, false, result->kernels);
    if ((again = peak_gflops(isa)) > peak) peak = again;
    result->thread_peak = peak;
    result->peak = peak * bench->engine.threads;
    double flops = (double)model->phases[bench->phase].flops_train * bench->batch;
    result->gflops = flops / result->step * 1e-9;
    result->infer_gflops = infer_flops(model, bench->phase) * bench->batch / result->infer * 1e-9;
}

static void tell_json(const Bench *bench, const Result *result) {
    json_t *kernels = json_array();
    for (int k = 0; k < bench->model->n_kernels; k++) {
        if (bench->model->kernels[k].phase != bench->phase) continue;
        double gflops = kernel_gflops(bench, result, k);
        json_array_append_new(
            kernels, json_pack("{s:s, s:f, s:f, s:f}", "name", bench->model->kernels[k].name, "us",
                               result->kernels[k] * 1e6, "gflops", gflops, "percent_of_peak",
                               100 * gflops / result->thread_peak));
    }
    json_line(stdout,
              json_pack("{s:i, s:i, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:o}", "batch", bench->batch,
                        "threads", bench->engine.threads, "isa", bench->engine.code->isa, "step_us",
                        result->step * 1e6, "infer_us", result->infer * 1e6, "gflops",
                        result->gflops, "peak_gflops", result->peak, "percent_of_peak",
                        100 * result->gflops / result->peak, "infer_percent_of_peak",
                        100 * result->infer_gflops / result->peak, "kernels", kernels));
}

static void tell_kernels(const Bench *bench, const Result *result, int phase, const char *title) {
    printf("\n%-40s %10s %10s %8s\n", title, "us", "GFLOP/s", "% peak");
    for (int k = 0; k < bench->model->n_kernels; k++) {
        if (bench->model->kernels[k].phase != phase) continue;
        double gflops = kernel_gflops(bench, result, k);
        printf("  %-38s %10.2f", bench->model->kernels[k].name, result->kernels[k] * 1e6);
        if (gflops > 0) printf(" %10.1f %8.1f", gflops, 100 * gflops / result->thread_peak);
        putchar('\n');
    }
}

static void tell(const Bench *bench, const Result *result) {
    printf("batch %d, %d thread%s, %s; FMA peak %.1f GFLOP/s\n", bench->batch,
           bench->engine.threads, bench->engine.threads == 1 ? "" : "s", bench->engine.code->isa,
           result->peak);
    printf("training step  %10.1f us  %8.1f GFLOP/s  %5.1f %% of peak\n", result->step * 1e6,
           result->gflops, 100 * result->gflops / result->peak);
    printf("prediction     %10.1f us  %8.1f GFLOP/s  %5.1f %% of peak\n", result->infer * 1e6,
           result->infer_gflops, 100 * result->infer_gflops / result->peak);
    tell_kernels(bench, result, bench->phase, "Training step, one thread");
    tell_kernels(bench, result, -1, "Prediction, one thread");
}

Status bench_command(const NnModel *model, const Options *options) {
    if (model->n_phases == 0) {
        problem("model \"%s\" has no training phase", model->name);
        return STATUS_FAILED;
    }
    Bench *bench = allocate(1, sizeof *bench);
    bench->model = model;
    bench->phase = (int)options->number[OPTION_PHASE] - 1;
    bench->batch = options->number[OPTION_BATCH] ? (int)options->number[OPTION_BATCH]
                                                 : model->phases[bench->phase].batch;
    DataRequest request = options_data(options);
    request.wanted[SPLIT_TRAIN] = true;
    Dataset data = {0};
    Status status = STATUS_FAILED;
    if (dataset_load(model, &request, &data) &&
        engine_open(&bench->engine, model, options, bench->batch) == STATUS_OK) {
        /* A batch larger than the data repeats it. */
        bench->order = allocate((size_t)bench->batch, sizeof(int));
        for (int i = 0; i < bench->batch; i++)
            bench->order[i] = i % data.split[SPLIT_TRAIN].samples;
        engine_gather(&bench->engine, &data.split[SPLIT_TRAIN], bench->order, 0, bench->batch);
        engine_init(&bench->engine, (uint64_t)options->number[OPTION_SEED]);
        model->reset(bench->engine.state, bench->phase);
        engine_prepare(&bench->engine, bench->phase);
        Result result;
        measure_all(bench, &result);
        if (option_given(options, OPTION_JSON))
            tell_json(bench, &result);
        else
            tell(bench, &result);
        free(result.kernels);
        status = STATUS_OK;
    }
    engine_close(&bench->engine);
    dataset_free(&data);
    free(bench->order);
    free(bench);
    return status;
}
