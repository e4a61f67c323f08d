/* Runs the passes of pipeline.def in order, with dumps, times and verifiers. */
#define _POSIX_C_SOURCE 200809L

#include "pipeline.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "emit/dot.h"
#include "emit/emit.h"
#include "emit/summary.h"
#include "kernels/family.h"
#include "passes/commute.h"
#include "passes/differentiate.h"
#include "passes/fold.h"
#include "passes/merge.h"
#include "passes/simplify.h"
#include "passes/split.h"
#include "plan/choose.h"
#include "plan/fuse.h"
#include "plan/kernels.h"
#include "plan/layout.h"
#include "plan/order.h"
#include "plan/verify.h"
#include "sources.h"
#include "version.h"

typedef enum Shows { GRAPH, ENTRIES, PLAN } Shows;
typedef enum Purpose { NEEDED, FASTER } Purpose;

enum {
#define FACT(name, verifier, what) AT_##name,
#include "facts.def"
#undef FACT
    N_FACTS
};
enum {
#define FACT(name, verifier, what) name = 1 << AT_##name,
#include "facts.def"
#undef FACT
};

static bool pass_load(Unit *u) {
    u->graph = frontend_load(u->arena, u->diag, u->options.input, u->options.defines,
                             u->options.n_defines, u->options.inference, &u->sources);
    return u->graph && !diag_errors(u->diag);
}

static bool pass_differentiate(Unit *u) {
    if (!differentiate(u->graph)) return false;
    /* `check` parses this text and needs source locations; --emit=graph omits them so that texts
     * can be compared. */
    u->graph_text = u->options.emit == EMIT_GRAPH ? graph_dump(u->arena, u->graph)
                                                  : graph_dump_placed(u->arena, u->graph);
    return true;
}

static bool pass_split(Unit *u) {
    u->plan = split(u->graph, u->options.inference);
    return u->plan;
}

static bool pass_fold(Unit *u) {
    for (int i = 0; i < u->plan->n_entries && u->options.inference; i++)
        fold(u->plan->entries[i]->graph);
    return true;
}

static bool pass_simplify(Unit *u) {
    for (int i = 0; i < u->plan->n_entries; i++) simplify(u->plan->entries[i]->graph);
    return true;
}

static bool pass_commute(Unit *u) {
    for (int i = 0; i < u->plan->n_entries; i++)
        if (u->plan->entries[i]->kind == ENTRY_TRAIN) commute(u->plan->entries[i]->graph);
    return true;
}

static bool pass_merge(Unit *u) {
    for (int i = 0; i < u->plan->n_entries; i++) merge(u->plan->entries[i]->graph);
    return true;
}

static bool pass_choose(Unit *u) {
    plan_choose(u->plan, all_families, u->options.optimize, u->options.winograd);
    return true;
}

#define PLAN_PASS(name)                                                                            \
    static bool pass_##name(Unit *u) {                                                             \
        plan_##name(u->plan);                                                                      \
        return !diag_errors(u->diag);                                                              \
    }
PLAN_PASS(layout)
PLAN_PASS(stages)
PLAN_PASS(fuse)
PLAN_PASS(kernels)
PLAN_PASS(order)
PLAN_PASS(place)

static const struct {
    const char *name;
    bool (*run)(Unit *);
    Shows shows;
    Purpose purpose;
    unsigned needs, gives, ends;
    const char *what;
} passes[] = {
#define PASS(name, shows, purpose, needs, gives, ends, what)                                       \
    {#name, pass_##name, shows, purpose, needs, gives, ends, what},
#define AGAIN PASS
#include "pipeline.def"
#undef AGAIN
#undef PASS
};
enum { N_PASSES = sizeof passes / sizeof *passes };

static void verify_graph(const Unit *u) {
    graph_verify(u->graph);
}

static void verify_gradients(const Unit *u) {
    differentiate_verify(u->graph);
}

static void verify_entries(const Unit *u) {
    for (int i = 0; i < u->plan->n_entries; i++) {
        graph_verify(u->plan->entries[i]->graph);
        split_verify(u->plan->entries[i]);
    }
}

static void verify_simple(const Unit *u) {
    for (int i = 0; i < u->plan->n_entries; i++) simplify_verify(u->plan->entries[i]->graph);
}

#define PLAN_VERIFIER(name)                                                                        \
    static void verify_##name(const Unit *u) {                                                     \
        plan_verify_##name(u->plan);                                                               \
    }
PLAN_VERIFIER(layouts)
PLAN_VERIFIER(families)
PLAN_VERIFIER(stages)
PLAN_VERIFIER(kernels)
PLAN_VERIFIER(order)
PLAN_VERIFIER(places)

