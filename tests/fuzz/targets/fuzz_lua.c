/* Architecture files: whatever they say, they give a graph or a message. A graph can be
 * differentiated, verified, and written and read back. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "compiler/lua/frontend.h"
#include "compiler/passes/differentiate.h"
#include "input.h"

const char *const fuzz_words[] = {"nn.input",
                                  "nn.label",
                                  "nn.target",
                                  "nn.param",
                                  "nn.linear",
                                  "nn.conv2d",
                                  "nn.max_pool2d",
                                  "nn.avg_pool2d",
                                  "nn.dropout",
                                  "nn.dropout2d",
                                  "nn.leaky_relu",
                                  "nn.relu",
                                  "nn.tanh",
                                  "nn.sigmoid",
                                  "nn.flatten",
                                  "nn.sequential",
                                  "nn.concat",
                                  "nn.argmax",
                                  "nn.equal",
                                  "nn.less_equal",
                                  "nn.cross_entropy",
                                  "nn.mse",
                                  "nn.bce_with_logits",
                                  "nn.epoch",
                                  "nn.epochs",
                                  "nn.step",
                                  "nn.steps",
                                  "nn.min",
                                  "nn.max",
                                  "nn.cos",
                                  "nn.exp",
                                  "nn.sgd",
                                  "nn.adam",
                                  "nn.adamw",
                                  "nn.rmsprop",
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
                                  "slope = ",
                                  "lr = ",
                                  "momentum = ",
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
                                  "--",
                                  NULL};

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
    Graph *g = frontend_load(arena, diag, input_file(data, size), defines, 1, &sources);
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
