/* Runs the passes of pipeline.def in order, with dumps, times and verifiers. */
#define _POSIX_C_SOURCE 200809L

#include "pipeline.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "emit/dot.h"
#include "emit/emit.h"
#include "emit/summary.h"
#include "passes/commute.h"
#include "passes/differentiate.h"
#include "passes/lower/lower.h"
#include "passes/merge.h"
#include "passes/simplify.h"
#include "passes/split.h"
#include "sources.h"
#include "version.h"

typedef enum Shows { GRAPH, ENTRIES, PLAN } Shows;
typedef enum Purpose { NEEDED, FASTER } Purpose;

static bool pass_load(Unit *u) {
    u->graph = frontend_load(u->arena, u->diag, u->options.input, u->options.defines,
                             u->options.n_defines, &u->sources);
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
    if (!u->plan) return false;
    u->plan->optimize = u->options.optimize;
    u->plan->winograd = u->options.winograd;
    return true;
}

static bool pass_simplify(Unit *u) {
    for (int i = 0; i < u->plan->n_entries; i++) simplify(u->plan->entries[i]->graph);
    return true;
}

static bool pass_commute(Unit *u) {
    for (int i = 0; i < u->plan->n_entries; i++) {
        Graph *g = u->plan->entries[i]->graph;
        if (u->plan->entries[i]->kind == ENTRY_TRAIN && commute(g)) simplify(g);
    }
    return true;
}

static bool pass_merge(Unit *u) {
    for (int i = 0; i < u->plan->n_entries; i++) {
        Graph *g = u->plan->entries[i]->graph;
        if (merge(g)) simplify(g);
    }
    return true;
}

static bool pass_lower(Unit *u) {
    lower(u->plan);
    return !diag_errors(u->diag);
}

static bool pass_place(Unit *u) {
    plan_place(u->plan);
    plan_verify(u->plan);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(Unit *);
    Shows shows;
    Purpose purpose;
    const char *what;
} passes[] = {
#define PASS(name, shows, purpose, what) {#name, pass_##name, shows, purpose, what},
#include "pipeline.def"
#undef PASS
};
enum { N_PASSES = sizeof passes / sizeof *passes };

static const char *current_pass;
static const Unit *current_unit;

static void say_where(FILE *out) {
    fprintf(out, "nngen: in pass %s of %s; please report this with the architecture file\n",
            current_pass, current_unit->options.input);
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

/* Checks all invariants that hold after the pass. */
static void verify(const Unit *u) {
    if (u->graph) graph_verify(u->graph);
    for (int i = 0; u->plan && i < u->plan->n_entries; i++)
        graph_verify(u->plan->entries[i]->graph);
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

bool pipeline_run(Unit *u) {
    const char *before = "";
    current_unit = u;
    bug_context = say_where;
    for (int i = 0; i < N_PASSES; i++) {
        if (passes[i].purpose == FASTER && !u->options.optimize) continue;
        double start = seconds();
        current_pass = passes[i].name;
        if (!passes[i].run(u)) return false;
        verify(u);
        if (u->options.time_passes)
            fprintf(stderr, "%-14s %8.3f ms  %s\n", passes[i].name, (seconds() - start) * 1e3,
                    passes[i].what);
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
    current_pass = "emit";
    double start = seconds();
    emit(u);
    if (u->options.time_passes)
        fprintf(stderr, "%-14s %8.3f ms  the product as text\n", "emit", (seconds() - start) * 1e3);
    return true;
}
