/* nngen: architecture file in, C out. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "command_line.h"
#include "data.h"
#include "emit/emit.h"
#include "output.h"
#include "pipeline.h"
#include "sources.h"
#include "weights.h"

/* The product is written last: when it is new, the files beside it are new, too. */
static bool write_files(Unit *u) {
    const Options *o = &u->options;
    Output outputs[3];
    int n = 0;
    if (o->header) outputs[n++] = (Output){o->header, u->header, EMIT_HEADER_MARK};
    if (o->depfile) {
        const char *text = sources_depfile(u->arena, &u->sources, o->output);
        outputs[n++] = (Output){o->depfile, text, NULL};
    }
    outputs[n++] = (Output){o->output, u->product, NULL};
    return outputs_write(u->arena, outputs, n);
}

static bool compile(Unit *u, Task task) {
    const bool ok = pipeline_run(u);
    diag_print(u->diag, stderr);
    if (ok && task == TASK_BUILD) return build(u);
    if (ok && u->options.weights && !weights_append(u)) return false;
    if (ok && u->options.output) return write_files(u);
    if (ok) fputs(u->product, stdout);
    return ok;
}

int main(int argc, char **argv) {
    /* Ignored, so that a write beyond the file size limit (ulimit -f) fails, here and in the C
     * compiler of build. */
    signal(SIGXFSZ, SIG_IGN);
    Unit u = {.arena = arena_new()};
    u.diag = diag_new(u.arena);
    const Task task = command_line(&u, argc, argv);
    if (task == TASK_DATA) return make_data(u.arena, argv + 1);
    bool ok = task == TASK_NOTHING || compile(&u, task);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "nngen: error: cannot write to standard output: %s\n", strerror(errno));
        ok = false;
    }
    arena_free(u.arena);
    return ok ? 0 : 1;
}
