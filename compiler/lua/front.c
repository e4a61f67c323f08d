/* The run that all files of the front end share: its state, its limits, the place in the user's
 * file, and nodes that count against the limits. */
#include <string.h>

#include "front.h"

enum { HOOK_EVERY = 10000, MILLION_INSTRUCTIONS = 100 };

Front *front_of(lua_State *L) {
    return *(Front **)lua_getextraspace(L);
}

Loc front_here(lua_State *L) {
    lua_Debug ar;
    Front *f = front_of(L);
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0) continue;
        for (int i = 0; i < f->n_files; i++)
            if (!strcmp(f->chunks[i], ar.source)) return (Loc){f->files[i], ar.currentline};
    }
    return (Loc){f->path, 0};
}

static const char reported;

int front_raise(lua_State *L) {
    lua_pushlightuserdata(L, (void *)(size_t)&reported);
    return lua_error(L);
}

static void count_instructions(lua_State *L, lua_Debug *debug) {
    (void)debug;
    Front *f = front_of(L);
    if (f->exhausted) front_raise(L);
    front_check_mistakes(L);
    f->instructions += HOOK_EVERY;
    if (clock() - f->start > (clock_t)CPU_SECONDS * CLOCKS_PER_SEC)
        front_stop(L, "the file runs too long (more than %d s)", CPU_SECONDS);
    if (f->instructions >= MILLION_INSTRUCTIONS * 1000000L)
        front_stop(L, "the file runs too long (more than %d million instructions)",
                   MILLION_INSTRUCTIONS);
}

int front_stop(lua_State *L, const char *format, ...) {
    Front *f = front_of(L);
    if (!f->exhausted) {
        va_list args;
        va_start(args, format);
        diag_error(f->diag, front_here(L), "%s", arena_vprintf(f->arena, format, args));
        va_end(args);
    }
    f->exhausted = true;
    /* A pcall may hide this error: then the next instruction fails. */
    lua_sethook(L, count_instructions, LUA_MASKCOUNT, 1);
    return front_raise(L);
}

void front_limit_instructions(lua_State *L) {
    lua_sethook(L, count_instructions, LUA_MASKCOUNT, HOOK_EVERY);
}

void front_check_mistakes(lua_State *L) {
    if (diag_errors(front_of(L)->diag) >= MAX_MISTAKES)
        front_stop(L, "there are too many mistakes; the rest is not checked");
}

void front_count_call(lua_State *L) {
    front_check_mistakes(L);
    if (++front_of(L)->calls > MAX_CALLS)
        front_stop(L, "the file calls nn too often (more than %d times)", MAX_CALLS);
}

static void check_room(lua_State *L) {
    const Front *f = front_of(L);
    front_check_mistakes(L);
    if (f->graph->n_nodes >= MAX_GRAPH || f->operands > MAX_OPERANDS)
        front_stop(L, "the model is too large (more than %d nodes or %d operands)", MAX_GRAPH,
                   MAX_OPERANDS);
}

/* Where an op has values per sample too, or draws for each sample, or works on these alone, each
 * sample gets a copy of the operands that all samples share. */
static Node *const *repeat_shared(lua_State *L, const Op *op, Loc loc, int n_in, Node *const *in,
                                  const Attrs *attrs) {
    bool own = op_draws_in_training(op, attrs) || op_is(op, TRAIT_LOSS), shared = false;
    for (int i = 0; i < n_in; i++)
        *(in[i]->type.once ? &shared : &own) |= in[i]->type.kind == KIND_SAMPLE;
    if (!own || !shared) return in;
    Node **copies = ARENA_ARRAY(front_of(L)->arena, Node *, n_in);
    for (int i = 0; i < n_in; i++)
        copies[i] =
            in[i]->type.once ? front_add_node(L, &op_repeat, loc, NULL, 1, &in[i], NULL) : in[i];
    return copies;
}

Node *front_add_node(lua_State *L, const Op *op, Loc loc, const char *name, int n_in,
                     Node *const *in, const Attrs *attrs) {
    Front *f = front_of(L);
    check_room(L);
    f->operands += n_in;
    in = repeat_shared(L, op, loc, n_in, in, attrs);
    Node *n = graph_add(f->graph, op, loc, name, n_in, in, attrs);
    if (n->type.kind == KIND_PARAM) f->weights += (double)shape_count(n->type.shape);
    if (f->weights > (double)MAX_WEIGHTS)
        front_stop(L, "the model is too large (more than %d parameters)", MAX_WEIGHTS);
    return n;
}

Node *front_poison(lua_State *L) {
    Front *f = front_of(L);
    check_room(L);
    return graph_error_node(f->graph, front_here(L));
}
