#define _GNU_SOURCE
#include "trainlog.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void header(FILE *out, const NnModel *model) {
    fputs("round,phase,epoch,loss", out);
    for (int s = SPLIT_TRAIN; s <= SPLIT_VAL; s++) {
        fprintf(out, ",%s_loss", split_names[s]);
        for (int m = 0; m < model->n_metrics; m++)
            fprintf(out, ",%s_%s", split_names[s], model->metrics[m].name);
    }
    fputs(",seconds\n", out);
}

static bool flush(TrainLog *log) {
    if (fflush(log->out) == 0 && !ferror(log->out)) return true;
    return problem("%s: cannot write: %s", log->path, strerror(errno));
}

bool trainlog_open(TrainLog *log, const NnModel *model, const char *path, bool append) {
    *log = (TrainLog){.path = path};
    if (!path) return true;
    log->out = fopen(path, append ? "ae" : "we");
    if (!log->out) return problem("%s: %s", path, strerror(errno));
    if (fseek(log->out, 0, SEEK_END) != 0 || ftell(log->out) <= 0) header(log->out, model);
    if (flush(log)) return true;
    fclose(log->out);
    log->out = NULL;
    return false;
}

bool trainlog_add(TrainLog *log, const NnModel *model, const Position *at, double loss,
                  const Scores *train, const Scores *val) {
    if (!log->out) return true;
    fprintf(log->out, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%.17g", at->round, at->phase + 1,
            at->epoch, loss);
    const Scores *scores[] = {train, val};
    for (int s = 0; s < 2; s++) {
        fprintf(log->out, ",%.17g", scores[s]->loss);
        for (int m = 0; m < model->n_metrics; m++)
            fprintf(log->out, ",%.17g", scores[s]->metrics[m]);
    }
    fprintf(log->out, ",%.3f\n", at->seconds);
    return flush(log);
}

bool trainlog_close(TrainLog *log) {
    FILE *out = log->out;
    log->out = NULL;
    if (!out || fclose(out) == 0) return true;
    return problem("%s: cannot write: %s", log->path, strerror(errno));
}
