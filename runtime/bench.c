/* `bench`: speed of training, evaluation, prediction and each kernel, beside the machine's peak. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "normal.h"
#include "peers.h"
#include "random.h"
#include "schedule.h"
#include "table.h"

/* GFLOP/s (a fused multiply-add counts as two) that one thread reaches now on registers alone with
 * the code's own instructions. The best of several runs of a millisecond or so; x = x * factor +
 * term stays near 1. */
static double peak_gflops(const NnCode *code) {
    enum { RUNS = 12 };
    static volatile float result; /* so that the work is not dropped */
    const int64_t steps = 400000;
    double best = 0;
    for (int i = 0; i < RUNS; i++) {
        double start = seconds_now();
        result = code->peak(steps, 0.999f, 0.001f);
        double gflops = 2.0 * code->peak_width * (double)steps / (seconds_now() - start) * 1e-9;
        if (gflops > best) best = gflops;
    }
    (void)result;
    return best;
}

/* Enough runs for a steady median, few enough for slow models: whichever comes first after the
 * least number. */
enum { RUNS_LEAST = 15, RUNS_MOST = 2000, WARM_UP = 3 };
static const double seconds_most = 1.5;

/* Time taken, work done in that time, and the peak rate around it. */
typedef struct Row {
    const char *name;
    double us, gflops, percent;
} Row;

typedef struct Bench {
    const NnModel *model;
    Engine engine;
    int phase, member, batch;
    int64_t step;
    double times[RUNS_MOST];
    double peak;                /* GFLOP/s of all threads */
    Row train, infer, *kernels; /* kernels: on one thread */
} Bench;

/* State of the trace hook, which measures the time since the kernel before; one thread runs. */
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
    const NnPhase *phase = &bench->model->phases[bench->phase];
    bench->step = schedule_step(phase, bench->member, bench->step);
    When when = {bench->phase, 0, schedule_epochs(phase), bench->step, bench->step + 1};
    NnCall call = engine_call(&bench->engine, when, bench->batch);
    call.seed = 1;
    call.dropout = true;
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
}

/* `flops` are per sample. */
static Row make_row(const Bench *bench, const char *name, double seconds, int64_t flops,
                    double peak) {
    double gflops = seconds > 0 ? (double)flops * bench->batch / seconds * 1e-9 : 0;
    return (Row){name, seconds * 1e6, gflops, 100 * gflops / peak};
}

/* Whether the kernel is one of the phase (-1: prediction), and ran: those of other members do not.
 */
static bool is_listed(const Bench *bench, int k, int phase) {
    const bool ran =
        phase < 0 || !bench->model->phases[phase].n_members || bench->kernels[k].us > 0;
    return bench->model->kernels[k].phase == phase && ran;
}

static void measure_all(Bench *bench) {
    const NnModel *model = bench->model;
    const NnPhase *phase = &model->phases[bench->phase];
    const NnCode *code = bench->engine.code;
    size_t n = (size_t)model->n_kernels;
    double *seconds = allocate(n, sizeof *seconds);
    /* The clock of a busy machine changes, so the peak is measured before, between and after the
     * measurements that it is compared with.
     */
    double peak = peak_gflops(code);
    double step = time_calls(bench, true);
    peak = fmax(peak, peak_gflops(code));
    double infer = time_calls(bench, false);
    time_kernels(bench, true, seconds);
    time_kernels(bench, false, seconds);
    peak = fmax(peak, peak_gflops(code));
    bench->peak = peak * bench->engine.threads;
    bench->kernels = allocate(n, sizeof *bench->kernels);
    int64_t infer_flops = 0, member_flops = 0;
    for (size_t k = 0; k < n; k++) {
        const NnKernel *kernel = &model->kernels[k];
        bench->kernels[k] = make_row(bench, kernel->name, seconds[k], kernel->flops, peak);
        if (kernel->phase < 0) infer_flops += kernel->flops;
        if (is_listed(bench, (int)k, bench->phase)) member_flops += kernel->flops;
    }
    /* Prediction often needs less than the phase's forward pass: the kernels know. */
    if (infer_flops == 0) infer_flops = phase->flops_forward;
    bench->train = make_row(bench, "training step", step,
                            phase->n_members ? member_flops : phase->flops_train, bench->peak);
    bench->infer = make_row(bench, "prediction", infer, infer_flops, bench->peak);
}

/* Where the samples are from. */
static const char *data_name(const Bench *bench) {
    return bench->engine.data.source ? bench->engine.data.source : "drawn";
}

/* Time of all kernels of a phase (-1: prediction), in microseconds. */
static double kernels_us(const Bench *bench, int phase) {
    double sum = 0;
    for (int k = 0; k < bench->model->n_kernels; k++)
        if (bench->model->kernels[k].phase == phase) sum += bench->kernels[k].us;
    return sum;
}

