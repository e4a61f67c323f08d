/* Architecture files: any text gives a graph or a message. A graph can be
 * differentiated, verified, and written and read back. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "compiler/graph/op.h"
#include "compiler/graph/optimizer.h"
#include "compiler/lua/frontend.h"
#include "compiler/passes/differentiate.h"
#include "input.h"

static const char *const words[] = {"nn.input",
                                    "nn.label",
                                    "nn.target",
                                    "nn.param",
                                    "nn.linear",
                                    "nn.conv2d",
                                    "nn.max_pool2d",
                                    "nn.avg_pool2d",
                                    "nn.dropout",
                                    "nn.dropout2d",
                                    "nn.sequential",
                                    "nn.zeros",
                                    "nn.constant",
                                    "nn.uniform",
                                    "nn.normal",
                                    "nn.kaiming_uniform",
                                    "nn.xavier_normal",
                                    "nn.model",
                                    "out = ",
                                    "kernel = ",
                                    "stride = ",
                                    "padding = ",
                                    "dilation = ",
                                    "groups = ",
                                    "bias = ",
                                    "init = ",
                                    "name = ",
                                    "p = ",
                                    "lr = ",
                                    "epochs = ",
                                    "batch = ",
                                    "loss = ",
                                    "optimizer = ",
                                    "freeze = ",
                                    "shuffle = ",
                                    "data = ",
                                    "train = ",
                                    "predict = ",
                                    "metrics = ",
                                    "weight = ",
                                    " + ",
                                    " - ",
                                    " * ",
                                    " / ",
                                    " .. ",
                                    " == ",
                                    " < ",
                                    "#",
                                    ".shape",
                                    "nil",
                                    "true",
                                    "false",
                                    "{}",
                                    "()",
                                    "{ 1, 2 }",
                                    "(x)",
                                    "pcall(",
                                    "tostring(",
                                    "pairs(",
                                    "ipairs(",
                                    "table.unpack(",
                                    "table.sort(",
                                    "error(",
                                    "local ",
                                    "function(x) return ",
                                    " end",
                                    "for i = 1, 3 do ",
                                    "0/0",
                                    "1/0",
                                    "\"mnist\"",
                                    "\"mnist-pairs\"",
                                    "'x'",
                                    "\n",
                                    ", ",
                                    "; ",
                                    "--"};

/* The words above, and the words and options of the tables of ops and optimizers. */
const char *const *fuzz_words(void) {
    enum { N = sizeof words / sizeof *words, MOST = 500 };
    static const char *all[MOST];
    if (all[0]) return all;
    static Arena *arena;
    arena = arena_new();
    int n = N;
    memcpy(all, words, sizeof words);
    for (int i = 0; all_ops[i] && n < MOST - 1; i++) {
        const Op *op = all_ops[i];
        if (!op->layer && !op->function) continue;
        all[n++] = arena_printf(arena, "nn.%s", op->name);
        for (int k = 0; op->layer && k < op->n_attrs && n < MOST - 1; k++)
            all[n++] = arena_printf(arena, "%s = ", op->attrs[k].name);
    }
    for (int i = 0; all_optimizers[i] && n < MOST - 1; i++) {
        const OptimizerKind *kind = all_optimizers[i];
        all[n++] = arena_printf(arena, "nn.%s", kind->name);
        for (int k = 0; k < kind->n_options && n < MOST - 1; k++)
            all[n++] = arena_printf(arena, "%s = ", kind->options[k].name);
    }
    return all;
}

/* The watchdog would end the fuzzer, and a file's whole time is too long: a second passes each time
 * that the sandbox looks. */
int setitimer(__itimer_which_t which, const struct itimerval *new, struct itimerval *old) {
    return which == ITIMER_PROF ? 0 : (int)syscall(SYS_setitimer, which, new, old);
}

clock_t clock(void) {
    static clock_t now;
    return now += CLOCKS_PER_SEC;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const Define defines[] = {{"hidden", "7"}};
    Arena *arena = arena_new();
    Diag *diag = diag_new(arena);
    Sources sources = {0};
    Graph *g = frontend_load(arena, diag, input_file(data, size), defines, 1, size % 2, &sources);
    if (!g && !diag_errors(diag)) bug("neither a graph nor a message");
    if (g) graph_verify(g);
    if (g && differentiate(g)) {
        graph_verify(g);
        const char *text = graph_dump(arena, g);
        Graph *again = graph_parse(arena, diag, text);
        graph_verify(again);
        if (strcmp(graph_dump(arena, again), text) != 0) bug("the text reads back differently");
    }
    diag_print(diag, stderr);
    arena_free(arena);
    return 0;
}
