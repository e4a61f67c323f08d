/* The text of a graph: texts that parser and verifier accept can be written and read back; all
 * others end in bug(). */
#include <setjmp.h>
#include <string.h>

#include "compiler/graph/op.h"
#include "input.h"

static const char *const words[] = {
    "%0",         "%1",         "%2",       "%3",      "none",   "sample()", "sample(3)",
    "param(2,3)", "schedule()", "scalar()", "split()", "phase ", "trained ", "frozen ",
    "metric ",    "predict ",   "model ",   "data ",   "\"x\"",  "0x1.8p+1", "0x1p-1074",
    "1e-08",      "\n",         " : ",      "=",       ","};

/* The words above and the names of all ops. */
const char *const *fuzz_words(void) {
    enum { N = sizeof words / sizeof *words, MOST = 500 };
    static const char *all[MOST];
    memcpy(all, words, sizeof words);
    for (int n = N, i = 0; all_ops[i] && n < MOST - 1; i++) all[n++] = all_ops[i]->name;
    return all;
}

static jmp_buf rejected;

static void reject(FILE *out) {
    (void)out;
    longjmp(rejected, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *volatile arena = arena_new();
    bug_context = reject;
    if (!setjmp(rejected)) {
        char *text = ARENA_ARRAY(arena, char, size + 1);
        if (size) memcpy(text, data, size);
        Graph *g = graph_parse(arena, diag_new(arena), text);
        graph_verify(g);
        bug_context = NULL;
        const char *once = graph_dump(arena, g);
        Graph *again = graph_parse(arena, diag_new(arena), once);
        graph_verify(again);
        if (strcmp(graph_dump(arena, again), once) != 0) bug("the text reads back differently");
    }
    arena_free(arena);
    return 0;
}
