/* nngen-data: makes data files; `nngen data` starts it. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../common/newfile.h"
#include "job.h"
#include "options.h"

/* Leaves nothing half-written behind. */
static void end(int number) {
    newfile_abandon();
    signal(number, SIG_DFL);
    raise(number); /* waits until the handler returns */
}

static void watch_signals(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
    const struct sigaction action = {.sa_handler = end};
    struct sigaction before;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaction(numbers[i], NULL, &before);
        if (before.sa_handler != SIG_IGN) sigaction(numbers[i], &action, NULL);
    }
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the file size limit (ulimit -f) fails */
}

int main(int argc, char **argv) {
    /* Archives have names in UTF-8; numbers and order stay those of the C locale. */
    setlocale(LC_CTYPE, "C.UTF-8");
    watch_signals();
    const size_t mark = memory_mark();
    report_program("nngen data");
    Options *options = allocate(1, sizeof *options);
    Status status = options_parse(options, argc, argv);
    if (status == STATUS_OK && !options->nothing && !job_run(options)) status = STATUS_FAILED;
    if (status == STATUS_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        problem("cannot write to standard output: %s", strerror(errno));
        status = STATUS_FAILED;
    }
    memory_release(mark);
    return (int)status;
}