static const struct {
    void (*verify)(const Unit *);
    const char *what;
} facts[N_FACTS] = {
#define FACT(name, verifier, what) {verify_##verifier, what},
#include "facts.def"
#undef FACT
};

static const char *current_pass;
static const Unit *current_unit;

static void say_where(FILE *out) {
    fprintf(out, "nngen: in pass %s of %s; please report this with the architecture file\n",
            current_pass, current_unit->options.input);
}

static bool runs(int pass, bool optimize) {
    return passes[pass].purpose == NEEDED || optimize;
}

/* The rows of pipeline.def fit together: a pass finds what it needs, whatever is left out. */
static void check_order(bool optimize) {
    unsigned known = 0;
    for (int i = 0; i < N_PASSES; i++) {
        if (!runs(i, optimize)) continue;
        for (int fact = 0; fact < N_FACTS; fact++)
            if (passes[i].needs & ~known & 1u << fact)
                bug("pass %s needs that %s", passes[i].name, facts[fact].what);
        known = (known | passes[i].gives) & ~passes[i].ends;
    }
}

static const char *dump(const Unit *u, Shows shows) {
    if (shows == PLAN) return plan_dump(u->plan);
    if (shows == GRAPH) return graph_dump(u->arena, u->graph);
    const char *text = "";
    for (int i = 0; i < u->plan->n_entries; i++)
        text = arena_printf(u->arena, "%s# %s\n%s", text, u->plan->entries[i]->name,
                            graph_dump(u->arena, u->plan->entries[i]->graph));
    return text;
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void emit(Unit *u) {
    if (u->options.emit == EMIT_SUMMARY) u->product = emit_summary(u->arena, u->graph);
    if (u->options.emit == EMIT_GRAPH) u->product = u->graph_text;
    if (u->options.emit == EMIT_DOT) u->product = emit_dot(u->arena, u->graph);
    if (u->options.emit == EMIT_PLAN) u->product = plan_dump(u->plan);
    if (u->options.emit == EMIT_LOOPS) u->product = emit_loops(u->plan, u->options.isas[0]);
    if (u->options.emit == EMIT_MAIN) u->product = emit_main(u->plan);
    if (u->options.emit != EMIT_C) return;
    EmitInfo info = {
        .version = NNGEN_VERSION,
        .source = sources_name(u->arena, &u->sources),
        .sha256 = sources_sha256(u->arena, &u->sources, u->options.defines, u->options.n_defines),
        .graph = u->graph_text,
        .isas = u->options.isas,
        .inference = u->options.inference};
    u->product = emit_c(u->plan, &info);
    if (u->options.header) u->header = emit_header(u->plan, &info, base_name(u->options.output));
}

static void show_time(const Unit *u, const char *name, double start, const char *what) {
    if (u->options.time_passes)
        fprintf(stderr, "%-14s %8.3f ms  %s\n", name, (seconds() - start) * 1e3, what);
}

/* Runs a pass and checks all that is known after it; false: the user's file has errors. */
static bool run(Unit *u, int pass, unsigned *known) {
    const double start = seconds();
    current_pass = passes[pass].name;
    if (!passes[pass].run(u)) return false;
    *known = (*known | passes[pass].gives) & ~passes[pass].ends;
    for (int fact = 0; fact < N_FACTS; fact++)
        if (*known & 1u << fact) facts[fact].verify(u);
    show_time(u, passes[pass].name, start, passes[pass].what);
    return true;
}

bool pipeline_passes(Unit *u, const char *first) {
    const char *before = "";
    unsigned known = 0;
    bool started = false;
    current_unit = u;
    bug_context = say_where;
    check_order(u->options.optimize);
    for (int i = 0; i < N_PASSES; i++) {
        if (!started && strcmp(passes[i].name, first) != 0) {
            known = (known | passes[i].gives) & ~passes[i].ends;
            continue;
        }
        started = true;
        if (!runs(i, u->options.optimize)) continue;
        if (!run(u, i, &known)) return false;
        const char *wanted = u->options.dump;
        if (wanted && (!strcmp(wanted, "all") || !strcmp(wanted, passes[i].name))) {
            const char *after = dump(u, passes[i].shows);
            fprintf(stderr, "# after %s%s\n%s", passes[i].name,
                    strcmp(before, after) ? "" : " (unchanged)",
                    strcmp(before, after) ? after : "");
            before = after;
        }
        if (u->options.stop && !strcmp(u->options.stop, passes[i].name)) {
            u->product = dump(u, passes[i].shows);
            return true;
        }
    }
    return true;
}

bool pipeline_run(Unit *u) {
    if (!pipeline_passes(u, passes[0].name)) return false;
    if (u->product) return true;
    const double start = seconds();
    current_pass = "emit";
    emit(u);
    show_time(u, current_pass, start, "the product as text");
    return true;
}
