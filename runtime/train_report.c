#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "train.h"

static const double terminal_pause = 0.1, plain_pause = 5; /* seconds between lines */

static bool flush_log(Training *t) {
    if (fflush(t->log) == 0 && !ferror(t->log)) return true;
    return problem("%s: cannot write: %s", t->options.text[OPTION_LOG], strerror(errno));
}

bool report_open(Training *t) {
    const NnModel *model = t->model;
    for (int s = 0; s < SPLIT_COUNT; s++) t->scores[s] = scores_new(model);
    t->terminal = isatty(STDERR_FILENO) == 1;
    t->begun_at = steps_done(t);
    t->begun = seconds_now();
    t->shown = -1e9;
    const char *path = t->options.text[OPTION_LOG];
    if (!path) return true;
    t->log = fopen(path, option_given(&t->options, OPTION_RESUME) ? "ae" : "we");
    if (!t->log) return problem("%s: %s", path, strerror(errno));
    if (fseek(t->log, 0, SEEK_END) == 0 && ftell(t->log) > 0) return true;
    fputs("round,phase,epoch,loss", t->log);
    for (int s = SPLIT_TRAIN; s <= SPLIT_VAL; s++) {
        fprintf(t->log, ",%s_loss", split_names[s]);
        for (int m = 0; m < model->n_metrics; m++)
            fprintf(t->log, ",%s_%s", split_names[s], model->metrics[m].name);
    }
    fputs(",seconds\n", t->log);
    return flush_log(t);
}

static bool add_to_log(Training *t, double loss) {
    if (!t->log) return true;
    fprintf(t->log, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%.17g", t->at.round, t->at.phase + 1,
            t->at.epoch, loss);
    for (int s = SPLIT_TRAIN; s <= SPLIT_VAL; s++) {
        fprintf(t->log, ",%.17g", t->scores[s].loss);
        for (int m = 0; m < t->model->n_metrics; m++)
            fprintf(t->log, ",%.17g", t->scores[s].metrics[m]);
    }
    fprintf(t->log, ",%.3f\n", t->at.seconds);
    return flush_log(t);
}

/* Takes the progress line away. */
static void report_clear(const Training *t) {
    if (t->terminal && !option_given(&t->options, OPTION_QUIET)) fputs("\r\033[K", stderr);
}

static bool progress_due(const Training *t) {
    if (option_given(&t->options, OPTION_QUIET)) return false;
    return steps_done(t) >= steps_all(t) ||
           seconds_now() - t->shown >= (t->terminal ? terminal_pause : plain_pause);
}

/* "[####....]  40%  round 3  phase 1  epoch 12  loss 0.1234  val loss 0.2345  left 1:23", without
 * what there is only one of. */
static void show_progress(Training *t, double loss, const Scores *val) {
    int64_t done = steps_done(t), all = steps_all(t);
    double part = (double)done / (double)all;
    t->shown = seconds_now();
    report_clear(t);
    if (t->terminal) {
        enum { WIDTH = 20 };
        char bar[] = "....................";
        memset(bar, '#', (size_t)(part * WIDTH));
        fprintf(stderr, "[%s] ", bar);
    }
    fprintf(stderr, "%3.0f%%  ", 100 * part);
    if (t->options.number[OPTION_ROUNDS] > 1) fprintf(stderr, "round %" PRId64 "  ", t->at.round);
    if (t->model->n_phases > 1) fprintf(stderr, "phase %" PRId64 "  ", t->at.phase + 1);
    fprintf(stderr, "epoch %" PRId64 "  loss %.4f", t->at.epoch, loss);
    if (val) fprintf(stderr, "  val loss %.4f", val->loss);
    for (int m = 0; val && m < t->model->n_metrics; m++)
        fprintf(stderr, "  %s %.4f", t->model->metrics[m].name, val->metrics[m]);
    if (done > t->begun_at && done < all) {
        double left = (t->shown - t->begun) / (double)(done - t->begun_at) * (double)(all - done);
        long s = (long)(left + .5);
        fputs("  left ", stderr);
        if (s >= 3600)
            fprintf(stderr, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
        else
            fprintf(stderr, "%ld:%02ld", s / 60, s % 60);
    }
    if (!t->terminal) fputc('\n', stderr);
    fflush(stderr);
}

void report_step(Training *t, double loss) {
    /* Elsewhere than on a terminal the lines come with the epochs. */
    if (t->terminal && progress_due(t)) show_progress(t, loss, NULL);
}

static void evaluate(Training *t, SplitId last, When when) {
    for (int s = 0; s <= (int)last; s++)
        engine_evaluate(&t->engine, &t->engine.data.split[s], when, &t->scores[s]);
}

bool report_epoch(Training *t, When when, double loss) {
    evaluate(t, SPLIT_VAL, when);
    if (option_given(&t->options, OPTION_JSON))
        json_line(stdout,
                  json_pack("{s:s, s:I, s:I, s:I, s:{s:o}, s:o, s:o}", "event", "epoch", "round",
                            (json_int_t)t->at.round, "phase", (json_int_t)t->at.phase + 1, "epoch",
                            (json_int_t)t->at.epoch, "train_running", "loss", json_number(loss),
                            "train", scores_json(t->model, &t->scores[SPLIT_TRAIN], true), "val",
                            scores_json(t->model, &t->scores[SPLIT_VAL], true)));
    if (progress_due(t)) show_progress(t, loss, &t->scores[SPLIT_VAL]);
    return add_to_log(t, loss);
}

bool report_round(Training *t, When when) {
    const NnModel *model = t->model;
    evaluate(t, SPLIT_TEST, when);
    if (option_given(&t->options, OPTION_JSON)) {
        json_t *json = json_pack("{s:s, s:I, s:I}", "event", "round", "round",
                                 (json_int_t)t->at.round, "seed", (json_int_t)round_seed(t));
        for (int s = 0; s < SPLIT_COUNT; s++)
            json_object_set_new(json, split_names[s], scores_json(model, &t->scores[s], false));
        json_object_set_new(json, "seconds", json_number(t->at.seconds));
        json_line(stdout, json);
    } else {
        report_clear(t);
        printf("round %" PRId64 "  seed %" PRIu64 " ", t->at.round, round_seed(t));
        for (int s = 0; s < SPLIT_COUNT; s++) {
            printf(" %s", split_names[s]);
            for (int m = 0; m < model->n_metrics; m++)
                printf(" %s %.4f", model->metrics[m].name, t->scores[s].metrics[m]);
            putchar(' ');
        }
        printf(" %.1f s\n", t->at.seconds);
        fflush(stdout);
    }
    return !ferror(stdout) || problem("cannot write to standard output");
}

bool report_close(const Training *t) {
    report_clear(t);
    if (!t->log || fclose(t->log) == 0) return true;
    return problem("%s: cannot write: %s", t->options.text[OPTION_LOG], strerror(errno));
}
