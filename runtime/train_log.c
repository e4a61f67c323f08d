/* The log of a training, a line for each epoch. */
#define _GNU_SOURCE
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "table.h"
#include "train.h"

static bool cannot_write(Training *t) {
    t->failed = true;
    return problem("%s: cannot write: %s", t->options.text[OPTION_LOG], strerror(errno));
}

static bool flush(Training *t) {
    return (fflush(t->log) == 0 && !ferror(t->log)) || cannot_write(t);
}

static const char *header(const Columns *columns) {
    const char *line = "round,phase,epoch,step";
    for (int i = 0; i < columns->n; i++) line = format_text("%s,%s", line, columns->list[i].name);
    return format_text("%s,samples_per_second,seconds\n", line);
}

/* Whether the line's evaluation comes before the position: 1 yes, 0 no, -1 it is no such line. */
static int comes_before(const Position *at, const char *line) {
    int64_t round, phase, epoch, step;
    if (sscanf(line, "%" SCNd64 ",%" SCNd64 ",%" SCNd64 ",%" SCNd64 ",", &round, &phase, &epoch,
               &step) != 4)
        return -1;
    if (round != at->round) return round < at->round;
    if (--phase != at->phase) return phase < at->phase;
    return step <= at->evaluated;
}

/* Of a whole line: its last column, if it is of the round at `at`. */
static double seconds_of(const Position *at, const char *line) {
    const char *comma = strrchr(line, ',');
    const double seconds = comma ? strtod(comma + 1, NULL) : 0;
    return strtoll(line, NULL, 10) == at->round && seconds >= 0 && seconds < 1e15 ? seconds : 0;
}

/* Offset in the file after the lines of evaluations before the position: later lines were logged
 * after the checkpoint, or were cut off. -1 after a message. */
static int64_t end_of_good(Training *t, const char *first) {
    char *line = NULL;
    size_t room = 0;
    int64_t end = 0;
    bool ok = true;
    for (int number = 1;; number++) {
        const ssize_t length = getline(&line, &room, t->log);
        if (length <= 0) break;
        const bool whole = line[length - 1] == '\n';
        const int before = comes_before(&t->at, line);
        if (number == 1 ? strncmp(line, first, (size_t)length) != 0 : whole && before < 0) {
            ok = problem("%s: line %d is not of the log of such a training; give another --log",
                         t->options.text[OPTION_LOG], number);
            break;
        }
        if (!whole || (number > 1 && before != 1)) break;
        t->seconds = seconds_of(&t->at, line);
        if (number > 1) picture_recall(t, line);
        end += length;
    }
    free(line);
    return ok ? end : -1;
}

bool log_open(Training *t) {
    const char *path = t->options.text[OPTION_LOG];
    struct stat info;
    if (!path) return true;
    const bool resumed = option_given(&t->options, OPTION_RESUME);
    if (stat(path, &info) == 0 && resumed && S_ISREG(info.st_mode))
        t->log = fopen(path, "a+e");
    else
        t->log = fopen(path, resumed ? "ae" : "we");
    if (!t->log) return problem("%s: %s", path, strerror(errno));
    const char *first = header(&t->columns);
    int64_t end = 0;
    if (fstat(fileno(t->log), &info) == 0 && S_ISREG(info.st_mode)) {
        if (resumed && info.st_size > 0) end = end_of_good(t, first);
        if (end < 0) return false;
        if (end < info.st_size && ftruncate(fileno(t->log), end) != 0) return cannot_write(t);
    }
    if (fseek(t->log, 0, SEEK_END) != 0) clearerr(t->log); /* a pipe has no end to go to */
    if (end == 0) fputs(first, t->log);
    return flush(t);
}

static void add_number(Training *t, double value) {
    const size_t mark = memory_mark();
    fprintf(t->log, ",%s", real_text(value, DBL_DECIMAL_DIG));
    memory_release(mark);
}

bool log_add(Training *t) {
    if (!t->log) return true;
    fprintf(t->log, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64, t->at.round, t->at.phase + 1,
            t->at.epoch, phase_step(t));
    for (int i = 0; i < t->columns.n; i++) add_number(t, t->columns.list[i].value);
    fprintf(t->log, ",%.1f,%.3f\n", samples_per_second(t), t->seconds);
    return flush(t);
}

bool log_close(const Training *t) {
    if (!t->log || fclose(t->log) == 0) return true;
    return problem("%s: cannot write: %s", t->options.text[OPTION_LOG], strerror(errno));
}
