/* The line that shows how far long work is. */
#define _GNU_SOURCE
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report.h"

static const double terminal_pause = 0.1, plain_pause = 5; /* seconds between lines */

/* Lines end early on a narrow terminal; plain ones are never that long. */
enum { LONGEST = 4096, GAP = 2 };

/* A terminal may change its size at any time. */
static int terminal_columns(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    const char *columns = getenv("COLUMNS");
    const int n = columns ? atoi(columns) : 0;
    return n > 0 ? n : 80;
}

void progress_begin(Progress *progress, bool quiet, double done) {
    const double now = seconds_now();
    const bool terminal = report_terminal();
    *progress = (Progress){
        .quiet = quiet,
        .terminal = terminal,
        .begun_with = done,
        .begun = now,
        .shown = terminal ? now - terminal_pause : now,
    };
}

bool progress_due(const Progress *progress) {
    if (progress->quiet) return false;
    const double pause = progress->terminal ? terminal_pause : plain_pause;
    return seconds_now() - progress->shown >= pause;
}

/* A line under construction. `room`: columns that it may have. */
typedef struct Line {
    char text[LONGEST];
    int length, room;
} Line;

/* Appends the words if there is room for all of them. */
static bool append(Line *line, const char *words) {
    const int length = (int)strlen(words);
    if (length > line->room - line->length) return false;
    memcpy(line->text + line->length, words, (size_t)length + 1);
    line->length += length;
    return true;
}

/* A bar of a fifth of the line; none where that is too short to show anything. */
static void append_bar(Line *line, double done) {
    enum { LEAST = 8, MOST = 24 };
    char bar[MOST + 2] = "[";
    int columns = line->room / 5;
    if (columns < LEAST) return;
    if (columns > MOST) columns = MOST;
    const int inside = columns - 2, full = (int)(done * inside);
    memset(bar + 1, '#', (size_t)full);
    memset(bar + 1 + full, '.', (size_t)(inside - full));
    strcpy(bar + 1 + inside, "] ");
    append(line, bar);
}

static void append_left(Line *line, const Progress *progress, double done) {
    if (done <= progress->begun_with || done >= 1) return;
    char words[64];
    const double spent = progress->shown - progress->begun;
    const double left = spent / (done - progress->begun_with) * (1 - done);
    const long long s = left < 1e15 ? (long long)(left + .5) : 0;
    if (s >= 3600)
        snprintf(words, sizeof words, "  %lld:%02lld:%02lld left", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(words, sizeof words, "  %lld:%02lld left", s / 60, s % 60);
    append(line, words);
}

void progress_show(Progress *progress, double done, const char *const *fields) {
    if (progress->quiet) return;
    /* The last column stays empty: a terminal would go on to the next line. */
    Line line = {.room = progress->terminal ? terminal_columns() - 1 : LONGEST};
    if (line.room > LONGEST - 1) line.room = LONGEST - 1;
    if (done > 1) done = 1;
    char percent[16];
    progress->shown = seconds_now();
    if (progress->terminal) append_bar(&line, done);
    snprintf(percent, sizeof percent, "%3d%%", (int)(100 * done));
    append(&line, percent);
    append_left(&line, progress, done);
    while (*fields && line.length + GAP <= line.room) {
        const int before = line.length;
        append(&line, "  ");
        if (append(&line, *fields++)) continue;
        line.text[before] = 0;
        break;
    }
    report_passing(line.text);
}
