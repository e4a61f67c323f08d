#include "trainreport.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

bool trainreport_open(TrainReport *report, const NnModel *model, const Options *options) {
    *report = (TrainReport){
        .model = model,
        .json = option_given(options, OPTION_JSON),
        .progress = {.quiet = option_given(options, OPTION_QUIET)},
        .train = scores_new(model),
        .val = scores_new(model),
        .test = scores_new(model),
        .sum = allocate((size_t)model->n_metrics, sizeof(double)),
        .squares = allocate((size_t)model->n_metrics, sizeof(double)),
    };
    return trainlog_open(&report->log, model, options->text[OPTION_LOG],
                         option_given(options, OPTION_RESUME));
}

void trainreport_begin(TrainReport *report, int64_t rounds, int64_t steps, int64_t done) {
    report->rounds = rounds;
    progress_start(&report->progress, report->progress.quiet, steps, done);
}

/* "round 3  phase 1  epoch 12", without what there is only one of. */
static void where(const TrainReport *report, const Position *at, char *room, size_t size) {
    size_t used = 0;
    room[0] = 0;
    if (report->rounds > 1) used += (size_t)snprintf(room, size, "round %" PRId64 "  ", at->round);
    if (report->model->n_phases > 1)
        used += (size_t)snprintf(room + used, size - used, "phase %" PRId64 "  ", at->phase + 1);
    snprintf(room + used, size - used, "epoch %" PRId64, at->epoch);
}

void trainreport_step(TrainReport *report, int64_t done, const Position *at, double loss) {
    /* Elsewhere than on a terminal the lines come with the epochs. */
    if (!report->progress.terminal || !progress_due(&report->progress, done)) return;
    char place[96], words[160];
    where(report, at, place, sizeof place);
    snprintf(words, sizeof words, "%s  loss %.4f", place, loss);
    progress_show(&report->progress, done, words);
}

static void show_epoch(TrainReport *report, int64_t done, const Position *at, double loss) {
    const NnModel *model = report->model;
    char place[96], words[256];
    where(report, at, place, sizeof place);
    size_t used = (size_t)snprintf(words, sizeof words, "%s  loss %.4f  val loss %.4f", place, loss,
                                   report->val.loss);
    for (int m = 0; m < model->n_metrics && used < sizeof words; m++)
        used += (size_t)snprintf(words + used, sizeof words - used, "  %s %.4f",
                                 model->metrics[m].name, report->val.metrics[m]);
    progress_show(&report->progress, done, words);
}

bool trainreport_epoch(TrainReport *report, Engine *engine, const Dataset *data, When when,
                       int64_t done, const Position *at, double loss) {
    const NnModel *model = report->model;
    evaluate_split(engine, &data->split[SPLIT_TRAIN], when, &report->train);
    evaluate_split(engine, &data->split[SPLIT_VAL], when, &report->val);
    if (report->json) {
        json_line(stdout,
                  json_pack("{s:s, s:I, s:I, s:I, s:{s:o}, s:o, s:o}", "event", "epoch", "round",
                            (json_int_t)at->round, "phase", (json_int_t)at->phase + 1, "epoch",
                            (json_int_t)at->epoch, "train_running", "loss", json_number(loss),
                            "train", scores_json(model, &report->train, true), "val",
                            scores_json(model, &report->val, true)));
    }
    if (progress_due(&report->progress, done)) show_epoch(report, done, at, loss);
    return trainlog_add(&report->log, model, at, loss, &report->train, &report->val);
}

bool trainreport_round(TrainReport *report, Engine *engine, const Dataset *data, When when,
                       const Position *at, uint64_t seed) {
    const NnModel *model = report->model;
    evaluate_split(engine, &data->split[SPLIT_TRAIN], when, &report->train);
    evaluate_split(engine, &data->split[SPLIT_VAL], when, &report->val);
    evaluate_split(engine, &data->split[SPLIT_TEST], when, &report->test);
    for (int m = 0; m < model->n_metrics; m++) {
        report->sum[m] += report->test.metrics[m];
        report->squares[m] += report->test.metrics[m] * report->test.metrics[m];
    }
    report->rounds_told++;
    if (report->json) {
        json_line(stdout,
                  json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:f}", "event", "round", "round",
                            (json_int_t)at->round, "seed", (json_int_t)seed, "train",
                            scores_json(model, &report->train, false), "val",
                            scores_json(model, &report->val, false), "test",
                            scores_json(model, &report->test, false), "seconds", at->seconds));
    } else {
        progress_clear(&report->progress);
        printf("round %" PRId64 "  seed %" PRIu64 " ", at->round, seed);
        const Scores *scores[] = {&report->train, &report->val, &report->test};
        for (int s = 0; s < SPLIT_COUNT; s++) {
            printf(" %s", split_names[s]);
            for (int m = 0; m < model->n_metrics; m++)
                printf(" %s %.4f", model->metrics[m].name, scores[s]->metrics[m]);
            putchar(' ');
        }
        printf(" %.1f s\n", at->seconds);
        fflush(stdout);
    }
    return !ferror(stdout) || problem("cannot write to standard output");
}

void trainreport_end(TrainReport *report) {
    progress_clear(&report->progress);
    if (report->json || report->rounds_told < 2) return;
    double n = (double)report->rounds_told;
    for (int m = 0; m < report->model->n_metrics; m++) {
        double mean = report->sum[m] / n;
        double variance = (report->squares[m] - n * mean * mean) / (n - 1);
        printf("test %s: mean %.4f, deviation %.4f over %.0f rounds\n",
               report->model->metrics[m].name, mean, sqrt(variance > 0 ? variance : 0), n);
    }
}

void trainreport_clear(const TrainReport *report) {
    progress_clear(&report->progress);
}

bool trainreport_close(TrainReport *report) {
    scores_free(&report->train);
    scores_free(&report->val);
    scores_free(&report->test);
    free(report->sum);
    free(report->squares);
    return trainlog_close(&report->log);
}