static void tell_json(const Bench *bench) {
    json_t *kernels = json_array();
    const double all = kernels_us(bench, bench->phase);
    for (int k = 0; k < bench->model->n_kernels; k++) {
        const Row *row = &bench->kernels[k];
        if (is_listed(bench, k, bench->phase))
            json_array_append_new(
                kernels, json_pack("{s:s, s:i, s:f, s:f, s:f, s:f}", "name", row->name, "index", k,
                                   "us", row->us, "percent_of_step", 100 * row->us / all, "gflops",
                                   row->gflops, "percent_of_peak", row->percent));
    }
    json_line(stdout,
              json_pack("{s:i, s:i, s:i, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:o}", "batch",
                        bench->batch, "processes", peers_size(), "threads", bench->engine.threads,
                        "isa", bench->engine.code->isa, "data", data_name(bench), "step_us",
                        bench->train.us, "infer_us", bench->infer.us, "gflops", bench->train.gflops,
                        "peak_gflops", bench->peak, "percent_of_peak", bench->train.percent,
                        "infer_percent_of_peak", bench->infer.percent, "kernels", kernels));
}

/* The table under construction. */
enum { NUMBER, NAME, US, SHARE, GFLOPS, PEAK, MARK, COLUMNS, LEFT = NAME + 1 };
typedef struct Cells {
    const char **at;
    int rows;
    bool marked;
} Cells;

static const char **next_row(Cells *cells) {
    return cells->at + COLUMNS * cells->rows++;
}

/* `all`: microseconds of the kernels to which the row belongs; 0: to none. */
static void add_row(Cells *cells, const char *number, const Row *row, double all) {
    const char **cell = next_row(cells);
    cell[NUMBER] = number;
    cell[NAME] = row->name;
    cell[US] = format_text("%.2f", row->us);
    if (all > 0) cell[SHARE] = format_text("%.1f", 100 * row->us / all);
    if (row->gflops <= 0) return;
    cell[GFLOPS] = format_text("%.1f", row->gflops);
    cell[PEAK] = format_text("%.1f", row->percent);
    if (row->percent <= 100) return;
    cell[MARK] = "*";
    cells->marked = true;
}

static void add_kernels(Cells *cells, const Bench *bench, int phase, const char *title) {
    next_row(cells);
    next_row(cells)[NAME] = title;
    for (int k = 0; k < bench->model->n_kernels; k++)
        if (is_listed(bench, k, phase))
            add_row(cells, format_text("%3d", k), &bench->kernels[k], kernels_us(bench, phase));
}

static void tell(const Bench *bench) {
    enum { OTHERS = 8 };
    const size_t rows = (size_t)bench->model->n_kernels + OTHERS;
    Cells cells = {.at = allocate(rows * COLUMNS, sizeof *cells.at)};
    const char **head = next_row(&cells);
    head[US] = "us";
    head[SHARE] = "% step";
    head[GFLOPS] = "GFLOP/s";
    head[PEAK] = "% peak";
    add_row(&cells, NULL, &bench->train, 0);
    add_row(&cells, NULL, &bench->infer, 0);
    add_kernels(&cells, bench, bench->phase, "training step, one thread:");
    add_kernels(&cells, bench, -1, "prediction, one thread:");
    printf("batch %d, %d thread%s, %s, data %s; FMA peak %.1f GFLOP/s\n\n", bench->batch,
           bench->engine.threads, bench->engine.threads == 1 ? "" : "s", bench->engine.code->isa,
           data_name(bench), bench->peak);
    table_print(stdout, cells.rows, COLUMNS, LEFT, cells.at);
    if (cells.marked)
        puts("\n* FLOPs count every multiplication of the plain sums. Winograd's algorithm does "
             "with "
             "fewer, and\n  gradients behind a max-pool leave out zeros: so more than the peak is "
             "possible.");
}

static void make_ready(Bench *bench, uint64_t seed) {
    const Split *split = &bench->engine.data.split[SPLIT_TRAIN];
    if (!bench->engine.data.source) { /* no data has the model's fields */
        for (int i = 0; i < bench->batch; i++)
            engine_draw(&bench->engine, i, random_fork(random_stream(seed, "bench"), (uint64_t)i));
        engine_take_drawn(&bench->engine);
    } else {
        /* A batch larger than the data repeats it. */
        int *order = allocate((size_t)bench->batch, sizeof *order);
        for (int i = 0; i < bench->batch; i++) order[i] = i % split->samples;
        engine_gather(&bench->engine, split, order, 0, bench->batch);
    }
    engine_init(&bench->engine, seed);
    normals_settle(&bench->engine);
    bench->model->reset(bench->engine.state, bench->phase);
    engine_prepare(&bench->engine, bench->phase);
}

bool bench_command(const NnModel *model, const Options *options) {
    Bench *bench = allocate(1, sizeof *bench);
    bench->model = model;
    bench->phase = (int)options->number[OPTION_PHASE] - 1;
    bench->member = (int)options->number[OPTION_MEMBER] - 1;
    bench->batch = options->number[OPTION_BATCH] ? (int)options->number[OPTION_BATCH]
                                                 : model->phases[bench->phase].batch;
    DataRequest request = options_data(options);
    request.wanted[SPLIT_TRAIN] = true;
    request.measured = true;
    if (!engine_open(&bench->engine, model, options, bench->batch, NULL) ||
        !dataset_load_any(model, &request, &bench->engine.data))
        return false;
    make_ready(bench, (uint64_t)options->number[OPTION_SEED]);
    measure_all(bench);
    if (option_given(options, OPTION_JSON))
        tell_json(bench);
    else
        tell(bench);
    return true;
}
